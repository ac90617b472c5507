"""Time, registration error, interpolation of thick slices and brain mask of the pre-processing on real images.

Run as ``python Testing/benchmarks/preprocessing.py``; images come from BRATS_SEGMENTER_DATA or ``../shared/data``.
Registration: the glioma cases come co-registered, so a sequence moved by a known rigid transform must come back.
Interpolation: the mean of every five slices of 1 mm, brought back to 1 mm, beside the slices themselves.
Brain mask: whole-head label maps are painted with the contrast of each sequence; the truth is their own brain.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset
from scipy import ndimage

from BratsSegmenterLib.domain import Case, PreprocessingSteps, Sequence, Series, Volume
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing import preprocess
from BratsSegmenterLib.preprocessing.grid import resample, with_thin_slices
from BratsSegmenterLib.preprocessing.registration import RigidRegistration
from BratsSegmenterLib.preprocessing.rigid import rms_displacement_mm
from BratsSegmenterLib.progress import Progress

_DATA = Path(os.environ.get("BRATS_SEGMENTER_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
_FILES = {Sequence.T1: "t1", Sequence.T1C: "t1c", Sequence.T2: "t2", Sequence.FLAIR: "flair"}

# Labels of the SynthSeg maps and a typical brightness on T1, T2 and FLAIR.
_CONTRASTS = (
    ((2, 41, 7, 46, 16, 28, 60), (0.86, 0.37, 0.46)),  # white matter, brain stem
    ((3, 42, 8, 47, 10, 49, 11, 50, 12, 51, 13, 52, 17, 18, 53, 54, 26, 58), (0.64, 0.52, 0.58)),  # grey matter
    ((4, 5, 14, 15, 24, 43, 44, 72), (0.22, 1.0, 0.13)),  # liquor
    ((25, 57), (0.70, 0.60, 0.80)),  # white matter lesions
    ((136, 137, 163, 164, 30, 62), (0.45, 0.80, 0.45)),  # choroid plexus, vessels
    ((502, 514), (0.32, 0.27, 0.22)),  # arteries, sinuses
    ((515,), (0.10, 0.10, 0.10)),  # bone
    ((516, 511), (0.80, 0.50, 0.55)),  # marrow, skin
    ((507,), (0.72, 0.28, 0.34)),  # soft tissue
    ((509, 508), (0.50, 0.60, 0.50)),  # mucosa
    ((506, 512), (0.25, 0.95, 0.20)),  # eyes
)
_BRAIN = (*_CONTRASTS[0][0], *_CONTRASTS[1][0], *_CONTRASTS[3][0], 5, 14, 15, 43, 44, 72, 136, 137, 163, 164, 30, 62)


def _volume(image: sitk.Image) -> Volume:
    series = Series("key", "1.2", "1.2.1", "MR", "", 1, "1.2.3", (), Dataset())
    return Volume(sitk.GetArrayFromImage(sitk.Cast(image, sitk.sitkFloat32)), Geometry.of_image(image), (), series)


def _read(folder: Path, sequence: Sequence) -> sitk.Image:
    return sitk.ReadImage(str(folder / f"{_FILES[sequence]}.nii.gz"), sitk.sitkFloat32)


def measure_registration(cases: list[Path]) -> None:
    """Known moves of each sequence against T1c, at 1 mm and as 5 mm slices."""
    print(f"\n{'case':24s} {'sequence':9s} {'slices':>7s} {'RMS error mm':>13s} {'seconds':>8s}")
    move = sitk.Euler3DTransform()
    move.SetRotation(0.10, -0.07, 0.12)
    move.SetTranslation((9.0, -6.0, 8.0))
    errors = []
    for case in cases:
        reference = _read(case, Sequence.T1C)
        middle = reference.TransformContinuousIndexToPhysicalPoint([size / 2 for size in reference.GetSize()])
        move.SetCenter(middle)
        registration = RigidRegistration(reference, "T1c")
        for sequence in (Sequence.T1, Sequence.T2, Sequence.FLAIR):
            moved = sitk.Resample(_read(case, sequence), reference, move)
            for name, image in (("1 mm", moved), ("5 mm", sitk.BinShrink(moved, [1, 1, 5]))):
                started = time.perf_counter()
                found = registration.align(image, sequence.value, True, Progress()).transform
                seconds = time.perf_counter() - started
                error = rms_displacement_mm(sitk.CompositeTransform([move, found]), np.array(middle))
                errors.append(error)
                print(f"{case.name:24s} {sequence.value:9s} {name:>7s} {error:13.2f} {seconds:8.1f}", flush=True)
    print(f"median {np.median(errors):.2f} mm, worst {max(errors):.2f} mm")


def measure_interpolation(cases: list[Path]) -> None:
    """How far 5 mm slices brought back to 1 mm are from slices of 1 mm, by straight lines and by cubic splines."""
    print(f"\n{'case':24s} {'sequence':9s} {'linear':>7s} {'cubic':>7s} {'ratio':>6s} {'times as slow':>14s}")
    ratios = []
    for case in cases:
        for sequence in _FILES:
            thin = _read(case, sequence)
            brain, grid = sitk.GetArrayFromImage(thin) != 0, Geometry.of_image(thin)
            thick = sitk.BinShrink(thin, [1, 1, 5])
            errors, seconds = [], []
            for thick_mm in (np.inf, 2.0):
                started = time.perf_counter()
                brought_back = sitk.GetArrayFromImage(resample(with_thin_slices(thick, thick_mm), grid))
                seconds.append(time.perf_counter() - started)
                difference = (brought_back - sitk.GetArrayFromImage(thin))[brain]
                errors.append(float(np.sqrt(np.mean(difference**2)) / sitk.GetArrayFromImage(thin)[brain].std()))
            ratios.append(errors[1] / errors[0])
            figures = f"{errors[0]:7.3f} {errors[1]:7.3f} {ratios[-1]:6.2f} {seconds[1] / seconds[0]:14.1f}"
            print(f"{case.name:24s} {sequence.value:9s} {figures}")
    print(
        f"RMS error in standard deviations of the brain; ratio: median {np.median(ratios):.2f}, worst {max(ratios):.2f}"
    )


def measure_brain_mask(maps: list[Path]) -> None:
    """Dice of the mask against the brain of painted label maps with shading and noise."""
    print(f"\n{'label map':28s} {'Dice':>6s} {'sensitivity':>12s} {'seconds':>8s}")
    scores = []
    for n, path in enumerate(maps):
        labels = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
        case = _painted(labels, np.random.default_rng(n))
        truth = _brain(sitk.GetArrayFromImage(labels))
        started = time.perf_counter()
        prepared = preprocess(case, PreprocessingSteps(registration=False, bias_correction=False))
        seconds = time.perf_counter() - started
        found = prepared.to_reference_grid(prepared.mask[None].astype(np.float32))[0] >= 0.5
        both = float((found & truth).sum())
        dice, sensitivity = 2 * both / float(found.sum() + truth.sum()), both / float(truth.sum())
        scores.append(dice)
        print(f"{path.name:28s} {dice:6.3f} {sensitivity:12.3f} {seconds:8.1f}", flush=True)
    print(f"median {np.median(scores):.3f}, worst {min(scores):.3f}")


def _brain(labels: np.ndarray) -> np.ndarray:
    """Brain with its sulci: closed by 3 mm."""
    brain = np.isin(labels, _BRAIN)
    return ndimage.binary_fill_holes(ndimage.binary_closing(brain, iterations=3) | brain)


def _painted(labels: sitk.Image, random: np.random.Generator) -> Case:
    values = sitk.GetArrayFromImage(labels).astype(int)
    volumes = {}
    for sequence, contrast in ((Sequence.T1, 0), (Sequence.T1C, 0), (Sequence.T2, 1), (Sequence.FLAIR, 2)):
        table = np.full(values.max() + 1, 0.02, np.float32)
        for members, brightness in _CONTRASTS:
            table[[member for member in members if member < table.size]] = brightness[contrast]
        if sequence is Sequence.T1C:
            table[[502, 514]] = 1.4
        image = ndimage.gaussian_filter(table[values], 0.6) * _shading(values.shape, random)
        image = np.abs(image + random.normal(0, 0.03, values.shape)).astype(np.float32) * 400
        volumes[sequence] = _volume(Geometry.of_image(labels).image(image))
    return Case(volumes, Sequence.T1C)


def _shading(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """A smooth factor with a standard deviation of 20 %."""
    axes = np.meshgrid(*[np.linspace(-1, 1, size, dtype=np.float32) for size in shape], indexing="ij", sparse=True)
    field = np.zeros(shape, np.float32)
    for axis in axes:
        field += random.normal() * axis + random.normal() * axis**2
    return np.exp(0.2 * (field - field.mean()) / field.std())


def measure_time(case: Path) -> None:
    """Each stage on one study of four 1 mm volumes."""
    study = Case({sequence: _volume(_read(case, sequence)) for sequence in _FILES}, Sequence.T1C)
    progress, started, used = Progress(), time.perf_counter(), time.process_time()
    prepared = preprocess(study, progress=progress)
    print(f"\n{case.name}: {time.perf_counter() - started:.1f} s, {time.process_time() - used:.1f} s of processor time")
    for stage in progress.stages:
        print(f"  {stage.name:16s} {stage.seconds:6.1f} s")
    print(*(f"  {finding}" for finding in prepared.findings), sep="\n")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=3, help="how many glioma cases and label maps")
    count = parser.parse_args().cases
    cases = sorted(path for path in (_DATA / "glioma-dev").iterdir() if path.is_dir())
    measure_time(cases[0])
    measure_registration(cases[:count])
    measure_interpolation(cases[:count])
    measure_brain_mask(sorted((_DATA / "head-labels").glob("*.nii.gz"))[:count])


if __name__ == "__main__":
    main()
