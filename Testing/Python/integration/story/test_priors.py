"""Earlier studies of a patient in an archive: which there are, and what results of ours say in them."""

from datetime import date
from pathlib import Path

import pytest
import result_samples as samples
from archives import RunningArchive, write_study

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.dicom import load_volume, scan, write_seg
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.prior_studies import find_priors
from BratsSegmenterLib.progress import Progress

PATIENT = "PRIORS-1"


def test_the_patient_s_earlier_studies_are_found_and_only_their_small_results_are_brought(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    archive = any_archive.connect()
    identities = [StudyIdentity(patient_id=PATIENT, study_date=f"202{year}0301") for year in (4, 5, 6, 7)]
    other = StudyIdentity(patient_id="PRIORS-2", study_date="20250301")
    for identity in (*identities, other):
        files = write_study(tmp_path / identity.study_uid, identity, series=1, shape=(4, 32, 24))
        archive.store(files, compare=False)
    unmeasured, measured, now, _later = identities
    volume = load_volume(scan(tmp_path / measured.study_uid).series[0])
    labels = samples.hard_labels((12, 64, 48))[:4, :32, :24]
    segmentation = samples.segmentation_on(volume, labels)
    seg = write_seg(tmp_path / "seg.dcm", volume, segmentation, samples.provenance())
    archive.store([seg.path], compare=False)

    study = StudySummary(now.study_uid, "", PATIENT, "", now.study_date, "", ("MR",), 1, 4)
    found = find_priors(archive, PriorsJob(tmp_path / "jobs", any_archive.profile, study), Progress()).studies

    assert [prior.study.study_uid for prior in found] == [unmeasured.study_uid, measured.study_uid]
    assert found[0].volumes is None
    assert found[1].volumes is not None
    assert found[1].volumes.study_date == date(2025, 3, 1)
    expected_ml = {one.region.key: one.volume_ml for one in measure(segmentation).volumes if one.volume_ml}
    measured_ml = {key: volume_ml for key, volume_ml in found[1].volumes.volumes_ml.items() if volume_ml}
    assert measured_ml == pytest.approx(expected_ml)
    brought = [path for path in (tmp_path / "jobs").rglob("*") if path.is_file()]
    assert len(brought) == 1, "the SEG alone"
