"""Corrections that people signed become cases to train on; nothing else does, and no identity goes with them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from head_phantom import TUMOUR_CENTRE_MM, TUMOUR_RADIUS_MM, brain_at, head_volume, points_of
from numpy.typing import NDArray

from BratsSegmenterLib.archive import Credentials, StudySummary
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.collecting import Collection, collect
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Algorithm, Segmentation, Sequence
from BratsSegmenterLib.errors import FolderInUseError, LearningError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.jobs import PrepareJob, SendJob
from BratsSegmenterLib.labelmap import write_labelmap
from BratsSegmenterLib.learning.evaluation import find_cases, find_labelled_cases
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase, read_case
from BratsSegmenterLib.learning.training.folders import FolderCases, prepare_cases
from BratsSegmenterLib.ledger import Ledger
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, KeptStudy, ResultRecord, StudyOrigin
from BratsSegmenterLib.workbench import Workbench

_GRID = Geometry.from_axes((34, 84, 70), (2.5, 2.5, 5.0), np.eye(3), np.array([-87.0, -103.0, -83.0]))
_ALGORITHM = Algorithm("glioma-synthetic", "0.1", "cd" * 32)
_REVIEWER = "Curie^Marie"
_IN_THE_AIR_MM = np.array([-75.0, -95.0, 75.0])


def drawn(radius_mm: float = TUMOUR_RADIUS_MM, centre_mm: NDArray[np.float64] = TUMOUR_CENTRE_MM) -> Segmentation:
    """A ball of necrosis in enhancing tumour, in the study's grid; of the head's own tumour what is in the brain."""
    points = points_of(_GRID)
    from_centre = np.linalg.norm(points - centre_mm, axis=1)
    allowed = brain_at(points) if centre_mm is TUMOUR_CENTRE_MM else np.ones(len(points), bool)
    labels = np.zeros(len(points), np.uint8)
    labels[allowed & (from_centre < radius_mm)] = 3
    labels[allowed & (from_centre < radius_mm / 2)] = 1
    labels = labels.reshape(_GRID.shape)
    return Segmentation(labels, _GRID, _ALGORITHM)


@dataclass
class Site:
    """Studies that are kept on one computer, with its ledger."""

    folder: Path

    @property
    def studies(self) -> Path:
        return self.folder / "studies"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def cases(self) -> Path:
        return self.folder / "cases"

    def add_study(self, name: str, sequences: tuple[Sequence, ...] = tuple(Sequence)) -> StudyIdentity:
        """A study of the synthetic head, segmented by a model."""
        identity, files = StudyIdentity(), self.folder / "scanner" / name
        for number, sequence in enumerate(sequences, start=1):
            image = head_volume(sequence, _GRID).array
            write_mr_series(image, _GRID, files / sequence.value, identity, PROTOCOLS[sequence], number)
        job = JobFolder(self.studies / name)
        prepared = Workbench(job.path, Credentials(), Progress()).prepare(PrepareJob(job.path, files=files))
        keys = {sequence: choice.key for sequence, choice in prepared.sequences.items()}
        assert set(keys) == {sequence.value for sequence in sequences}
        write_labelmap(drawn(TUMOUR_RADIUS_MM / 2), job.segmentation)
        job.write_record(ResultRecord("T1c", keys, _ALGORITHM, {}))
        return identity

    def correct(self, name: str, correction: Segmentation, reviewer: str = _REVIEWER) -> None:
        """A person corrects the study's result and sends it, or rehearses that."""
        write_labelmap(correction, JobFolder(self.studies / name).corrected)
        self.send(name, JobFolder(self.studies / name).corrected, reviewer, edited=True)

    def send(self, name: str, labels: Path, reviewer: str, edited: bool) -> None:
        """A person sends a label map, or rehearses that."""
        folder = self.studies / name
        send = SendJob(folder, labels, edited=edited, reviewer=reviewer, ledger=self.ledger, minutes_spent=3.0)
        Workbench(folder, Credentials(), Progress()).send(send)

    def collect(self) -> Collection:
        return collect(self.studies, Ledger(self.ledger), self.cases, "glioma-synthetic", "cpu")


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, StudyIdentity]:
    """A site with one study that somebody corrected and signed."""
    site = Site(tmp_path_factory.mktemp("site"))
    identity = site.add_study("a")
    site.correct("a", drawn())
    return site, identity


@pytest.fixture(scope="module")
def collected(corrected: tuple[Site, StudyIdentity]) -> tuple[Site, Collection]:
    """Its cases."""
    site, _identity = corrected
    return site, site.collect()


@pytest.fixture
def site(corrected: tuple[Site, StudyIdentity], tmp_path: Path) -> Site:
    """A copy of that site without cases, to be changed at will."""
    original, _identity = corrected
    for part in (original.studies, original.ledger):
        shutil.copytree(part, tmp_path / part.name)
    return Site(tmp_path)


def _case(site: Site) -> LabelledCase:
    (files,) = find_cases(site.cases)
    return read_case(files)


def _volume_ml(case: LabelledCase, label: int) -> float:
    return np.count_nonzero(case.labels == label) * case.labels_geometry.voxel_volume_ml


def _drawn_ml(segmentation: Segmentation, label: int) -> float:
    return np.count_nonzero(segmentation.labels == label) * segmentation.geometry.voxel_volume_ml


def _centre_mm(mask: NDArray[np.bool_], geometry: Geometry) -> NDArray[np.float64]:
    return geometry.points_mm(np.argwhere(mask)[:, ::-1]).mean(axis=0)


def test_a_study_that_another_program_works_on_is_left_alone(corrected: tuple[Site, StudyIdentity]) -> None:
    site, _identity = corrected
    job = JobFolder(site.studies / "a")
    before = {path: path.read_bytes() for path in job.path.rglob("*") if path.is_file() and path.suffix != ".lock"}
    with job.held(), pytest.raises(FolderInUseError, match="works on this study"):
        Workbench(job.path, Credentials(), Progress()).send(SendJob(job.path, job.corrected, edited=True))
    after = {path: path.read_bytes() for path in job.path.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert after == before


def test_a_signed_correction_becomes_a_case_with_the_labels_where_they_were_drawn(
    collected: tuple[Site, Collection],
) -> None:
    site, collection = collected
    assert (len(collection.added), collection.known, collection.set_aside, collection.gone) == (1, (), (), 0)
    case, true = _case(site), drawn()
    assert set(case.images) == set(Sequence)
    assert all(geometry.is_close(case.labels_geometry, 0.01) for geometry in case.geometries.values())
    assert case.labels_geometry.spacing_mm == pytest.approx((1.0, 1.0, 1.0))
    # The tumour reaches the head's surface, where the brain's mask takes some of it.
    assert _volume_ml(case, 1) == pytest.approx(_drawn_ml(true, 1), rel=0.05)
    assert _volume_ml(case, 3) == pytest.approx(_drawn_ml(true, 3), rel=0.1)
    necrosis_mm = _centre_mm(case.labels == 1, case.labels_geometry)
    assert np.abs(necrosis_mm - _centre_mm(true.labels == 1, _GRID)).max() < 0.3


def test_a_case_is_named_by_the_pseudonyms_of_its_patient_and_its_study(
    collected: tuple[Site, Collection], corrected: tuple[Site, StudyIdentity]
) -> None:
    (name,), (site, identity) = collected[1].added, corrected
    ledger = Ledger(site.ledger)
    patient, study = ledger.patient_pseudonym(identity.patient_id), ledger.pseudonym(identity.study_uid)
    assert name == f"{patient[:12]}-{study[:12]}"
    assert patient == ledger.patient_pseudonym(f" {identity.patient_id} ")
    assert ledger.patient_pseudonym(" ") == ""


def test_the_images_are_what_a_network_sees_without_skull_and_normalised(collected: tuple[Site, Collection]) -> None:
    case = _case(collected[0])
    brain = np.any([image != 0 for image in case.images.values()], axis=0)
    assert 0.9 < np.count_nonzero(brain) / 1e6 < 1.8, "litres of brain, no scalp"
    for image in case.images.values():
        assert image[brain].mean() == pytest.approx(0, abs=0.02)
        assert image[brain].std() == pytest.approx(1, abs=0.02)
    t1c = case.images[Sequence.T1C]
    assert t1c[case.labels == 3].mean() > t1c[brain].mean() + 1.5


def test_nothing_says_whose_case_it_is(
    collected: tuple[Site, Collection], corrected: tuple[Site, StudyIdentity]
) -> None:
    site, identity = corrected
    secrets = (identity.study_uid, identity.patient_id, identity.patient_name, _REVIEWER)
    for file in site.cases.rglob("*"):
        assert not any(secret in str(file.relative_to(site.cases)) for secret in secrets)
    (provenance,) = site.cases.rglob("provenance.json")
    assert not any(secret in provenance.read_text() for secret in secrets)
    assert json.loads(provenance.read_text())["corrected_from"] == "glioma-synthetic 0.1"


def test_a_collected_case_can_be_trained_on(collected: tuple[Site, Collection], tmp_path: Path) -> None:
    prepared = prepare_cases(find_labelled_cases(collected[0].cases), (80, 96, 80), 2.0, tmp_path)
    assert prepared.set_aside == ()
    case = FolderCases(prepared.files)[0]
    assert case.present == tuple(Sequence)
    assert set(np.unique(case.labels)) == {0, 1, 3}


def test_a_second_call_writes_nothing_and_a_newer_correction_takes_the_place_of_the_older(
    site: Site, collected: tuple[Site, Collection]
) -> None:
    shutil.copytree(collected[0].cases, site.cases)
    before = {file: file.stat().st_mtime_ns for file in site.cases.rglob("*")}
    again = site.collect()
    assert (again.added, again.known) == ((), collected[1].added)
    assert {file: file.stat().st_mtime_ns for file in site.cases.rglob("*")} == before

    (provenance,) = site.cases.rglob("provenance.json")
    provenance.write_text("{")
    assert site.collect().added == collected[1].added, "a record that cannot be read is made again"

    site.correct("a", drawn(TUMOUR_RADIUS_MM - 4))
    newer = site.collect()
    assert (newer.added, newer.known) == (collected[1].added, ())
    assert _volume_ml(_case(site), 1) == pytest.approx(_drawn_ml(drawn(TUMOUR_RADIUS_MM - 4), 1), rel=0.02)


def test_a_correction_that_nobody_signed_is_no_case(site: Site) -> None:
    shutil.rmtree(site.ledger)
    site.correct("a", drawn(), reviewer="")
    assert site.collect() == Collection((), (), (), 0)
    assert not site.cases.exists()


def test_a_correction_that_was_taken_back_is_no_case_and_one_made_of_it_is_to_be_deleted(
    site: Site, collected: tuple[Site, Collection]
) -> None:
    site.send("a", JobFolder(site.studies / "a").segmentation, "Meitner^Lise", edited=False)
    (sentence,) = site.collect().set_aside
    assert sentence.startswith("a: The correction was taken back")
    assert "Delete" not in sentence
    assert not site.cases.exists()

    shutil.copytree(collected[0].cases, site.cases)
    again = site.collect()
    assert (again.added, again.known) == ((), ())
    assert f"Delete the case {collected[1].added[0]}" in again.set_aside[0]
    shutil.rmtree(site.studies / "a")
    assert site.collect() == Collection((), (), (), 0), "nothing was lost with it"


def test_labels_that_lie_where_nothing_was_drawn_before_are_named_each_time(site: Site) -> None:
    assert site.collect().doubtful == ()
    site.correct("a", drawn(8.0, TUMOUR_CENTRE_MM * (-1, 1, 1)))
    for _ in ("made", "known"):
        collection = site.collect()
        (sentence,) = collection.doubtful
        assert sentence.startswith(f"{[*collection.added, *collection.known][0]}: the tumour of its labels shares no")
        assert "(the ledger's entry 2). Make sure in a that" in sentence


def test_what_cannot_be_used_is_named_and_stops_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.add_study("b", (Sequence.T1, Sequence.T1C, Sequence.T2))
    site.correct("b", drawn())
    site.correct("a", drawn(8.0, _IN_THE_AIR_MM))
    site.add_study("c")
    site.correct("c", drawn())
    shutil.rmtree(site.folder / "scanner" / "c")
    arguments = ["collect", str(site.studies), "--ledger", str(site.ledger), "--out", str(site.cases), "--json"]
    assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    air, lacking, gone = answer["set_aside"]
    assert air.startswith("a: 100% of what was drawn lies outside the brain")
    assert lacking.startswith("b: The study lacks FLAIR")
    assert gone.startswith("c: ")
    assert answer["added"] == []
    assert not list(site.cases.rglob("*.nii.gz"))


def test_a_folder_without_its_files_stands_in_the_way_of_no_other_whether_of_this_study_or_of_one_nobody_corrected(
    site: Site, corrected: tuple[Site, StudyIdentity]
) -> None:
    for name, study_uid in (("0", corrected[1].study_uid), ("b", "1.2.3")):
        other = site.studies / name
        shutil.copytree(site.studies / "a", other)
        summary = StudySummary(study_uid, "", "", "", "", "", ("MR",), None, None)
        KeptStudy(other).write_origin(StudyOrigin(summary))
        JobFolder(other).write_source(site.folder / "nowhere")
    collection = site.collect()
    assert (len(collection.added), collection.set_aside, collection.gone) == (1, (), 0)
    shutil.rmtree(site.studies / "a")
    (sentence,) = site.collect().set_aside
    assert sentence.startswith("0: There is no folder")


def test_a_study_that_is_not_kept_any_more_is_counted(site: Site) -> None:
    shutil.rmtree(site.studies / "a")
    assert site.collect() == Collection((), (), (), 1)


def test_a_mask_of_the_ledger_that_was_changed_is_not_trained_on(site: Site) -> None:
    (entry,) = Ledger(site.ledger).entries()
    (site.ledger / "masks" / f"{entry.after_mask}.npz").write_bytes(b"other")
    (sentence,) = site.collect().set_aside
    assert "Entry 1: its mask" in sentence
    assert "was changed" in sentence


def test_without_studies_or_a_ledger_it_is_said(site: Site) -> None:
    with pytest.raises(LearningError, match="There is no folder"):
        collect(site.folder / "elsewhere", Ledger(site.ledger), site.cases, "glioma-synthetic", "cpu")
    with pytest.raises(LearningError, match="There is no ledger"):
        collect(site.studies, Ledger(site.folder / "none"), site.cases, "glioma-synthetic", "cpu")
