"""A result comes back on the series, and the stack of it, whose images its contours or frames name."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
import series_samples
from pydicom import Dataset, dcmread

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import ObjectKind, ResultObject, ScannedStudy
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import PreprocessingSteps, Volume
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.workbench.resuming import ResumedCase, choose_regions, resume_case

_KINDS = [ObjectKind.RTSTRUCT, ObjectKind.SEG]
_WATER = ["DERIVED", "PRIMARY", "DIXON", "WATER"]
_AS_THEY_ARE = PreprocessingSteps(registration=False, bias_correction=False, brain_mask=False)


def _labels(volume: Volume) -> np.ndarray:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[3:9, 10:30, 8:20] = 2
    labels[4:7, 14:22, 10:16] = 3
    return labels


def _write(volume: Volume, kind: ObjectKind, path: Path) -> ResultObject:
    write = dicom.write_rtstruct if kind is ObjectKind.RTSTRUCT else dicom.write_seg
    write(path, volume, samples.segmentation_on(volume, _labels(volume)), samples.provenance())
    (result,) = dicom.result_objects([path])
    return result


def _resumed(study: ScannedStudy) -> ResumedCase:
    recognition = dicom.recognise(study.series)
    return resume_case(study, recognition, choose_regions(study, ""), _AS_THEY_ARE, False, Progress())


def _fat_and_water(folder: Path) -> None:
    """One series with two images at each position."""
    for file in series_samples.classic(folder):
        series_samples.copy_as_new_instance(
            file, file.with_name(f"water-{file.name}"), lambda image: setattr(image, "ImageType", _WATER)
        )


def _two_orientations(folder: Path) -> None:
    """One enhanced object with an axial and a coronal stack."""
    first = dcmread(series_samples.enhanced(folder / "1.dcm", geometry=series_samples.axial()))
    second = dcmread(series_samples.enhanced(folder / "2.dcm", geometry=samples.coronal()))
    (folder / "2.dcm").unlink()
    frames: list[Dataset] = []
    for number, dataset in enumerate((first, second), 1):
        shared = dataset.SharedFunctionalGroupsSequence[0]
        for frame in dataset.PerFrameFunctionalGroupsSequence:
            frame.PlaneOrientationSequence = shared.PlaneOrientationSequence
            frame.FrameContentSequence[0].StackID = str(number)
            frames.append(frame)
    del first.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    first.PerFrameFunctionalGroupsSequence = frames
    first.NumberOfFrames, first.PixelData = len(frames), first.PixelData + second.PixelData
    first.save_as(folder / "1.dcm")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("study", [_fat_and_water, _two_orientations])
def test_a_result_on_one_stack_of_a_series_comes_back_on_that_stack(
    study: object, number: int, kind: ObjectKind, tmp_path: Path
) -> None:
    study(tmp_path / "images")  # type: ignore[operator]
    stack = next(one for one in dicom.scan(tmp_path / "images").series if one.key.endswith(f"#{number}"))
    volume = dicom.load_volume(stack)
    result = _write(volume, kind, tmp_path / "result.dcm")
    resumed = _resumed(dicom.scan(tmp_path))
    reference = resumed.result.case.reference_volume
    assert reference.series.key == stack.key
    assert reference.series.label == f"Series 1, stack {number}"
    np.testing.assert_array_equal(resumed.result.segmentation.labels, _labels(volume))
    expected = measure(resumed.result.segmentation).volumes_ml
    volumes_ml = dicom.volumes_of(result, volume.series.files)
    assert volumes_ml == pytest.approx({key: expected[key] for key in volumes_ml}, abs=1e-6)
    assert volumes_ml["WT"] == pytest.approx(expected["WT"], abs=1e-6)


@pytest.fixture
def study(tmp_path: Path) -> tuple[Volume, Volume]:
    """A thin and a thick series."""
    identity = StudyIdentity()
    for number, step_mm in enumerate((1.0, 5.0), 1):
        geometry = series_samples.axial(spacing_mm=(1.0, 1.0, step_mm))
        series_samples.classic(tmp_path / str(number), geometry=geometry, identity=identity, number=number)
    return samples.load(tmp_path / "1"), samples.load(tmp_path / "2")


def _list_first(structures: Path, series_uid: str, image_uid: str) -> None:
    """Let a structure set list another series before the one that its contours name."""
    dataset = dcmread(structures)
    (referenced,) = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
    other = deepcopy(referenced.RTReferencedSeriesSequence[0])
    other.SeriesInstanceUID, other.ContourImageSequence = series_uid, other.ContourImageSequence[:1]
    other.ContourImageSequence[0].ReferencedSOPInstanceUID = image_uid
    referenced.RTReferencedSeriesSequence = [other, *referenced.RTReferencedSeriesSequence]
    dataset.save_as(structures)


@pytest.mark.parametrize("is_in_study", [True, False])
def test_the_images_that_contours_name_count_before_the_series_that_is_listed_first(
    study: tuple[Volume, Volume], is_in_study: bool, tmp_path: Path
) -> None:
    thin, thick = study
    _write(thick, ObjectKind.RTSTRUCT, tmp_path / "rt.dcm")
    first = thin.series.series_uid if is_in_study else "1.2.3"
    _list_first(tmp_path / "rt.dcm", first, thin.frames[0].sop_instance_uid if is_in_study else "1.2.3.4")
    (result,) = dicom.result_objects([tmp_path / "rt.dcm"])
    assert result.drawn_on == (first, thick.series.series_uid)
    resumed = _resumed(dicom.scan(tmp_path))
    assert resumed.result.case.reference_volume.series.key == thick.series.key
    np.testing.assert_array_equal(resumed.result.segmentation.labels, _labels(thick))
    assert resumed.tolerated == ("It was drawn on Series 2, which is shown in the place of T1c.",)


def test_contours_of_what_is_no_region_do_not_decide(study: tuple[Volume, Volume], tmp_path: Path) -> None:
    thin, thick = study
    _write(thick, ObjectKind.RTSTRUCT, tmp_path / "rt.dcm")
    dataset = dcmread(tmp_path / "rt.dcm")
    enhancing, oedema = dataset.ROIContourSequence
    for contour in oedema.ContourSequence:
        contour.ContourImageSequence[0].ReferencedSOPInstanceUID = thin.frames[0].sop_instance_uid
    dataset.StructureSetROISequence[1].ROIName = "Brainstem"
    dataset.save_as(tmp_path / "rt.dcm")
    assert len(oedema.ContourSequence) > len(enhancing.ContourSequence)
    (result,) = dicom.result_objects([tmp_path / "rt.dcm"])
    assert dicom.series_drawn_on(result, (thin.series, thick.series)) is thick.series


def test_without_named_images_the_listed_ones_decide_and_without_those_nothing(
    study: tuple[Volume, Volume], tmp_path: Path
) -> None:
    thin, thick = study
    _write(thick, ObjectKind.RTSTRUCT, tmp_path / "rt.dcm")
    dataset = dcmread(tmp_path / "rt.dcm")
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            del contour.ContourImageSequence
    dataset.save_as(tmp_path / "rt.dcm")
    (result,) = dicom.result_objects([tmp_path / "rt.dcm"])
    both = (thin.series, thick.series)
    assert dicom.series_drawn_on(result, both) is thick.series
    assert dicom.series_drawn_on(result, both[:1]) is None
    twin = replace(thin.series, series_uid=thick.series.series_uid)
    assert dicom.series_drawn_on(result, (twin,)) is twin
