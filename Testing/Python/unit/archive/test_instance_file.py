from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from archives import write_study
from bombs import DISGUISES, deflated, packed_zeros
from pydicom import Dataset, dcmread
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)
from series_samples import change, put

from BratsSegmenterLib.archive.instance_file import DamagedInstanceError, InstanceIdentity, file_name, inspect
from BratsSegmenterLib.deflated import inflates_beyond
from BratsSegmenterLib.dicom.mr_series import StudyIdentity


def identity_of(dataset: Dataset) -> InstanceIdentity:
    return InstanceIdentity(
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPClassUID, dataset.SOPInstanceUID
    )


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return write_study(tmp_path, StudyIdentity(), 1, (1, 64, 48))[0]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_every_transfer_syntax_tells_who_it_is(instance: Path, syntax: UID) -> None:
    original = dcmread(instance)
    rewritten = Dataset()
    rewritten.update({element.tag: element for element in original})
    rewritten.file_meta = original.file_meta
    rewritten.file_meta.TransferSyntaxUID = syntax
    rewritten.save_as(instance, enforce_file_format=True)

    assert inspect(instance) == identity_of(original)


def test_what_follows_a_deflated_data_set_is_not_looked_through(instance: Path) -> None:
    stream = BytesIO(deflated(instance.read_bytes(), packed_zeros(1)) + bytes(9_000_000))
    assert not inflates_beyond(stream, 10_000_000)
    assert stream.tell() < 3_000_000


def test_an_element_of_an_impossible_length_is_damage(instance: Path) -> None:
    """A number of two bytes that claims three."""
    content, rows = instance.read_bytes(), b"\x28\x00\x10\x00US"
    assert content.count(rows) == 1
    instance.write_bytes(content.replace(rows + b"\x02\x00", rows + b"\x03\x00"))
    with pytest.raises(DamagedInstanceError):
        inspect(instance)


@pytest.mark.parametrize("count", ["x", "1\\2", "1e999"])
def test_a_number_of_frames_that_is_none_is_damage(instance: Path, count: str) -> None:
    change(instance, lambda dataset: put(dataset, "NumberOfFrames", count.encode()))
    with pytest.raises(DamagedInstanceError, match="Number of Frames"):
        inspect(instance)


def test_a_number_of_frames_that_is_written_as_a_decimal_counts(instance: Path) -> None:
    change(instance, lambda dataset: put(dataset, "NumberOfFrames", b"1.0"))
    assert inspect(instance) == identity_of(dcmread(instance))


def test_compressed_pixels_need_no_length(instance: Path) -> None:
    dataset = dcmread(instance)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(instance)

    assert inspect(instance) == identity_of(dataset)


def test_missing_pixels_are_noticed_and_counted(instance: Path) -> None:
    instance.write_bytes(instance.read_bytes()[:-100])
    with pytest.raises(DamagedInstanceError, match="holds 6044 of 6144 bytes of pixel data"):
        inspect(instance)


def test_no_cut_of_a_file_passes_for_whole(instance: Path) -> None:
    content = instance.read_bytes()
    for length in range(0, len(content), 97):
        instance.write_bytes(content[:length])
        with pytest.raises(DamagedInstanceError):
            inspect(instance)


def test_a_forged_matrix_is_refused_without_being_decoded(instance: Path) -> None:
    dataset = dcmread(instance)
    dataset.Rows = dataset.Columns = 60000
    dataset.save_as(instance)
    with pytest.raises(DamagedInstanceError, match="of 7200000000 bytes"):
        inspect(instance)


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_file_that_would_inflate_beyond_bounds_is_refused(
    instance: Path, monkeypatch: pytest.MonkeyPatch, disguise: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("BratsSegmenterLib.archive.instance_file._MAXIMUM_INFLATED_BYTES", 1_000_000)
    instance.write_bytes(disguise(deflated(instance.read_bytes(), packed_zeros(5))))
    assert instance.stat().st_size < 20_000
    with pytest.raises(DamagedInstanceError, match="would inflate to more than 1 MB"):
        inspect(instance)


def test_a_uid_that_is_a_path_is_refused(instance: Path) -> None:
    content = instance.read_bytes()
    uid = dcmread(instance).SeriesInstanceUID.encode()
    instance.write_bytes(content.replace(uid, b"../../../".ljust(len(uid), b"x")))
    with pytest.raises(DamagedInstanceError, match="no valid UIDs"):
        inspect(instance)


def test_a_file_name_never_leaves_its_folder() -> None:
    assert "/" not in file_name("../../x")
    assert file_name("1.2") != file_name("1.3")
