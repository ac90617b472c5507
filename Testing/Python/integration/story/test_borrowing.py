"""A sequence that a study lacks: offered from another study of the patient, fetched and used only on request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archives import RunningArchive
from head_phantom import head_volume
from model_samples import threshold_bundle
from pydicom import dcmread

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, Protocol, StudyIdentity, write_mr_series
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import PreprocessingError, RecognitionError, SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_results import BorrowedSequence, PrepareResult, SegmentResult
from BratsSegmenterLib.jobs import BorrowJob, ElsewhereJob, PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.local_studies import list_folder
from BratsSegmenterLib.performing import perform
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.sequence_offers import SequenceOffer
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.workbench import Workbench

LACKING = StudyIdentity(patient_id="LENT-1", study_date="20260301")
WITHOUT_FLAIR = (Sequence.T1, Sequence.T2, Sequence.T1C)
_SHAPE = (10, 64, 64)
_COARSE = Geometry.from_axes((34, 84, 70), (2.5, 2.5, 5.0), np.eye(3), np.array([-87.0, -103.0, -83.0]))
_GRID = Geometry.from_axes(_SHAPE, (3.0, 3.0, 5.0), np.eye(3), np.zeros(3))


def _write(folder: Path, identity: StudyIdentity, protocols: tuple[Protocol, ...]) -> list[Path]:
    image = np.random.default_rng(0).uniform(0, 4000, _SHAPE)
    files = []
    for number, protocol in enumerate(protocols, 1):
        series = folder / identity.study_uid / f"{number}"
        files += write_mr_series(image, _GRID, series, identity, protocol, number)
    return files


def _protocols(*sequences: Sequence) -> tuple[Protocol, ...]:
    return tuple(PROTOCOLS[sequence] for sequence in sequences)


def _of_day(day: str, patient_id: str = LACKING.patient_id) -> StudyIdentity:
    return replace(
        LACKING, study_uid=new_uid(), frame_of_reference_uid=new_uid(), study_date=day, patient_id=patient_id
    )


def _summary(identity: StudyIdentity) -> StudySummary:
    return StudySummary(identity.study_uid, "", identity.patient_id, "", identity.study_date, "", ("MR",), 1, 10)


def _look(archive: RunningArchive, study: StudyIdentity, *missing: str) -> tuple[SequenceOffer, ...]:
    job = ElsewhereJob(_summary(study), missing, archive.profile)
    return perform(job, archive.credentials, Progress()).offers


def test_the_nearest_study_of_the_same_patient_within_thirty_days_offers_and_nothing_is_fetched(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    study = replace(LACKING, study_uid=new_uid(), patient_id=f"NEAR-{any_archive.kind}")
    near, farther, too_far = (_of_day(day, study.patient_id) for day in ("20260310", "20260210", "20260101"))
    stranger = _of_day("20260301", f"{study.patient_id}-2")
    nearest = _of_day("20260302", study.patient_id)
    files = _write(tmp_path, nearest, _protocols(Sequence.T1, Sequence.T2))
    for identity in (near, farther, too_far, stranger):
        files += _write(tmp_path, identity, _protocols(Sequence.T1, Sequence.FLAIR))
    any_archive.connect().store(files, compare=False)
    (offer,) = _look(any_archive, study, "FLAIR")
    assert (offer.sequence, offer.study.study_uid, offer.days_later) == ("FLAIR", near.study_uid, 9)
    assert (offer.description, len(offer.series_uids)) == ("Ax T2 FLAIR", 1)
    assert _look(any_archive, study, "T1c") == ()
    assert {one.study.study_uid for one in _look(any_archive, study, "T2", "FLAIR")} == {
        nearest.study_uid,
        near.study_uid,
    }


def test_a_study_of_this_computer_offers_what_its_headers_say(tmp_path: Path) -> None:
    _write(tmp_path, _of_day("20260228"), (replace(PROTOCOLS[Sequence.FLAIR], description="Series without a name"),))
    others = list_folder(tmp_path, Progress()).studies
    (offer,) = perform(ElsewhereJob(_summary(LACKING), ("FLAIR",), others=others), None, Progress()).offers
    assert (offer.days_later, len(offer.files)) == (-1, 10)


def _offer_of(identity: StudyIdentity, files: list[Path], sequence: str = "FLAIR") -> SequenceOffer:
    series_uid = str(dcmread(files[-1]).SeriesInstanceUID)
    return SequenceOffer(sequence, _summary(identity), -9, "Ax T2 FLAIR", (series_uid,), tuple(files))


def _borrow(tmp_path: Path, identity: StudyIdentity, protocol: Protocol) -> BorrowedSequence:
    own = _write(tmp_path / "own", LACKING, _protocols(*WITHOUT_FLAIR))
    perform(PrepareJob(tmp_path / "job", listed=tuple(own)), None, Progress())
    offer = _offer_of(identity, _write(tmp_path / "other", identity, (protocol,)))
    return perform(BorrowJob(tmp_path / "job", offer), None, Progress())


def test_another_patient_s_series_is_refused_whatever_the_archive_said(tmp_path: Path) -> None:
    for stranger, reason in (
        (_of_day("20260220", "LENT-2"), "the patient IDs differ"),
        (replace(_of_day("20260220"), patient_name="Mueller^Anna"), "the names differ"),
    ):
        with pytest.raises(SeriesError, match=f"not proven to be of the same patient: {reason}"):
            _borrow(tmp_path, stranger, PROTOCOLS[Sequence.FLAIR])
        assert not (tmp_path / "job" / "borrowed" / "FLAIR").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PatientBirthDate": "19600102"}, "the birth dates differ"),
        ({"PatientBirthDate": "", "PatientName": "Phantom^Astrocytoma"}, "word for word"),
        ({"PatientSex": "M"}, "the sexes differ"),
        ({"IssuerOfPatientID": "HOSPITAL-B"}, "different issuers"),
    ],
)
def test_the_headers_of_both_studies_must_prove_one_patient(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    own = _rewritten(
        _write(tmp_path / "own", LACKING, _protocols(*WITHOUT_FLAIR)),
        {"PatientSex": "F", "IssuerOfPatientID": "HOSPITAL-A"},
    )
    perform(PrepareJob(tmp_path / "job", listed=tuple(own)), None, Progress())
    other = _of_day("20260220")
    files = _rewritten(_write(tmp_path / "other", other, (PROTOCOLS[Sequence.FLAIR],)), changes)
    with pytest.raises(SeriesError, match=reason):
        perform(BorrowJob(tmp_path / "job", _offer_of(other, files)), None, Progress())


def _rewritten(files: list[Path], changes: dict[str, str]) -> list[Path]:
    for file in files:
        dataset = dcmread(file)
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)
    return files


def test_a_stranger_s_study_under_the_same_id_lends_nothing_says_so_and_stands_before_nobody(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    own = replace(LACKING, study_uid=new_uid(), patient_id=f"SHARED-{any_archive.kind}")
    files = _write(tmp_path, own, _protocols(*WITHOUT_FLAIR))
    stranger = replace(_of_day("20260227", own.patient_id), patient_name="Mueller^Anna")
    files += _write(tmp_path, stranger, _protocols(Sequence.FLAIR))
    any_archive.connect().store(files, compare=False)
    bench = Workbench(tmp_path / "job", any_archive.credentials, Progress())
    prepared = bench.prepare(PrepareJob(tmp_path / "job", any_archive.profile, own.study_uid))
    refused = bench.borrow_missing(prepared, any_archive.profile, 30)
    assert refused.borrowed == ()
    sentence = "FLAIR of another study under the same patient ID, 2 days earlier, was not taken: the names differ."
    assert refused.warnings[-1] == sentence

    farther = _of_day("20260220", own.patient_id)
    any_archive.connect().store(_write(tmp_path, farther, _protocols(Sequence.FLAIR)), compare=False)
    helped = bench.borrow_missing(prepared, any_archive.profile, 30)
    assert [(one.sequence, one.days_later) for one in helped.borrowed] == [("FLAIR", -9)]


def test_a_series_whose_headers_contradict_its_name_is_refused(tmp_path: Path) -> None:
    misnamed = replace(PROTOCOLS[Sequence.T1], description="Ax T2 FLAIR")
    with pytest.raises(RecognitionError, match="is no FLAIR"):
        _borrow(tmp_path, _of_day("20260220"), misnamed)


def _scan(folder: Path, identity: StudyIdentity, *sequences: Sequence) -> list[Path]:
    """A coarse study of a synthetic head."""
    files = []
    for number, sequence in enumerate(sequences, 1):
        image = 10 * head_volume(sequence, _COARSE).array
        files += write_mr_series(image, _COARSE, folder / f"{number}", identity, PROTOCOLS[sequence], number)
    return files


@pytest.fixture
def lacking(embedded_archive: RunningArchive, tmp_path: Path) -> PrepareResult:
    """A prepared study without FLAIR in `tmp_path / "job"`; an earlier one with FLAIR is in the archive too."""
    files = _scan(tmp_path / "now", LACKING, *WITHOUT_FLAIR)
    files += _scan(tmp_path / "earlier", _of_day("20260220"), Sequence.T2, Sequence.FLAIR)
    embedded_archive.connect().store(files, compare=False)
    job = PrepareJob(tmp_path / "job", embedded_archive.profile, LACKING.study_uid)
    return perform(job, embedded_archive.credentials, Progress())


def test_a_borrowed_sequence_is_fetched_alone_registered_used_and_named_in_the_result(
    lacking: PrepareResult, embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    model = SequencesModel(lacking)
    assert model.missing == ("FLAIR",)
    assert set(model.chosen_keys()) == {sequence.value for sequence in WITHOUT_FLAIR}, "nothing is taken unasked"
    (offer,) = _look(embedded_archive, LACKING, *model.missing)
    job = BorrowJob(tmp_path / "job", offer, embedded_archive.profile)
    model.borrow(perform(job, embedded_archive.credentials, Progress()))
    fetched = list((tmp_path / "job" / "borrowed").rglob("*.dcm"))
    assert {str(dcmread(path, stop_before_pixels=True).SeriesInstanceUID) for path in fetched} == {*offer.series_uids}
    keys = model.chosen_keys()
    assert (set(keys), keys["FLAIR"]) == ({sequence.value for sequence in Sequence}, offer.series_uids[0])

    bundle = str(threshold_bundle(tmp_path / "bundle").folder)
    steps = PreprocessingSteps(registration=False, bias_correction=False, brain_mask=False)
    segment = SegmentJob(tmp_path / "job", keys, bundle, "cpu", steps)
    with pytest.raises(PreprocessingError, match="FLAIR comes from another study"):
        perform(segment, embedded_archive.credentials, Progress())
    result = perform(
        replace(segment, steps=replace(steps, registration=True)), embedded_archive.credentials, Progress()
    )
    assert isinstance(result, SegmentResult)
    assert result.reference == "T1c"
    sentence = "FLAIR was taken from another study of this patient, of 20 February 2026, 9 days earlier: "
    assert any(warning.startswith(sentence) for warning in result.warnings)
    assert not any("Without FLAIR" in warning for warning in result.warnings)

    send = SendJob(tmp_path / "job", result.labels, edited=False, formats=("RTSTRUCT", "SR"))
    structures, _segments, report = (
        one.path for one in perform(send, embedded_archive.credentials, Progress()).objects
    )
    assert dicom.newest_result([structures]).drawn_on == (lacking.sequences["T1c"].series_uid,)
    assert str(dcmread(structures).StructureSetDescription).startswith(sentence)
    (comment,) = (
        item.TextValue
        for item in dcmread(report).ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Comment"
    )
    assert comment.startswith(sentence)


def _run(archive: RunningArchive, tmp_path: Path, *options: str) -> int:
    where = ("--archive", archive.profile.url, "--study", LACKING.study_uid, "--out", str(tmp_path / "run"))
    how = ("--bundle", str(threshold_bundle(tmp_path / "bundle").folder), "--device", "cpu", "--no-bias-correction")
    return main(["run", *where, *how, "--no-brain-mask", *options, "--json"])


@pytest.mark.usefixtures("lacking")
def test_a_run_that_nobody_attends_borrows_only_when_it_was_told_to(
    embedded_archive: RunningArchive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BRATS_SEGMENTER_TOKEN", embedded_archive.credentials.token)
    assert _run(embedded_archive, tmp_path, "--no-registration") == 0
    alone = json.loads(capsys.readouterr().out)
    assert alone["borrowed"] == []
    assert not any("another study" in warning for warning in (*alone["doubts"], *alone["remarks"]))
    assert _run(embedded_archive, tmp_path, "--borrow-within", "10") == 0
    helped = json.loads(capsys.readouterr().out)
    assert [one["sequence"] for one in helped["borrowed"]] == ["FLAIR"]
    assert any(warning.startswith("FLAIR was taken from another study") for warning in helped["remarks"])
