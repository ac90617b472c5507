"""A study after an operation: the models for it find the cavity, which leaves as a structure of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from scanned_heads import as_scanned

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.domain import RC
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise, write_case
from BratsSegmenterLib.measurement import dice

_SETTINGS = SynthesisSettings(healthy=0.0, resected=1.0, missing_sequence=0.0, with_skull=1.0)
_SEED = 7
_GREY_VALUES = 100
_NAMES = {"t1": "t1n", "t1c": "t1c", "t2": "t2w", "flair": "t2f"}


def test_a_cavity_open_to_the_surface_of_the_brain_is_found_and_exported(
    tmp_path: Path, atlas_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, job = "operated-00000-000", tmp_path / "job"
    anatomies = load_anatomies(None, _SETTINGS.spacing_mm, cache=atlas_cache)
    case = as_scanned(synthesise(anatomies, _SETTINGS, _SEED))
    write_case(replace(case, images=_GREY_VALUES * case.images), tmp_path, name)
    files = [f"--{role}={tmp_path / name / f'{name}-{suffix}.nii.gz'}" for role, suffix in _NAMES.items()]
    assert main(["nifti-to-dicom", *files, "--out", str(tmp_path / "study")]) == 0
    capsys.readouterr()

    command = ["run", "--files", str(tmp_path / "study"), "--postoperative", "--formats", "RTSTRUCT", "SR"]
    aligned_and_even = ("--no-registration", "--no-bias-correction")
    assert main([*command, *aligned_and_even, "--out", str(job), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)

    drawn = sitk.ReadImage(printed["segmentation"])
    truth = sitk.Resample(
        sitk.ReadImage(str(tmp_path / name / f"{name}-seg.nii.gz")), drawn, sitk.Transform(), sitk.sitkNearestNeighbor
    )
    found, cavity = (sitk.GetArrayFromImage(image) == RC.label for image in (drawn, truth))
    assert dice(found, cavity) > 0.6
    assert printed["volumes_ml"]["RC"] == pytest.approx(np.count_nonzero(found) * np.prod(drawn.GetSpacing()) / 1000)
    assert any("glioma-synthetic-postoperative takes the place" in text for text in printed["remarks"])
    structures = dcmread(job / "objects" / "rtstruct.dcm")
    assert "RC" in {item.ROIName for item in structures.StructureSetROISequence}
    versions = " ".join(structures.SoftwareVersions)
    assert "glioma-synthetic-postoperative" in versions
    assert "brain-synthetic-postoperative" in versions
