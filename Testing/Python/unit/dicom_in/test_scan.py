"""Files nobody has vouched for: each that is not taken is named, none takes the product down."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from bombs import DISGUISES, deflated, packed_zeros
from pydicom import Dataset, dcmread
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    RLELossless,
    SegmentationStorage,
)
from series_samples import change, classic, compress, enhanced

from BratsSegmenterLib.dicom import ScannedStudy, load_volume, scan
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.dicom.scanning import DamagedStudyError
from BratsSegmenterLib.errors import SeriesError


def sentences(scanned: ScannedStudy) -> str:
    return "\n".join(item.sentence for item in scanned.set_aside)


def test_series_of_one_study_are_found_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    identity = StudyIdentity()
    classic(tmp_path / "x", identity=identity, number=7)
    enhanced(tmp_path / "y.dcm", identity=identity, number=2)
    scanned = scan(tmp_path)
    assert [(one.number, len(one.frames)) for one in scanned.series] == [(2, 12), (7, 12)]
    assert scanned.require_one_study() == identity.study_uid
    assert not scanned.set_aside


def test_files_can_be_given_one_by_one(tmp_path: Path) -> None:
    files = classic(tmp_path)
    (series,) = scan(files).series
    assert series.files == tuple(files)
    assert "PixelData" not in series.header


def test_two_studies_are_kept_apart_and_refused_as_one(tmp_path: Path) -> None:
    classic(tmp_path / "a")
    classic(tmp_path / "b")
    scanned = scan(tmp_path)
    assert len(scanned.series) == 2
    with pytest.raises(SeriesError, match="2 different studies"):
        scanned.require_one_study()


def test_one_series_uid_in_two_studies_is_not_merged(tmp_path: Path) -> None:
    files = classic(tmp_path)
    for file in files[6:]:
        change(file, lambda dataset: setattr(dataset, "StudyInstanceUID", "2.25.7"))
    assert sorted(len(one.frames) for one in scan(tmp_path).series) == [6, 6]


def test_two_patients_in_one_study_are_refused_without_naming_them(tmp_path: Path) -> None:
    change(classic(tmp_path)[2], lambda dataset: setattr(dataset, "PatientID", "SECRET-2"))
    with pytest.raises(SeriesError, match="2 different patients") as caught:
        scan(tmp_path).require_one_study()
    assert "SECRET" not in str(caught.value)


def test_an_empty_patient_id_beside_the_images_is_no_second_patient(tmp_path: Path) -> None:
    identity = StudyIdentity()
    classic(tmp_path / "images", identity=identity)
    for file in classic(tmp_path / "report", identity=identity, number=2):
        change(file, lambda dataset: setattr(dataset, "PatientID", ""))
    assert scan(tmp_path).require_one_study() == identity.study_uid


@pytest.mark.parametrize("patient_id", ["secret-2", "SECRET-2^^^HOSP", "000SECRET-2"])
def test_an_id_that_is_written_otherwise_beside_the_images_is_no_second_patient_and_is_not_taken_up(
    tmp_path: Path, patient_id: str
) -> None:
    identity = StudyIdentity(patient_id="SECRET-2")
    classic(tmp_path / "images", identity=identity)
    for number, file in enumerate(classic(tmp_path / "report", identity=identity, number=2)):

        def to_report(dataset: Dataset, written: str = ("SECRET-2", "", patient_id)[number % 3]) -> None:
            dataset.Modality, dataset.PatientID = "SR", written

        change(file, to_report)
    scanned = scan(tmp_path)
    assert scanned.require_one_study() == identity.study_uid
    assert {item.sentence: (len(item.files), item.is_damaged) for item in scanned.set_aside} == {
        "Series 2 is SR, not MR.": (8, False),
        "Series 2 is SR, not MR. It names another patient, or writes the ID otherwise: it is not taken up.": (4, False),
    }
    assert {str(dcmread(file).PatientID) for file in scanned.beside_the_images} == {"SECRET-2", ""}


def test_a_folder_without_mr_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(SeriesError, match="no MR image"):
        scan(tmp_path).require_one_study()
    with pytest.raises(SeriesError, match="There is no folder"):
        scan(tmp_path / "absent")


def test_a_packed_study_is_to_be_unpacked_first(tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_bytes(b"PK")
    for chosen in (tmp_path, tmp_path / "study.zip"):
        with pytest.raises(SeriesError, match=r"no MR image among the files\. Unpack study\.zip first"):
            scan(chosen).require_one_study()


def test_ct_and_other_objects_are_set_aside_with_their_reason(tmp_path: Path) -> None:
    for file in classic(tmp_path / "ct", number=3):
        change(file, lambda dataset: setattr(dataset, "Modality", "CT"))

    def to_radiograph(dataset: Dataset) -> None:
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage

    for file in classic(tmp_path / "cr", number=4):
        change(file, to_radiograph)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "empty.dcm").touch()
    scanned = scan(tmp_path)
    assert not scanned.series
    assert {item.sentence: len(item.files) for item in scanned.set_aside} == {
        "Series 3 is CT, not MR.": 12,
        "Series 4 holds no MR image but Computed Radiography Image Storage.": 12,
        "notes.txt is not a DICOM file.": 1,
        "empty.dcm is empty, or blank where it begins.": 1,
    }


def test_copies_that_are_the_same_are_read_once_and_keep_no_study_waiting(tmp_path: Path) -> None:
    files = classic(tmp_path / "one" / "T1")
    shutil.copytree(tmp_path / "one" / "T1", tmp_path / "two" / "T1")
    change(tmp_path / "two" / "T1" / files[3].name, lambda dataset: setattr(dataset, "StationName", "PACS"))
    scanned = scan(tmp_path)
    assert load_volume(scanned.series[0]).array.shape[0] == 12
    (remark,) = scanned.set_aside
    said, _, outcome = remark.sentence.partition("; ")
    assert said == "The folder 'two/T1' holds second copies of images in the folder 'one/T1'"
    assert outcome == "they are the same, and were read once."
    assert len(remark.files) == 12
    assert not remark.is_damaged


@pytest.mark.parametrize("keyword", ["PixelData", "ImagePositionPatient", "FrameOfReferenceUID"])
def test_copies_that_differ_are_both_named_and_somebody_has_to_choose(keyword: str, tmp_path: Path) -> None:
    name = classic(tmp_path / "one")[0].name
    shutil.copytree(tmp_path / "one", tmp_path / "two")

    def alter(dataset: Dataset) -> None:
        black = bytes(len(dataset.PixelData))
        other = {"PixelData": black, "ImagePositionPatient": [0, 0, 1], "FrameOfReferenceUID": "2.25.7"}
        setattr(dataset, keyword, other[keyword])

    change(tmp_path / "two" / name, alter)
    different = [item for item in scan(tmp_path).set_aside if item.is_damaged]
    assert [item.sentence for item in different] == [
        f"two/{name} is a second copy of one/{name}, and differs from it: remove one of the copies."
    ]


def test_linked_folders_are_searched_and_a_loop_of_links_ends(tmp_path: Path) -> None:
    classic(tmp_path / "elsewhere" / "T1")
    cohort = tmp_path / "cohort"
    cohort.mkdir()
    for name in ("P1", "again"):
        (cohort / name).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "loop").symlink_to(cohort, target_is_directory=True)
    scanned = scan(cohort)
    assert [len(one.frames) for one in scanned.series] == [12]
    assert not scanned.set_aside


def test_a_file_cut_anywhere_is_named_and_never_read_as_whole(tmp_path: Path) -> None:
    whole = classic(tmp_path)[5].read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "0006.dcm").write_bytes(whole[:length])
        scanned = scan(tmp_path)
        assert "0006.dcm" in sentences(scanned)
        assert all(len(one.frames) == 11 for one in scanned.series)


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless],
    ids=["stored", "deflated", "compressed"],
)
def test_wherever_a_file_was_cut_off_it_is_named_and_its_series_never_passes_for_whole(
    tmp_path: Path, syntax: UID
) -> None:
    file = classic(tmp_path)[11]
    if syntax.is_encapsulated:
        compress(file, syntax)
    else:
        change(file, lambda dataset: setattr(dataset.file_meta, "TransferSyntaxUID", syntax))
    whole = file.read_bytes()
    for left in (*range(0, len(whole) - 2, 37), len(whole) - 2):
        file.write_bytes(whole[:left])
        (aside,) = scan(tmp_path).set_aside
        assert (aside.files, aside.is_damaged) == ((file,), True)
        assert "0012.dcm" in aside.sentence
        (series,) = scan(tmp_path).series
        assert series.fault or not aside.sentence.startswith("Series 1: "), left


def test_files_that_were_cut_off_are_counted_in_one_sentence(tmp_path: Path) -> None:
    for file in classic(tmp_path)[7:]:
        file.write_bytes(file.read_bytes()[:-5])
    scanned = scan(tmp_path)
    sentence = "Series 1: 0008.dcm is truncated: its pixel data ends too early. So it is with 5 of the files."
    assert sentences(scanned) == scanned.series[0].fault == sentence
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:1200])
    with pytest.raises(DamagedStudyError, match=r"with 12 of the files\. No image .* Copy or fetch the study again"):
        scan(tmp_path).require_one_study()


@pytest.mark.filterwarnings("ignore:Failed to decode", "ignore:Found unknown escape")
def test_damaged_bytes_never_crash_the_scan(tmp_path: Path) -> None:
    file = enhanced(tmp_path / "e.dcm")
    whole = bytearray(file.read_bytes())
    for start in range(132, 2500, 41):
        damaged = bytearray(whole)
        damaged[start : start + 4] = b"\xff\x00\xfe\xff"
        file.write_bytes(damaged)
        for series in scan(tmp_path).series:
            with suppress(SeriesError):
                assert np.isfinite(load_volume(series).array).all()


def test_forged_sizes_are_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    file = classic(tmp_path)[0]
    compress(file, RLELossless)
    change(file, lambda dataset: dataset.update({"Rows": 60000, "Columns": 60000}))
    assert "0001.dcm claims to hold 1 images of 60000 x 60000 pixels" in sentences(scan(tmp_path))


def test_a_seg_of_many_structures_is_no_damaged_file(tmp_path: Path) -> None:
    """One bit a voxel: 95 structures on 256 slices are smaller than many series."""

    def of_many_structures(dataset: Dataset) -> None:
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SegmentationStorage
        dataset.Modality, dataset.BitsAllocated, dataset.NumberOfFrames = "SEG", 1, 95 * 256
        dataset.Rows = dataset.Columns = 256
        dataset.PixelData = bytes(95 * 256 * 256 * 256 // 8)

    file = classic(tmp_path)[0]
    change(file, of_many_structures)
    assert not any(item.is_damaged for item in scan(tmp_path).set_aside)


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_deflated_bomb_is_refused_without_being_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disguise: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("BratsSegmenterLib.dicom.reading._LARGEST_INFLATED_BYTES", 4 << 20)
    file = classic(tmp_path)[0]
    file.write_bytes(disguise(deflated(file.read_bytes(), packed_zeros(5))))
    assert "0001.dcm is compressed and would grow beyond 4 MB" in sentences(scan(tmp_path))


def test_sequences_nested_hundreds_deep_are_refused(tmp_path: Path) -> None:
    file = classic(tmp_path)[0]
    header = struct.pack("<HH2sHL", 0x0040, 0x0275, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    ends = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    nest = (header + item) * 3000 + ends * 3000
    content = file.read_bytes()
    pixel_data = content.index(struct.pack("<HH", 0x7FE0, 0x0010))
    file.write_bytes(content[:pixel_data] + nest + content[pixel_data:])
    assert "0001.dcm is a damaged DICOM file" in sentences(scan(tmp_path))


def test_corrupt_compressed_pixels_are_refused_and_the_file_is_named(tmp_path: Path) -> None:
    files = classic(tmp_path)
    compress(files[3], RLELossless)
    content = bytearray(files[3].read_bytes())
    start = content.index(struct.pack("<HH", 0x7FE0, 0x0010)) + 40
    content[start : start + 400] = bytes(range(256))[:200] * 2
    files[3].write_bytes(content)
    (series,) = scan(tmp_path).series
    with pytest.raises(SeriesError, match=r"Series 1, slice 4: 0004\.dcm cannot be decoded"):
        load_volume(series)


def test_the_real_study_has_eight_mr_series_and_spectroscopy_is_set_aside(real_data: Path) -> None:
    scanned = scan(real_data / "dicom" / "brtum")
    assert [one.number for one in scanned.series] == [1, 3, 4, 5, 8, 9, 10, 14, 211]
    assert sentences(scanned) == "Series 11 holds no MR image but MR Spectroscopy Storage."
    assert scanned.require_one_study()
