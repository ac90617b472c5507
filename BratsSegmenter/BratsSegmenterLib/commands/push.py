"""``push``: store DICOM objects in their study, and prove that they arrived."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import add_archive_arguments, add_study_argument, open_archive
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.records import to_json

NAME = "push"
HELP = "store DICOM objects in their study; run again, it goes on where it was cut and doubles nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, from which outbox, to where."""
    add_archive_arguments(parser)
    add_study_argument(parser)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument(
        "--outbox", type=Path, required=True, metavar="DIR", help="where objects wait until they have arrived"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the receipt: what the archive was proved to hold."""
    from BratsSegmenterLib.archive import Outbox, StoreRefusedError, StudyChangedError
    from BratsSegmenterLib.delivery import HeldStudy, require_new_version, reviewers_in

    archive = open_archive(arguments)
    outbox = Outbox(arguments.outbox)
    with console.progress() as progress, progress.stage("push"):
        transaction = outbox.add(arguments.files, arguments.study, archive.profile, reviewers_in(arguments.files))
        try:
            study = HeldStudy(archive, arguments.study, progress)
            patient, unknown = study.patient(study.series())
            if unknown:
                console.warn(f"Whether the objects are of the study's patient was not compared: {unknown}.")
            patient_id = patient.patient_id if patient else ""
            require_new_version(arguments.files, archive, arguments.study, patient_id, progress)
            receipt = outbox.deliver_one(transaction, archive, progress, patient)
        except ArchiveError as error:
            if isinstance(error, StudyChangedError):
                transaction.give_up()
            elif not isinstance(error, StoreRefusedError):
                console.warn(f"The objects wait in {arguments.outbox}; the same command goes on from there.")
            raise
    console.table(
        "In the archive, read back and equal",
        ("SOP instance UID", "SHA-256"),
        ((stored.sop_instance_uid, stored.sha256) for stored in receipt.objects),
    )
    console.result(to_json(receipt))
    return 0
