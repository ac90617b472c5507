"""How soon the volume table follows an edit of a 1 mm study, and the diameters; beside measuring segment by segment.

``python Testing/benchmarks/volume_table.py``; both ways run in turn in one process, the medians are printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import SimpleITK as sitk

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import host.slicer_app

# isort: split
import slicer

from BratsSegmenterLib.domain import ED, ET, NCR, Algorithm, Segmentation
from BratsSegmenterLib.measurement import changed_regions, measure
from BratsSegmenterLib.scene.segments import create_segmentation
from BratsSegmenterLib.scene.volume_table import VolumeTable
from BratsSegmenterLib.scene.volumes import geometry_of, load_volume

SHAPE = (155, 240, 240)
RADII_MM = {ED.label: 45, ET.label: 25, NCR.label: 15}
REPETITIONS = 9


def main() -> int:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    host.slicer_app.application()
    with tempfile.TemporaryDirectory() as folder:
        reference, segmentation = _study(Path(folder))
    table = VolumeTable(segmentation, reference, slicer.vtkMRMLTableNode(), lambda volumes_ml: None)
    table.update()
    before = table.labels
    ours, theirs, compared, measured = [], [], [], []
    for _ in range(REPETITIONS):
        ours.append(_milliseconds(table.update))
        theirs.append(_milliseconds(lambda: _segment_by_segment(segmentation, reference)))
        compared.append(_milliseconds(lambda: changed_regions(before, table.labels)))
        measured.append(_milliseconds(lambda: _measure(table, reference)))
    print(f"study of {' x '.join(map(str, SHAPE))} voxels, {REPETITIONS} repetitions")
    print(f"{'one label map for all segments':34} {median(ours):8.1f} ms")
    print(f"{'segment by segment (slicer.util)':34} {median(theirs):8.1f} ms")
    print(f"{'ratio':34} {median(theirs) / median(ours):8.1f}")
    print(f"{'which regions were edited':34} {median(compared):8.1f} ms")
    print(f"{'lesions and diameters, once quiet':34} {median(measured):8.1f} ms")
    return 0


def _study(folder: Path) -> tuple[Any, Any]:
    distance = np.linalg.norm(np.indices(SHAPE).T - np.array(SHAPE) / 2, axis=-1).T
    labels = np.zeros(SHAPE, np.uint8)
    for label, radius_mm in RADII_MM.items():
        labels[distance < radius_mm] = label
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(folder / "labels.nii"))
    sitk.WriteImage(sitk.GetImageFromArray((200 - distance).astype(np.float32)), str(folder / "t1c.nii"))
    reference = load_volume(folder / "t1c.nii", "T1c")
    return reference, create_segmentation(folder / "labels.nii", reference, "Glioma")


def _measure(table: VolumeTable, reference: Any) -> None:
    measure(Segmentation(table.labels, geometry_of(reference), Algorithm("model", "1", "")))


def _segment_by_segment(segmentation: Any, reference: Any) -> list[int]:
    names = segmentation.GetSegmentation().GetSegmentIDs()
    return [int(slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, name, reference).sum()) for name in names]


def _milliseconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
