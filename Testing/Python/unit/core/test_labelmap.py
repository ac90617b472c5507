"""Label maps and the image files that hold them."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from refusing_disks import full_disk

from BratsSegmenterLib.domain import Algorithm, Segmentation
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import read_image, read_mask, read_whole_image, write_image
from BratsSegmenterLib.labelmap import read_labelmap, write_labelmap


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


@pytest.mark.parametrize("name", ["image.nii.gz", "image.nii", "image.mha"])
@pytest.mark.parametrize("room_bytes", [100, 20_000])
def test_an_image_that_the_disk_took_a_part_of_is_not_written(name: str, room_bytes: int, tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.random.default_rng(0).random((20, 30, 30)))
    with full_disk(room_bytes), pytest.raises(ExportError, match=f"{name} could not be written"):
        write_image(image, tmp_path / name)
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


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 55 // 100])


def _with_another_checksum(path: Path) -> None:
    """Of RFC 1952; the voxels open as before, as they would where a flipped bit happens to be a valid code."""
    content = bytearray(path.read_bytes())
    content[-8] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("named", ["seg.hdr.gz", "seg.img.gz"])
def test_a_compressed_pair_of_files_is_read_by_either_and_refused_when_its_voxels_are_cut_short(
    named: str, tmp_path: Path
) -> None:
    image = sitk.GetImageFromArray(np.random.default_rng(0).integers(0, 5, (20, 30, 30), np.uint8))
    sitk.WriteImage(image, str(tmp_path / "seg.img.gz"))
    voxels = sitk.GetArrayFromImage(read_whole_image(tmp_path / named))
    assert np.array_equal(voxels, sitk.GetArrayFromImage(image))
    _torn(tmp_path / "seg.img.gz")
    with pytest.raises(RuntimeError, match="is cut short"):
        read_whole_image(tmp_path / named)


@pytest.mark.parametrize("rest", [b"\0" * 512, b"#", b"what a copy left behind"], ids=["zeros", "one byte", "text"])
def test_what_follows_a_whole_compressed_file_is_ignored_and_a_second_stream_is_read(
    rest: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "seg.nii.gz"
    image = sitk.GetImageFromArray(np.random.default_rng(0).integers(0, 5, (20, 30, 30), np.uint8))
    sitk.WriteImage(image, str(path))
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:5000]) + gzip.compress(content[5000:]) + rest)
    assert np.array_equal(sitk.GetArrayFromImage(read_whole_image(path)), sitk.GetArrayFromImage(image))
    path.write_bytes(gzip.compress(content[:5000]) + rest)
    with pytest.raises(RuntimeError, match="it holds 5000 of"):
        read_whole_image(path)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("seg.nii.gz", _torn),
        ("seg.nii.gz", _with_another_checksum),
        ("seg.nii", _torn),
        ("seg.img", _torn),
        ("seg.mha", _torn),
    ],
)
def test_a_file_that_is_not_whole_is_refused_by_name(name: str, damage: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / name
    image = sitk.GetImageFromArray(np.random.default_rng(0).integers(0, 5, (20, 30, 30), np.uint8))
    sitk.WriteImage(image, str(path))
    header = path.with_suffix(".hdr") if path.suffix == ".img" else path
    assert read_labelmap(header).labels.any()
    damage(path)
    with pytest.raises(ExportError, match=rf"{header.name} cannot be read as a whole image"):
        read_labelmap(header)
    for read in (read_mask, read_image):
        with pytest.raises(SeriesError, match=header.name):
            read(header)
