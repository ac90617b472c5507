"""``nifti-to-dicom``: research images become a DICOM study, so that they can travel the same way as a patient's."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.commands.arguments import require_empty
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import Sequence

NAME = "nifti-to-dicom"
HELP = "write up to four NIfTI volumes as the MR series of one DICOM study"

_ID_DIGITS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One file a sequence, and who the study says it shows."""
    for sequence in Sequence:
        parser.add_argument(
            f"--{sequence.value.lower()}", type=Path, metavar="FILE", help=f"the {sequence.value} volume"
        )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    parser.add_argument("--patient-id", help="left out: one of its own for each study")
    parser.add_argument("--patient-name", default="Research^Subject")
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the study and print its UID."""
    from BratsSegmenterLib.dicom import StudyIdentity, nifti_to_dicom

    given = {sequence: getattr(arguments, sequence.value.lower()) for sequence in Sequence}
    volumes = {sequence: file for sequence, file in given.items() if file is not None}
    if not volumes:
        arguments.refuse("give at least one volume: --t1, --t1c, --t2 or --flair FILE")
    require_empty(arguments.out)
    identity = StudyIdentity(patient_name=arguments.patient_name, study_description="Research MR")
    patient_id = arguments.patient_id or f"RESEARCH-{identity.study_uid[-_ID_DIGITS:]}"
    identity = replace(identity, patient_id=patient_id)
    with console.progress() as progress, progress.stage("write"):
        written = nifti_to_dicom(volumes, arguments.out, identity, progress)
    console.table("Written", ("sequence", "files"), ((s.value, len(files)) for s, files in written.items()))
    console.result({"study_uid": identity.study_uid, "series": {s.value: files for s, files in written.items()}})
    return 0
