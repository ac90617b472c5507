"""What an answer to a store means: the archive is away, or it fails over this one object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from archives import RunningArchive, write_study
from faulty_proxy import Fault, Plan
from pydicom import dcmread

from BratsSegmenterLib.archive import NotStoredError, StoreRefusedError, TemporaryArchiveError
from BratsSegmenterLib.archive.failures import OtherContentError
from BratsSegmenterLib.dicom.mr_series import StudyIdentity


@pytest.mark.parametrize(
    "plan",
    [
        Plan(Fault.STATUS, "POST", status=500),
        Plan(Fault.PARTIAL, "POST"),
        Plan(Fault.CLAIM, "POST"),
        Plan(Fault.STATUS, "GET", path_end="/instances/{uid}", status=406),
    ],
    ids=["a fault of its own", "out of resources", "claimed", "not given back"],
)
def test_a_fault_that_may_be_the_object_s_is_told_from_an_archive_that_is_away(
    embedded_archive: RunningArchive, tmp_path: Path, plan: Plan
) -> None:
    study = StudyIdentity()
    first, second = write_study(tmp_path / "study", study, 2, (1, 16, 16))
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url, ())
        proxy.plan(replace(plan, path_end=plan.path_end.format(uid=dcmread(first).SOPInstanceUID)))
        with pytest.raises(NotStoredError):
            archive.store([first], study.study_uid)
        proxy.plan(Plan(Fault.STATUS, "POST", status=503))
        with pytest.raises(TemporaryArchiveError, match="status 503") as away:
            archive.store([second], study.study_uid)
    assert not isinstance(away.value, NotStoredError)


@pytest.mark.parametrize("status", [400, 409, 415])
def test_an_object_that_is_refused_without_a_reason_is_named_by_its_kind(
    embedded_archive: RunningArchive, tmp_path: Path, status: int
) -> None:
    study = StudyIdentity()
    files = write_study(tmp_path / "study", study, 1, (1, 16, 16))
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.STATUS, "POST", status=status))
        with pytest.raises(StoreRefusedError, match=rf"object \(MR Image Storage\) .* \(status {status}\)") as refused:
            embedded_archive.connect(proxy.url).store(files, study.study_uid)
    assert "address" not in refused.value.advice


def test_an_object_that_is_held_with_other_content_keeps_no_other_back(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    study = StudyIdentity()
    files = write_study(tmp_path / "study", study, 2, (1, 16, 16))
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.COERCED, "POST", holding=b"W/WO", body=b"WITH"))
        archive = embedded_archive.connect(proxy.url)
        with pytest.raises(OtherContentError, match=r"other content than was sent \(StudyDescription\)"):
            archive.store(files, study.study_uid)
        assert len(archive.series(study.study_uid)) == 2
