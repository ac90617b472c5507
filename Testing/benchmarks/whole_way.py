"""The whole way of a real study: stored in Orthanc, fetched, segmented, pushed, fetched again and compared.

Prints the sequences taken, volumes, the time of each stage, peak memory, and the Dice of every structure that came back
against the segments. The study is `dicom/brtum` of the real images (see BRATS_SEGMENTER_DATA) unless --files names
another folder of DICOM files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pydicom
from rich.console import Console
from rich.table import Table

_REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_REPOSITORY / "Testing" / "Python"))

from archives import RunningArchive, free_port, running_orthanc  # noqa: E402

from BratsSegmenterLib import dicom  # noqa: E402
from BratsSegmenterLib.domain import REGIONS  # noqa: E402
from BratsSegmenterLib.labelmap import read_labelmap  # noqa: E402

_DATA = Path(os.environ.get("BRATS_SEGMENTER_DATA", _REPOSITORY.parent / "shared" / "data"))


def main() -> int:
    """Run it; 1 when a structure came back different."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=Path, default=_DATA / "dicom" / "brtum", metavar="DIR")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "orthanc").mkdir()
        with running_orthanc(folder / "orthanc", free_port()) as archive:
            files = sorted(path for path in arguments.files.rglob("*") if path.is_file())
            archive.connect().store(files, compare=False)
            study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
            printed, elapsed_s = _run(archive, study_uid, folder / "job")
            dice = _dice_of_what_came_back(archive, study_uid, printed, folder / "again")
    _show(printed, elapsed_s, dice)
    return int(any(value != 1.0 for value in dice.values()))


def _run(archive: RunningArchive, study_uid: str, job: Path) -> tuple[dict[str, Any], float]:
    command = ["run", "--archive", archive.profile.url, "--study", study_uid, "--out", str(job), "--push", "--json"]
    kinds = [kind.name for kind in dicom.ObjectKind]
    started = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-m", "BratsSegmenterLib.cli", *command, "--formats", *kinds],
        env={
            **os.environ,
            "BRATS_SEGMENTER_USER": archive.credentials.user,
            "BRATS_SEGMENTER_PASSWORD": archive.credentials.password,
        },
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(process.stdout), time.perf_counter() - started


def _dice_of_what_came_back(
    archive: RunningArchive, study_uid: str, printed: dict[str, Any], folder: Path
) -> dict[str, float]:
    fetched = archive.connect().fetch(study_uid, folder)
    taken = {choice["series_uid"] for choice in printed["sequences"].values()}
    segmentation = read_labelmap(Path(printed["segmentation"]))
    reference = next(
        volume
        for volume in (dicom.load_volume(s) for s in dicom.scan(folder).series if s.series_uid in taken)
        if volume.geometry.is_close(segmentation.geometry)
    )
    structure_set = next(
        path for path in fetched.files if pydicom.dcmread(path, stop_before_pixels=True).Modality == "RTSTRUCT"
    )
    dice = {}
    for key, mask in dicom.read_rtstruct(structure_set, reference).masks.items():
        drawn = segmentation.mask(REGIONS[key])
        dice[key] = 2.0 * float((mask & drawn).sum()) / float(mask.sum() + drawn.sum())
    return dice


def _show(printed: dict[str, Any], elapsed_s: float, dice: dict[str, float]) -> None:
    console = Console()
    taken = Table("role", "confidence", "reason", title="Sequences")
    for role, choice in printed["sequences"].items():
        taken.add_row(role, f"{choice['confidence']:.2f}", choice["reason"])
    stages = Table("stage", "s", title=f"{elapsed_s:.1f} s in all, {printed['peak_memory_mb']} MB at the peak")
    for stage in printed["stages"]:
        stages.add_row(stage["name"], f"{stage['seconds']:.1f}")
    volumes = Table("region", "mL", "Dice of the RTSTRUCT that came back", title="Result")
    for key, volume_ml in printed["volumes_ml"].items():
        volumes.add_row(key, f"{volume_ml:.2f}", f"{dice[key]:.4f}" if key in dice else "")
    for table in (taken, stages, volumes):
        console.print(table)
    console.print(f"{len(printed['pushed'])} objects stored in the study and read back")


if __name__ == "__main__":
    sys.exit(main())
