"""Earlier studies of a patient in an archive: which there are, and what results of ours say in them."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
import result_samples as samples
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, Plan
from pydicom import dcmread

from BratsSegmenterLib.archive import Archive, StudySummary
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.archive.multipart import encode
from BratsSegmenterLib.dicom import load_volume, scan, write_measurement_report, write_rtstruct, write_seg
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.domain import Segmentation, Volume
from BratsSegmenterLib.job_results import PriorStudy
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.prior_studies import find_priors
from BratsSegmenterLib.progress import Progress


def _stored_studies(archive: Archive, folder: Path, patient_id: str, *days: str) -> list[StudyIdentity]:
    identities = [StudyIdentity(patient_id=patient_id, study_date=day) for day in days]
    for identity in identities:
        archive.store(write_study(folder / identity.study_uid, identity, series=2, shape=(4, 32, 24)), compare=False)
    return identities


def _segmented(folder: Path, identity: StudyIdentity) -> tuple[Volume, Segmentation]:
    volume = load_volume(scan(folder / identity.study_uid).series[0])
    return volume, samples.segmentation_on(volume, samples.hard_labels((12, 64, 48))[:4, :32, :24])


def _expected_ml(segmentation: Segmentation) -> dict[str, float]:
    return {one.region.key: one.volume_ml for one in measure(segmentation).volumes if one.volume_ml}


def _measured_ml(prior: PriorStudy) -> dict[str, float]:
    assert prior.volumes is not None
    return {key: volume_ml for key, volume_ml in prior.volumes.volumes_ml.items() if volume_ml}


def _job(archive: RunningArchive, now: StudyIdentity, folder: Path) -> PriorsJob:
    study = StudySummary(now.study_uid, "", now.patient_id, "", now.study_date, "", ("MR",), 2, 8)
    return PriorsJob(folder / "jobs", archive.profile, study)


def _brought(folder: Path) -> list[Path]:
    return [path for path in (folder / "jobs").rglob("*") if path.is_file()]


def test_the_patient_s_earlier_studies_are_found_and_only_their_small_results_are_brought(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = any_archive.connect()
    days = [f"202{year}0301" for year in (4, 5, 6, 7)]
    unmeasured, measured, now, _later = _stored_studies(archive, tmp_path, "PRIORS-1", *days)
    _stored_studies(archive, tmp_path, "PRIORS-2", "20250301")
    volume, segmentation = _segmented(tmp_path, measured)
    provenance = samples.provenance()
    seg = write_seg(tmp_path / "seg.dcm", volume, segmentation, provenance)
    structures = write_rtstruct(tmp_path / "rtstruct.dcm", volume, segmentation, provenance)
    archive.store([seg.path, structures.path], compare=False)

    found = find_priors(archive, _job(any_archive, now, tmp_path), Progress()).studies

    assert [prior.study.study_uid for prior in found] == [unmeasured.study_uid, measured.study_uid]
    assert (found[0].volumes, found[0].has_result) == (None, False)
    assert found[1].volumes is not None
    assert found[1].volumes.study_date == date(2025, 3, 1)
    assert _measured_ml(found[1]) == pytest.approx(_expected_ml(segmentation))
    assert len(_brought(tmp_path)) == 2, "the SEG and the structure set beside it, no images"


def test_a_structure_set_alone_is_a_result_and_brings_the_series_it_was_drawn_on(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = any_archive.connect()
    measured, now = _stored_studies(archive, tmp_path, "PRIORS-3", "20250301", "20260301")
    volume, segmentation = _segmented(tmp_path, measured)
    structures = write_rtstruct(tmp_path / "rtstruct.dcm", volume, segmentation, samples.provenance())
    archive.store([structures.path], compare=False)

    (prior,) = find_priors(archive, _job(any_archive, now, tmp_path), Progress()).studies

    assert prior.has_result
    assert _measured_ml(prior) == pytest.approx(_expected_ml(segmentation))
    assert len(_brought(tmp_path)) == 1 + 4, "the structure set and one of the two series"


def test_a_prior_says_who_stands_behind_it_and_what_its_report_says_of_it(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = embedded_archive.connect()
    doubtful, approved, now = _stored_studies(archive, tmp_path, "PRIORS-30", "20250301", "20250401", "20260301")
    doubt, signed = "FLAIR alone was moved far.", datetime(2025, 4, 2, 9, 0)
    approval = {"reviewer": "Curie^Marie", "approved_at": signed}
    for identity, facts in ((doubtful, {"notes": (doubt,)}), (approved, approval)):
        volume, segmentation = _segmented(tmp_path, identity)
        provenance = samples.provenance(**facts)
        seg = write_seg(tmp_path / f"{identity.study_uid}.seg.dcm", volume, segmentation, provenance)
        report = tmp_path / f"{identity.study_uid}.sr.dcm"
        write_measurement_report(report, volume, measure(segmentation), seg, provenance)
        archive.store([seg.path, report], compare=False)

    first, second = find_priors(archive, _job(embedded_archive, now, tmp_path), Progress()).studies

    assert first.volumes is not None
    assert second.volumes is not None
    assert (first.volumes.standing, first.volumes.notes) == ("AI, not reviewed", (doubt,))
    assert (first.volumes.is_reviewed, first.volumes.is_approved) == (False, False)
    assert (second.volumes.standing, second.volumes.notes) == ("AI, reviewed by Curie, Marie, approved", ())
    assert (second.volumes.is_reviewed, second.volumes.is_approved) == (True, True)


def test_a_structure_set_whose_images_are_gone_is_said_to_be_there(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = embedded_archive.connect()
    (now,) = _stored_studies(archive, tmp_path, "PRIORS-4", "20260301")
    identity = StudyIdentity(patient_id="PRIORS-4", study_date="20250301")
    files = write_study(tmp_path / identity.study_uid, identity, series=2, shape=(4, 32, 24))
    volume, segmentation = _segmented(tmp_path, identity)
    structures = write_rtstruct(tmp_path / "rtstruct.dcm", volume, segmentation, samples.provenance())
    others = [file for file in files if file not in volume.series.files]
    archive.store([*others, structures.path], compare=False)

    (prior,) = find_priors(archive, _job(embedded_archive, now, tmp_path), Progress()).studies

    assert (prior.has_result, prior.volumes) == (True, None)


def _store_beside(archive: Archive, folder: Path, identity: StudyIdentity, changes: dict[str, str]) -> str:
    """Another study with the same patient and study blocks but for the changes; its UID."""
    datasets = [dcmread(file) for file in write_study(folder / new_uid(), identity, series=1, shape=(1, 16, 16))]
    for dataset in datasets:
        dataset.StudyInstanceUID = new_uid()
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        dataset.save_as(dataset.filename)
    archive.store([Path(dataset.filename) for dataset in datasets], compare=False)
    return str(datasets[0].StudyInstanceUID)


def test_of_many_studies_the_newest_are_looked_into_whatever_order_the_archive_lists_them_in(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = any_archive.connect()
    (now,) = _stored_studies(archive, tmp_path, "PRIORS-6", "20260301")
    days = [f"20{year}{month}15" for year in range(10, 23) for month in ("02", "08")]
    for day in days:
        _store_beside(archive, tmp_path, now, {"StudyDate": day})
    found = find_priors(archive, _job(any_archive, now, tmp_path), Progress()).studies
    assert [prior.study.study_date for prior in found] == days


def test_a_stranger_under_the_same_id_is_named_but_not_compared_and_a_married_name_is(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = any_archive.connect()
    identity = StudyIdentity(patient_id="PRIORS-7", study_date="20250301", patient_name="Mueller^Anna")
    archive.store(write_study(tmp_path / identity.study_uid, identity, series=2, shape=(4, 32, 24)), compare=False)
    volume, segmentation = _segmented(tmp_path, identity)
    archive.store([write_seg(tmp_path / "seg.dcm", volume, segmentation, samples.provenance()).path], compare=False)

    def found_by(name: str) -> PriorStudy:
        now = replace(identity, study_uid=new_uid(), study_date="20260301", patient_name=name)
        archive.store(write_study(tmp_path / now.study_uid, now, series=1, shape=(1, 16, 16)), compare=False)
        return find_priors(archive, _job(any_archive, now, tmp_path), Progress()).studies[0]

    stranger = found_by("Smith^John")
    assert (stranger.volumes, stranger.obstacle) == (None, "not compared, because the names differ")
    assert _brought(tmp_path) == []
    assert _measured_ml(found_by("Schmidt^Anna")) == pytest.approx(_expected_ml(segmentation))


def test_the_issuer_of_the_id_is_asked_for_where_nothing_else_tells_two_patients_apart(
    orthanc: RunningArchive, tmp_path: Path
) -> None:
    archive = orthanc.connect()
    identity = StudyIdentity(patient_id="PRIORS-8", study_date="20260301")
    anonymous = {"PatientName": "", "PatientBirthDate": ""}
    now = _store_beside(archive, tmp_path, identity, {**anonymous, "IssuerOfPatientID": "HOSPITAL-A"})
    for day, issuer in (("20240301", "HOSPITAL-A"), ("20250301", "HOSPITAL-B")):
        _store_beside(archive, tmp_path, identity, {**anonymous, "StudyDate": day, "IssuerOfPatientID": issuer})
    own, other = find_priors(archive, _job(orthanc, replace(identity, study_uid=now), tmp_path), Progress()).studies
    assert own.obstacle == ""
    assert other.obstacle == "not compared, because the patient IDs come from different issuers"


def test_of_one_day_only_what_was_made_before_is_earlier(any_archive: RunningArchive, tmp_path: Path) -> None:
    archive = any_archive.connect()
    (now,) = _stored_studies(archive, tmp_path, "PRIORS-9", "20260301")  # at ten o'clock
    _store_beside(archive, tmp_path, now, {"StudyTime": "183000"})
    morning = _store_beside(archive, tmp_path, now, {"StudyTime": "0815"})
    unknown = _store_beside(archive, tmp_path, now, {"StudyTime": ""})
    found = find_priors(archive, _job(any_archive, now, tmp_path), Progress()).studies
    assert [prior.study.study_uid for prior in found] == [unknown, morning]


def test_nothing_is_called_earlier_than_a_study_without_a_date(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    _undated, now = _stored_studies(embedded_archive.connect(), tmp_path, "PRIORS-11", "", "")
    assert find_priors(embedded_archive.connect(), _job(embedded_archive, now, tmp_path), Progress()).studies == ()


def test_a_result_that_the_archive_lost_hides_no_other_study(embedded_archive: RunningArchive, tmp_path: Path) -> None:
    archive = embedded_archive.connect()
    lost, whole, now = _stored_studies(archive, tmp_path, "PRIORS-10", "20240301", "20250301", "20260301")
    segs = []
    for identity in (lost, whole):
        volume, segmentation = _segmented(tmp_path, identity)
        segs.append(write_seg(tmp_path / f"{identity.study_uid}.dcm", volume, segmentation, samples.provenance()))
    archive.store([seg.path for seg in segs], compare=False)

    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.STATUS, path_end=f"/series/{segs[0].series_uid}", status=500))
        behind_faults = embedded_archive.connect(proxy.url)
        found = find_priors(behind_faults, _job(embedded_archive, now, tmp_path), Progress()).studies

    assert found[0].volumes is None
    assert found[0].obstacle.startswith("could not be read: The PACS 'embedded' answered 500")
    assert _measured_ml(found[1]) == pytest.approx(_expected_ml(segmentation))


def test_a_damaged_object_of_another_program_keeps_no_prior_back(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = embedded_archive.connect()
    measured, now = _stored_studies(archive, tmp_path, "PRIORS-5", "20250301", "20260301")
    volume, segmentation = _segmented(tmp_path, measured)
    seg, foreign = (
        write_seg(tmp_path / name, volume, segmentation, samples.provenance()) for name in ("ours.dcm", "foreign.dcm")
    )
    archive.store([seg.path, foreign.path], compare=False)
    body, content_type = encode([foreign.path.read_bytes()[:-1000]])

    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.BODY, path_end=f"/series/{foreign.series_uid}", body=body, content_type=content_type))
        behind_faults = embedded_archive.connect(proxy.url)
        (prior,) = find_priors(behind_faults, _job(embedded_archive, now, tmp_path), Progress()).studies

    assert _measured_ml(prior) == pytest.approx(_expected_ml(segmentation))


def test_a_result_that_was_deleted_in_the_archive_is_not_read_from_what_was_fetched_before(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    measured, now = _stored_studies(embedded_archive.connect(), tmp_path, "PRIORS-20", "20250301", "20260301")
    volume, segmentation = _segmented(tmp_path, measured)
    right = write_seg(tmp_path / "right.dcm", volume, segmentation, samples.provenance())
    smaller = replace(segmentation, labels=segmentation.labels * (segmentation.labels == 3))
    later = replace(samples.provenance(), content_time=datetime(2030, 1, 1), version=2)
    wrong = write_seg(tmp_path / "wrong.dcm", volume, smaller, later)
    embedded_archive.connect().store([right.path, wrong.path], compare=False)
    find_priors(embedded_archive.connect(), _job(embedded_archive, now, tmp_path), Progress())

    with serve(tmp_path / "without the wrong one") as running:
        archive = running_embedded(running)
        images = [*(tmp_path / measured.study_uid).rglob("*.dcm")]
        archive.connect().store([*images, right.path], compare=False)
        (prior,) = find_priors(archive.connect(), _job(archive, now, tmp_path), Progress()).studies

    assert _measured_ml(prior) == pytest.approx(_expected_ml(segmentation))
