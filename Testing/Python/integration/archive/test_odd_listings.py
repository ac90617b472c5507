"""Archives that list something twice, or less than they hold: nothing is fetched twice or lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from archives import RunningArchive, write_study
from faulty_proxy import Fault, FaultyProxy, Plan
from pydicom import dcmread

from BratsSegmenterLib.archive import StudyQuery
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.errors import ArchiveError

_MUELLER = {
    "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller"}]},
}


@pytest.fixture
def study() -> StudyIdentity:
    return StudyIdentity()


@pytest.fixture
def files(embedded_archive: RunningArchive, study: StudyIdentity, tmp_path: Path) -> list[Path]:
    files = write_study(tmp_path / "study", study)
    embedded_archive.connect().store(files, compare=False)
    return files


@pytest.fixture
def proxy(embedded_archive: RunningArchive) -> Iterator[FaultyProxy]:
    with embedded_archive.behind_faults() as proxy:
        yield proxy


def listing(path_end: str, entries: Iterable[dict[str, Sequence[str | int]]]) -> Plan:
    """A listing made up by the test: values by tag."""
    datasets = [{tag: {"vr": "UN", "Value": [*values]} for tag, values in entry.items()} for entry in entries]
    return Plan(Fault.BODY, path_end=path_end, body=json.dumps(datasets).encode())


def series_entry(series_uid: str, *count: int) -> dict[str, Sequence[str | int]]:
    return {"0020000E": [series_uid], "00080060": ["MR"], "00201209": count}


def test_a_series_that_is_listed_twice_is_fetched_once_and_by_its_larger_count(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], proxy: FaultyProxy, tmp_path: Path
) -> None:
    uids = sorted({str(dcmread(file).SeriesInstanceUID) for file in files})
    arriving = listing("/series", [series_entry(uid, 3) for uid in uids] * 2)
    arrived = listing("/series", [series_entry(uid, 4) for uid in uids])
    proxy.plan(arriving, arrived, arriving, arrived)
    archive = embedded_archive.connect(proxy.url)

    assert [one.instance_count for one in archive.series(study.study_uid)] == [4, 4]
    fetched = archive.fetch(study.study_uid, tmp_path / "fetched")
    assert sorted(series.series_uid for series in fetched.series) == uids
    assert sorted(file.read_bytes() for file in fetched.files) == sorted(file.read_bytes() for file in files)


@pytest.mark.parametrize("is_cut_off", [True, False], ids=["cut off", "arriving"])
def test_what_is_sent_with_a_series_and_not_listed_is_not_taken_for_nothing(
    embedded_archive: RunningArchive,
    study: StudyIdentity,
    files: list[Path],
    proxy: FaultyProxy,
    tmp_path: Path,
    is_cut_off: bool,
) -> None:
    headers = [dcmread(file) for file in files[:4]]
    uid = str(headers[0].SeriesInstanceUID)
    uncounted = listing("/series", [series_entry(uid)])
    two = listing("/instances", [{"00080018": [str(header.SOPInstanceUID)]} for header in headers[:2]])
    pages = 2  # the second brings nothing new
    proxy.plan(*[uncounted] * pages, *[two] * pages * (2 if is_cut_off else 1))
    archive = embedded_archive.connect(proxy.url)

    if is_cut_off:
        with pytest.raises(ArchiveError, match=rf"sent 4 objects of series {uid} but lists only 2") as refused:
            archive.fetch(study.study_uid, tmp_path / "fetched", [uid])
        assert refused.value.advice.startswith("Fetch again: the series may still be arriving.")
        assert "limit of QIDO-RS" in refused.value.advice
    else:
        assert len(archive.fetch(study.study_uid, tmp_path / "fetched", [uid]).files) == 4


@pytest.mark.parametrize(
    ("stated", "written"),
    [("iso-8859-1", "iso-8859-1"), ("iso-8859-1", "utf-8"), ("none", "utf-8"), ("", "utf-8"), ("", "utf-8-sig")],
)
def test_a_name_is_found_in_the_character_set_that_a_listing_states_if_it_is_not_utf_8(
    embedded_archive: RunningArchive, proxy: FaultyProxy, stated: str, written: str
) -> None:
    body = json.dumps([_MUELLER], ensure_ascii=False).encode(written)
    content_type = f"application/dicom+json; charset={stated}" if stated else "application/dicom+json"
    proxy.plan(Plan(Fault.BODY, path_end="/studies", body=body, content_type=content_type))

    found = embedded_archive.connect(proxy.url).search(StudyQuery(patient_name="Müller"))

    assert [one.patient_name for one in found] == ["Müller"]


def test_a_listing_in_no_known_character_set_hides_no_study(
    embedded_archive: RunningArchive, proxy: FaultyProxy
) -> None:
    body = json.dumps([_MUELLER], ensure_ascii=False).encode("iso-8859-1")
    proxy.plan(Plan(Fault.BODY, path_end="/studies", body=body, content_type="application/json; charset=idna"))

    assert [one.study_uid for one in embedded_archive.connect(proxy.url).search(StudyQuery())] == ["1.2.3"]


def test_a_study_that_is_listed_twice_is_found_once(embedded_archive: RunningArchive, proxy: FaultyProxy) -> None:
    growing = [{"0020000D": [uid], "00201208": [count]} for uid, count in (("1.2.3", 7), ("1.2.4", 1), ("1.2.3", 8))]
    proxy.plan(listing("/studies", growing))

    found = embedded_archive.connect(proxy.url).search(StudyQuery())

    assert [one.study_uid for one in found] == ["1.2.3", "1.2.4"]
