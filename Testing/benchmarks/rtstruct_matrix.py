"""Who reads whose structure sets: writers x readers on seven geometries, Dice and volume error of the worst region.

    python Testing/benchmarks/rtstruct_matrix.py

Shells, holes with islands, single voxels, diagonal touches, a checkerboard and noise are written by us, rt-utils and
plastimatch, and read by us, VTK, an area rasteriser, plastimatch, dcmrtstruct2nii and rt-utils. The last geometry is
the real study "brtum" in BRATS_SEGMENTER_DATA or ``../shared/data``, when it is there. "-": the program cannot, or is
not installed. Exit code 1 when ours is not exact in a reader that places contours as they are written.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

import other_structure_sets as others
import result_samples as samples

from BratsSegmenterLib import dicom
from BratsSegmenterLib.domain import LEAF_REGIONS, Volume
from BratsSegmenterLib.geometry import Geometry

OURS = "BratsSegmenter"
WRITERS = {"rt-utils": others.write_with_rt_utils, "plastimatch": others.write_with_plastimatch}
READERS: dict[str, Callable[[Path, Volume], others.Masks]] = {
    OURS: lambda path, volume: dicom.read_rtstruct(path, volume).masks,
    "VTK": others.read_with_vtk,
    "area": others.read_by_area,
    "plastimatch": others.read_with_plastimatch,
    "plastim. xor": others.read_with_plastimatch_xor,
    "dcmrtstruct2nii": others.read_with_dcmrtstruct2nii,
    "rt-utils": others.read_with_rt_utils,
}
_UNABLE = (ImportError, NotImplementedError, FileNotFoundError, subprocess.CalledProcessError)
_DATA = Path(os.environ.get("BRATS_SEGMENTER_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
_SQUARE = (16, 96, 96)


def volumes(folder: Path) -> Iterator[tuple[str, Volume]]:
    """The geometries, each as a series on disk that was loaded again."""
    oblique, sagittal = samples.series_samples.oblique(), samples.double_oblique_sagittal()
    grids = {
        "oblique axial": Geometry.from_axes(_SQUARE, (0.94, 0.94, 5.5), oblique.direction, oblique.origin_mm),
        "oblique sagittal": Geometry.from_axes(_SQUARE, (1, 1, 1), sagittal.direction, sagittal.origin_mm),
        "coronal": samples.coronal(_SQUARE, (0.8, 0.8, 3.0)),
        "pixels not square": Geometry.from_axes(_SQUARE, (0.8, 1.25, 4), oblique.direction, oblique.origin_mm),
        "matrix not square": Geometry.from_axes((16, 96, 72), (1, 1, 4), oblique.direction, oblique.origin_mm),
    }
    for name, geometry in grids.items():
        yield name, samples.volume_on(geometry, folder / name)
    yield "multi-frame", samples.enhanced_out_of_order(folder / "multi-frame")
    study = _DATA / "dicom" / "brtum"
    if not study.is_dir():
        print(f"{study} is not there: the matrix lacks the real study.", file=sys.stderr)
    else:
        found = dicom.recognise(dicom.scan(study).series).found
        yield "brtum", dicom.load_volume(found[dicom.reference_sequence(found)].series)


def _agreement(found: NDArray[np.bool_] | None, expected: NDArray[np.bool_]) -> tuple[float, float]:
    """Dice, and volume error in percent."""
    if found is None or found.shape != expected.shape:
        return 0.0, -100.0
    total = np.count_nonzero(found) + np.count_nonzero(expected)
    error = 100 * (np.count_nonzero(found) / np.count_nonzero(expected) - 1)
    return 2 * np.count_nonzero(found & expected) / total, error


def _cell(read: Callable[[Path, Volume], others.Masks], path: Path, volume: Volume, masks: others.Masks) -> str:
    try:
        found = read(path, volume)
    except _UNABLE:
        return "-"
    except Exception as error:  # noqa: BLE001 - what other programs raise is a result here
        return type(error).__name__
    dice, volume_error = min(_agreement(found.get(name), mask) for name, mask in masks.items())
    return f"{dice:.4f} {volume_error:+.1f} %"


def _write(writer: str, path: Path, volume: Volume, masks: others.Masks) -> bool:
    try:
        if writer == OURS:
            dicom.write_rtstruct(path, volume, samples.segmentation_on(volume), samples.provenance())
        else:
            WRITERS[writer](path, volume, masks)
    except _UNABLE:
        return False
    return True


def main() -> int:
    """Fill the matrix and print it."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    warnings.simplefilter("ignore")
    table = Table("geometry", "writer", *READERS, title="Dice and volume error of the worst region")
    exact = True
    with tempfile.TemporaryDirectory() as name, redirect_stdout(StringIO()):
        for geometry, volume in volumes(Path(name)):
            segmentation = samples.segmentation_on(volume)
            masks = {region.key: segmentation.mask(region) for region in LEAF_REGIONS}
            for writer in (OURS, *WRITERS):
                path = Path(name) / f"{writer}.dcm"
                if not _write(writer, path, volume, masks):
                    continue
                cells = [_cell(read, path, volume, masks) for read in READERS.values()]
                table.add_row(geometry, writer, *cells, end_section=writer == "plastimatch")
                exact &= writer != OURS or set(cells[:3]) == {"1.0000 +0.0 %"}
    Console(width=175).print(table)
    return 0 if exact else 1


if __name__ == "__main__":
    raise SystemExit(main())
