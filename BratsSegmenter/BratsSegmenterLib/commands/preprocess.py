"""``preprocess``: what the network would see, as NIfTI files and a quality page."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from BratsSegmenterLib.commands.arguments import (
    add_files_arguments,
    add_step_arguments,
    naming_options,
    naming_study_option,
    require_other_folder,
    require_writable,
    steps_from,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.errors import ExportError

NAME = "preprocess"
HELP = "register, resample, bias-correct, mask and normalise the DICOM files of a folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A folder of DICOM files and the steps to leave out."""
    add_files_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--resample-gaps", action="store_true", help="fill missing slices by interpolation")
    parser.add_argument("--postoperative", action="store_true", help="the patient was operated on: keep a cavity")
    add_step_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write one image a sequence, the brain mask and the quality page."""
    from BratsSegmenterLib.domain import Sequence
    from BratsSegmenterLib.image_files import write_image
    from BratsSegmenterLib.local_studies import files_of_study
    from BratsSegmenterLib.pipeline import load_case, recognise, scan_study
    from BratsSegmenterLib.preprocessing import PAGE_FILE, preprocess, write_quality_page
    from BratsSegmenterLib.segmentation import BRAIN_MODEL, brain_finder, load_bundle_for

    require_other_folder(arguments)
    files = {sequence: arguments.out / f"{sequence.value}.nii.gz" for sequence in Sequence}
    mask, quality = arguments.out / "mask.nii.gz", arguments.out / "quality"
    _require_ours((*files.values(), mask), quality / PAGE_FILE)
    require_writable(arguments.out)
    with console.progress() as progress:
        with naming_study_option():
            study = scan_study(files_of_study(arguments.files, arguments.study, progress), progress)
        recognition = recognise(study, progress)
        found = {sequence: candidate.series for sequence, candidate in recognition.found.items()}
        with naming_options(arguments):
            case = load_case(found, arguments.resample_gaps, progress)
        find_brain = brain_finder(load_bundle_for(BRAIN_MODEL, arguments.postoperative))
        prepared = preprocess(case, steps_from(arguments), progress, find_brain)
    for file in files.values():
        file.unlink(missing_ok=True)  # of another study, as whose it must not stand beside the images of this one
    page = write_quality_page(prepared, case, quality)  # first: by it the next run knows the images of one cut short
    images = {sequence.value: file for sequence, file in files.items() if sequence in prepared.present}
    for image, sequence in zip(prepared.images, Sequence, strict=True):
        if sequence in prepared.present:
            write_image(prepared.geometry.image(image), images[sequence.value])
    write_image(prepared.geometry.image(prepared.mask.astype("u1")), mask)
    for text in prepared.doubts:
        console.warn(text)
    for text in (*case.notes, *(finding for finding in prepared.findings if finding not in prepared.doubts)):
        console.remark(text)
    console.say(f"Quality page: {page}")
    console.result({"images": images, "mask": mask, "quality_page": page, "findings": prepared.findings})
    return 0


def _require_ours(files: Collection[Path], page: Path) -> None:
    """Images that lie where ours go, without our page beside them, are somebody else's."""
    other = next((file for file in files if file.exists()), None)
    if other is not None and not page.exists():
        raise ExportError(
            f"{other} would be written over, and this program did not make it.", "Name a new or an empty folder."
        )
