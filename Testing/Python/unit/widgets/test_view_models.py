"""The panel's view models, which know nothing of Qt."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked
from settings import DictSettings

from BratsSegmenterLib.archive import Authentication, Credentials, CredentialStore, Profile, ProfileStore, StudySummary
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.job_results import (
    PrepareResult,
    SendResult,
    SentObject,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.identities import readable_name
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.search_model import PAGE, Period, SearchForm, StudyPage
from BratsSegmenterLib.widgets.send_model import consent_text, receipt_details, receipt_text
from BratsSegmenterLib.widgets.sequences_model import NO_SERIES, SequencesModel

TODAY = date(2026, 3, 10)


def _study(uid: str = "2.25.1", day: str = "20260102") -> StudySummary:
    return StudySummary(uid, "Doe^Jane^^Dr", "P1", "A1", day, "MR head", ("MR",), 5, 100)


@pytest.mark.parametrize(
    ("typed", "patient_id", "patient_name"),
    [
        ("SYN-12", "SYN-12", ""),
        ("doe", "", "doe*"),
        ("*doe*", "", "*doe*"),
        ("  ", "", ""),
        ("Doe, ", "", "Doe*"),
        ("Doe, J*n", "", "Doe^J*n"),
    ],
)
def test_a_text_with_a_digit_is_looked_for_as_patient_id_else_as_the_beginning_of_a_name(
    typed, patient_id, patient_name
):
    query = SearchForm(patient=typed).query(TODAY)
    assert (query.patient_id, query.patient_name) == (patient_id, patient_name)


@pytest.mark.parametrize("name", ["Doe^Jane", "Doe^Jane^^Dr", "van der Berg^Jan Pieter", "Doe", "王小東^"])
def test_a_name_typed_as_the_table_shows_it_finds_its_patient(name):
    study = replace(_study(), patient_name=name)
    for typed in (readable_name(name), readable_name(name)[:-1]):
        assert SearchForm(patient=typed).query(TODAY).matches(study), typed
    assert not SearchForm(patient="Doe, Max").query(TODAY).matches(study)


@pytest.mark.parametrize(
    ("period", "date_from"), [(Period.TODAY, "20260310"), (Period.WEEK, "20260303"), (Period.EVER, "")]
)
def test_a_period_reaches_back_from_today(period, date_from):
    assert SearchForm(period=period).query(TODAY).date_from == date_from


def test_a_range_is_what_the_user_says_and_no_other_period_minds_it():
    days = {"first_day": date(2025, 12, 24), "last_day": date(2026, 1, 6)}
    asked = SearchForm(period=Period.RANGE, **days).query(TODAY)
    assert (asked.date_from, asked.date_to) == ("20251224", "20260106")
    assert SearchForm(period=Period.RANGE, first_day=days["last_day"], last_day=days["first_day"]).query(TODAY) == asked
    assert SearchForm(period=Period.EVER, **days).query(TODAY).dates == ""


def test_a_page_shows_the_newest_study_first_and_knows_whether_more_follow():
    found = tuple(_study(f"2.25.{n}", f"2026{n % 12 + 1:02}01") for n in range(PAGE + 1))
    page = StudyPage.of(found, 1)
    days = [study.study_date for study in page.studies]
    assert days == sorted(days, reverse=True)
    assert len(page.studies) == PAGE
    assert page.has_next
    assert page.summary == page.summary_of(PAGE) == "Studies 51 to 100, and more"
    assert page.summary_of(1) == "Studies 51 to 100, and more; filtered to 1"


def _prepared(confidences: dict[str, float], warnings: tuple[str, ...] = ()) -> PrepareResult:
    series = tuple(SeriesRow(f"key-{name}", name, None, 20) for name in ("T1", "T1c", "T2", "FLAIR"))
    choices = {name: SequenceChoice(f"key-{name}", "2.25.1", sure, ("TR",)) for name, sure in confidences.items()}
    return PrepareResult((*series, SeriesRow("key-loc", "loc", None, 3, "a localiser")), choices, warnings, ())


CLEAR = dict.fromkeys(("T1", "T1c", "T2", "FLAIR"), 0.95)


def test_a_clear_study_raises_no_question():
    model = SequencesModel(_prepared(CLEAR))
    assert model.questions() == ()
    assert model.can_segment()
    assert "key-loc" not in {row.key for row in model.series}


def test_a_series_left_aside_for_its_name_is_offered_last_with_the_reason_and_can_be_chosen():
    prepared = _prepared({"T1": 0.95, "T1c": 0.95, "FLAIR": 0.95})
    named = SeriesRow("key-perf", "AX T2 PERF", 7, 24, "its name says perfusion imaging", overrulable=True)
    model = SequencesModel(replace(prepared, series=(named, *prepared.series)))
    assert model.series[-1].description == "AX T2 PERF (its name says perfusion imaging)"
    assert "key-loc" not in {row.key for row in model.series}
    assert model.row(Sequence.T2).reason.endswith("; the list ends with those that were left aside")
    model.override(Sequence.T2, "key-perf")
    assert model.chosen_keys()["T2"] == "key-perf"


def test_a_missing_or_doubtful_sequence_is_a_question_until_the_user_decides():
    model = SequencesModel(_prepared({"T1": 0.95, "T1c": 0.95, "T2": 0.4}))
    assert model.questions() == ("Not sure about T2.", "Not found in this study: FLAIR.")
    model.override(Sequence.FLAIR, "key-FLAIR")
    model.override(Sequence.T2, NO_SERIES)
    assert model.questions() == ()
    assert model.chosen_keys() == {"T1": "key-T1", "T1c": "key-T1c", "FLAIR": "key-FLAIR"}


def test_a_contradiction_in_the_study_is_a_question():
    assert SequencesModel(_prepared(CLEAR, ("Series 3 contradicts itself.",))).questions()


def test_one_series_cannot_be_two_sequences():
    model = SequencesModel(_prepared(CLEAR))
    model.override(Sequence.T2, "key-FLAIR")
    assert not model.can_segment()
    assert "T2 and FLAIR" in model.notices()[-1]


def test_a_doubt_and_what_a_lack_means_are_said_at_the_row_and_not_twice():
    prepared = _prepared({"T1c": 0.9, "T2": 0.6}, warnings=("Series 3 is T2, with doubt: its echo is short.",))
    doubted = replace(prepared.sequences["T2"], doubt="its echo is short")
    prepared = replace(
        prepared,
        sequences={**prepared.sequences, "T2": doubted},
        notes=("Without FLAIR: no oedema.",),
        consequences={"T1c": "Without T1c: no enhancing tumour.", "FLAIR": "Without FLAIR: no oedema."},
    )
    model = SequencesModel(prepared)
    said = {row.sequence.value: row.doubt for row in model.rows()}
    assert (said["T1c"], said["T2"], said["FLAIR"]) == ("", "its echo is short", "Without FLAIR: no oedema.")
    assert model.notices() == ()
    model.override(Sequence.T1C, NO_SERIES)
    assert model.row(Sequence.T1C).doubt == "Without T1c: no enhancing tumour."


def test_an_operation_is_proposed_with_the_words_that_say_so_and_never_assumed():
    model = SequencesModel(replace(_prepared({"T1c": 0.9}), operated=True, operated_reason="post op"))
    assert not model.is_postoperative
    assert model.proposes_surgery
    assert model.surgery_proposal == "Proposed: after an operation, because a description says 'post op'."
    model.is_postoperative = True
    assert not model.proposes_surgery


def test_the_consent_says_what_leaves_and_where_to():
    text = consent_text(SendRequest(None, ("RTSTRUCT", "SEG")), "Ward 3", was_edited=True, came_from="Ward 3")
    assert text == "Store RT Structure Set and Segmentation, as corrected by you, in the same study of 'Ward 3'."


def test_the_consent_names_the_segmentation_that_goes_with_a_report():
    text = consent_text(SendRequest(None, ("RTSTRUCT", "SR")), "Ward 3", was_edited=False, came_from="")
    assert text.startswith("Store RT Structure Set, Segmentation and Measurement report, unchanged by you")


def test_the_consent_says_that_the_result_is_approved():
    request = SendRequest(None, ("RTSTRUCT",), "R. Eader", approved=True)
    text = consent_text(request, "Ward 3", was_edited=False, came_from="Ward 3")
    assert text == (
        "You reviewed this result and sign it as R. Eader. "
        "Store RT Structure Set, unchanged by you and approved as final, in the same study of 'Ward 3'."
    )


def _sent(*kinds: str, pushed: int, notes: tuple[str, ...] = ()) -> SendResult:
    objects = tuple(SentObject(kind, Path(f"{kind}.dcm"), "2.25.1") for kind in kinds)
    uids = tuple(f"2.25.{number}" for number in range(pushed))
    delivered_at = datetime(2026, 5, 3, 14, 2).astimezone(UTC).isoformat() if pushed else ""
    url = "https://pacs.example"
    return SendResult(objects, uids, None, {}, 2, "Ward 3", url, delivered_at, notes)


def test_the_receipt_names_version_archive_time_and_objects():
    sent = _sent("RTSTRUCT", "KEY_IMAGE", "KEY_IMAGE", pushed=3)
    assert receipt_text(sent) == (
        "✓ Version 2 is in 'Ward 3' since 3 May 2026, 14:02: RT Structure Set and 2 Key images; read back and verified."
    )
    assert receipt_details(sent) == "https://pacs.example\n2.25.0\n2.25.1\n2.25.2"


def test_a_repetition_is_said_and_no_receipt_is_claimed():
    sent = _sent(pushed=0, notes=("Version 2 in the archive says exactly this already; nothing was sent.",))
    assert receipt_text(sent) == "Version 2 in the archive says exactly this already; nothing was sent."
    assert receipt_details(sent) == ""


def test_what_had_waited_since_an_interrupted_sending_is_counted_in_the_receipt():
    waited = "Version 2 in the archive says exactly this already: what had waited was delivered."
    stored, note = receipt_text(_sent(pushed=1, notes=(waited,))).splitlines()
    assert stored == "✓ Version 2 is in 'Ward 3' since 3 May 2026, 14:02: 1 object; read back and verified."
    assert note == waited


def test_profiles_are_kept_without_their_secrets(tmp_path):
    settings = DictSettings()
    model = ProfilesModel(ProfileStore(tmp_path / "archives.json"), CredentialStore(), settings)
    profile = Profile("Ward 3", "https://pacs.example/dicom-web", Authentication.BASIC)
    model.save(profile, Credentials(user="reader", password="topsecret"))
    assert model.connection().credentials.password == "topsecret"
    assert model.connection().profile == profile
    assert "topsecret" not in (tmp_path / "archives.json").read_text() + repr(settings)


class _LockedKeyring:
    """Counts how often it would have shown its prompt."""

    prompts = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.prompts += 1
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.prompts += 1
        raise KeyringLocked("Failed to unlock the collection!")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked("Failed to unlock the collection!")


def test_a_locked_keyring_is_said_once_and_secrets_can_be_entered_anew(tmp_path):
    store, keyring, told = ProfileStore(tmp_path / "archives.json"), _LockedKeyring(), []
    store.save(Profile("Ward 3", "https://pacs.example", Authentication.BASIC))
    model = ProfilesModel(store, CredentialStore(keyring), DictSettings())
    model.troubled.connect(told.append)
    for _look in range(3):
        assert model.connection().credentials == Credentials()
    assert (keyring.prompts, [error.what for error in told]) == (
        1,
        ["The keyring of this computer is locked or does not answer."],
    )
    model.save(model.connection().profile, Credentials(user="reader", password="topsecret"))
    assert model.connection().credentials.password == "topsecret"


def test_a_damaged_file_of_profiles_is_said_and_not_overwritten(tmp_path):
    (tmp_path / "archives.json").write_text('{"profiles": [')
    told = []
    model = ProfilesModel(ProfileStore(tmp_path / "archives.json"), CredentialStore(), DictSettings())
    model.troubled.connect(told.append)
    assert (model.names, model.current_name, model.connection()) == ((), "", None)
    assert [f"{tmp_path / 'archives.json'}, is damaged" in error.what for error in told] == [True]
    with pytest.raises(ArchiveError, match="is damaged"):
        model.save(Profile("Ward 3", "https://pacs.example"), Credentials())
    assert (tmp_path / "archives.json").read_text() == '{"profiles": ['


def test_an_archive_that_cannot_be_used_is_said_once_and_hides_no_other_one(tmp_path):
    old = {"name": "Old", "url": "https://pacs.example?key=1"}
    good = {"name": "Ward 3", "url": "https://pacs.example"}
    (tmp_path / "archives.json").write_text(json.dumps({"profiles": [old, good]}))
    told = []
    model = ProfilesModel(ProfileStore(tmp_path / "archives.json"), CredentialStore(), DictSettings())
    model.troubled.connect(told.append)
    assert (model.names, model.current_name, model.connection_to("Old")) == (("Ward 3",), "Ward 3", None)
    assert ["'Old' goes on with ?" in error.what for error in told] == [True]
    model.save(Profile("Old", "https://pacs.example"), Credentials())
    assert model.names == ("Old", "Ward 3")


def test_the_archive_used_last_is_used_again(tmp_path):
    settings = DictSettings()
    model = ProfilesModel(ProfileStore(tmp_path / "archives.json"), CredentialStore(), settings)
    for name in ("A", "B", "C"):
        model.save(Profile(name, "https://pacs.example"), Credentials())
    model.choose("B")
    again = ProfilesModel(ProfileStore(tmp_path / "archives.json"), CredentialStore(), settings)
    assert again.current_name == "B"
    again.remove("B")
    assert again.current_name == "A"
