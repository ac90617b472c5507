"""Label maps as NIfTI files."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from BratsSegmenterLib.domain import Algorithm, Segmentation
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.labelmap import read_labelmap, write_image, write_labelmap


@pytest.fixture
def segmentation() -> Segmentation:
    labels = np.arange(60, dtype=np.uint8).reshape(3, 4, 5) % 5
    geometry = Geometry.from_axes((3, 4, 5), (0.9, 1.1, 5.0), np.diag([1.0, -1.0, -1.0]), np.array([3.0, -2, 8]))
    return Segmentation(labels, geometry, Algorithm("model", "1", "ab"))


def test_a_label_map_comes_back_with_its_grid(segmentation: Segmentation, tmp_path: Path) -> None:
    write_labelmap(segmentation, tmp_path / "new" / "labels.nii.gz")
    read = read_labelmap(tmp_path / "new" / "labels.nii.gz", segmentation.algorithm)
    assert np.array_equal(read.labels, segmentation.labels)
    assert read.geometry.is_close(segmentation.geometry)
    assert read.algorithm == segmentation.algorithm
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["labels.nii.gz"]


def test_a_file_that_cannot_be_written_is_a_sentence_and_leaves_nothing(
    segmentation: Segmentation, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=r"labels\.unknown could not be written"):
        write_labelmap(segmentation, tmp_path / "labels.unknown")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (sitk.GetImageFromArray(np.full((2, 2, 2), 7, np.uint8)), "the label 7"),
        (sitk.GetImageFromArray(np.zeros((2, 2), np.uint8)), "three-dimensional"),
    ],
)
def test_what_is_no_label_map_of_ours_is_refused(image: sitk.Image, words: str, tmp_path: Path) -> None:
    write_image(image, tmp_path / "other.nii.gz")
    with pytest.raises(ExportError, match=words):
        read_labelmap(tmp_path / "other.nii.gz")


def test_a_file_that_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.nii.gz").write_text("no image")
    with pytest.raises(ExportError, match=r"text\.nii\.gz"):
        read_labelmap(tmp_path / "text.nii.gz")
