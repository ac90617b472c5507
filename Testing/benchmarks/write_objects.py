"""How long the objects of a 1 mm study take to write and to verify, beside rt-utils and plastimatch in the same run.

    python Testing/benchmarks/write_objects.py [--repeats 3]

A glioma with four regions on 180 slices of 256 x 256 pixels, everything on files. rt-utils and plastimatch write only
the structure set; plastimatch (SlicerRT's exporter) runs as a program and reads the label images from disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from rich.console import Console
from rich.table import Table
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

import result_samples as samples

from BratsSegmenterLib.dicom import (
    verify_objects,
    write_key_images,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.domain import ED, ET, LEAF_REGIONS, NCR, RC, Segmentation, Volume
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import measure

SHAPE = (180, 256, 256)
GOALS_S = {"RTSTRUCT": 0.5, "SEG": 0.5, "gate": 2.0}


def glioma(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """A label map with an enhancing rim, a necrotic core, frayed oedema with gaps, and a cavity."""
    generator = np.random.default_rng(0)
    slices, rows, columns = np.indices(shape, dtype=np.float32)
    coarse, fine = (
        field / field.std()
        for field in (ndimage.gaussian_filter(generator.normal(size=shape).astype(np.float32), s) for s in (4, 1.2))
    )
    distance = np.sqrt((slices - 95) ** 2 + (rows - 110) ** 2 + (columns - 150) ** 2) + 2.5 * coarse
    labels = np.zeros(shape, np.uint8)
    labels[(distance + 2 * coarse + fine < 42) & (fine < 1.8)] = ED.label
    labels[distance < 21] = ET.label
    labels[distance < 17] = NCR.label
    labels[80:99, 100:120, 60:80] = RC.label
    return labels


def _ours(volume: Volume, segmentation: Segmentation, folder: Path) -> dict[str, Callable[[], object]]:
    provenance, measurements = samples.provenance(), measure(segmentation)
    seg = write_seg(folder / "seg.dcm", volume, segmentation, provenance)
    rtstruct = write_rtstruct(folder / "rt.dcm", volume, segmentation, provenance)
    report = write_measurement_report(folder / "sr.dcm", volume, measurements, seg, provenance)
    objects = [rtstruct, seg, report]
    return {
        "RTSTRUCT": lambda: write_rtstruct(folder / "rt1.dcm", volume, segmentation, provenance),
        "SEG": lambda: write_seg(folder / "seg1.dcm", volume, segmentation, provenance),
        "SR": lambda: write_measurement_report(folder / "sr1.dcm", volume, measurements, seg, provenance),
        "key images": lambda: write_key_images(folder, volume, segmentation, measurements, provenance),
        "measure": lambda: measure(segmentation),
        "gate": lambda: verify_objects(objects, volume, segmentation, measurements, provenance),
    }


def _others(series: Path, segmentation: Segmentation, folder: Path) -> dict[str, Callable[[], object]]:
    masks = {region.key: segmentation.mask(region) for region in LEAF_REGIONS}
    found: dict[str, Callable[[], object]] = {}
    try:
        from rt_utils import RTStructBuilder

        def with_rt_utils() -> None:
            builder = RTStructBuilder.create_new(dicom_series_path=str(series))
            for key, mask in masks.items():
                builder.add_roi(mask=np.ascontiguousarray(mask.transpose(1, 2, 0)), name=key)
            builder.save(str(folder / "rt-utils.dcm"))

        found["RTSTRUCT by rt-utils"] = with_rt_utils
    except ImportError:
        print("rt-utils is not installed", file=sys.stderr)
    if shutil.which("plastimatch"):
        labels = folder / "plastimatch-in"
        labels.mkdir()
        for key, mask in masks.items():
            sitk.WriteImage(segmentation.geometry.image(mask.astype(np.uint8)), str(labels / f"{key}.nrrd"))
        source = ("--input-prefix", labels, "--referenced-ct", series)
        command = ("plastimatch", "convert", *source, "--output-dicom", folder / "plastimatch-out")
        found["RTSTRUCT by plastimatch"] = lambda: subprocess.run(command, check=True, capture_output=True)
    return found


def _median_s(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Of the wall clock, and of the processors with those of child processes: what a busy machine does not change."""
    walls, processors = [], []
    for _ in range(repeats):
        started, before = time.perf_counter(), sum(os.times()[:4])
        work()
        walls.append(time.perf_counter() - started)
        processors.append(sum(os.times()[:4]) - before)
    return statistics.median(walls), statistics.median(processors)


def main() -> None:
    """Time everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        geometry = Geometry.from_axes(SHAPE, (1, 1, 1), np.eye(3), np.array([-128.0, -128.0, -90.0]))
        volume = samples.volume_on(geometry, folder / "series")
        segmentation = samples.segmentation_on(volume, glioma())
        works = _ours(volume, segmentation, folder) | _others(folder / "series", segmentation, folder)
        with redirect_stdout(sys.stderr):
            seconds = {what: _median_s(work, repeats) for what, work in works.items()}
    table = Table(
        "what", "wall s", "goal s", "CPU s", "CPU, times our RTSTRUCT", title="1 mm, 180 slices, four regions"
    )
    unit = seconds["RTSTRUCT"][1]
    for what, (wall, processor) in seconds.items():
        goal = f"{GOALS_S[what]}" if what in GOALS_S else ""
        table.add_row(what, f"{wall:.2f}", goal, f"{processor:.2f}", f"{processor / unit:.1f}")
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    Console().print(table, f"Load of the machine while it ran: {load:.1f} a processor", sep="\n")


if __name__ == "__main__":
    main()
