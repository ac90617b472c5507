"""What is offered to continue from, and what a sending will come to, in words."""

from pathlib import Path

import pytest

from BratsSegmenterLib.archive import Credentials, Profile
from BratsSegmenterLib.dicom import Authorship, ObjectKind, ObjectReference, ResultObject
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.job_results import SendResult, SentObject
from BratsSegmenterLib.versions import EarlierResult
from BratsSegmenterLib.widgets.choices import Connection, SendRequest
from BratsSegmenterLib.widgets.earlier_model import offered_regions
from BratsSegmenterLib.widgets.preferences import Preferences
from BratsSegmenterLib.widgets.send_model import checks_text, receipt_text
from BratsSegmenterLib.widgets.send_preview import acceptance_text, preview

MODEL = Algorithm("glioma-synthetic", "0", "")
WARD = Connection(Profile("Ward 3", "https://pacs.example/dicom-web"), Credentials(token="secret"))


def _object(kind: ObjectKind, uid: str, is_ours: bool = True, reviewer: str = "") -> ResultObject:
    return ResultObject(
        kind=kind,
        path=Path("1.dcm"),
        reference=ObjectReference("2.25.1", "1.2", uid),
        is_ours=is_ours,
        version=1 if is_ours else None,
        made_at="2026-05-03T10:00:00",
        authorship=Authorship.AI,
        reviewer=reviewer,
        is_approved=False,
        algorithm=Algorithm("glioma-synthetic" if is_ours else "Planner", "0", "", is_model=is_ours),
        drawn_on=("2.25.2",),
        label="GTV plan",
        region_names=("ET", "Edema"),
    )


FIRST = EarlierResult(1, (_object(ObjectKind.SEG, "2.25.11"), _object(ObjectKind.RTSTRUCT, "2.25.12")))
SECOND = EarlierResult(2, (_object(ObjectKind.RTSTRUCT, "2.25.21", reviewer="Curie^Marie"),))


def test_ours_are_offered_before_those_of_others_and_the_newest_first():
    offered = offered_regions((FIRST, SECOND), (_object(ObjectKind.RTSTRUCT, "2.25.31", is_ours=False),))
    assert [one.uid for one in offered] == ["2.25.21", "2.25.11", "2.25.31"]
    assert offered[0].text.startswith("Version 2: AI, reviewed by Curie, Marie")
    assert offered[2].text == "RTSTRUCT 'GTV plan' of Planner, 3 May 2026, 2 regions"


def test_a_version_without_regions_cannot_be_continued_from():
    assert offered_regions((EarlierResult(1, (_object(ObjectKind.SR, "2.25.1"),)),), ()) == ()


def test_the_preview_lists_what_the_archive_will_list_with_version_predecessor_name_and_address():
    request = SendRequest(WARD, ("RTSTRUCT", "SR", "KEY_IMAGE"), "R. Eader", approved=True)
    shown = preview(request, 3, (FIRST, SECOND), MODEL)
    assert shown.heading.startswith("Version 3, which refers to version 2: AI, reviewed by Curie, Marie")
    assert shown.objects == (
        ("RT Structure Set", "Glioma regions v3 (AI, reviewed by R. Eader)"),
        ("Segmentation", "Glioma segmentation v3 (AI, reviewed by R. Eader)"),
        ("Measurement report", "Glioma volumes v3 (AI, reviewed by R. Eader)"),
        (
            "Key images (a page for each measured lesion, and one of the largest slice)",
            "Glioma key images v3 (AI, reviewed by R. Eader)",
        ),
    )
    assert shown.signature == "Reviewed by R. Eader, approved as final"
    assert shown.destination == "To 'Ward 3', https://pacs.example/dicom-web"
    assert "secret" not in shown.to_html()


def test_the_preview_says_that_nobody_reviewed_the_first_version():
    shown = preview(SendRequest(WARD, ("RTSTRUCT",)), 1, (), MODEL)
    assert shown.heading == "Version 1, the first of this study"
    assert shown.objects[0][1] == "Glioma regions v1 (AI, not reviewed)"
    assert shown.signature == "Not reviewed, not approved"


def test_the_preview_says_that_what_nobody_reviewed_was_corrected() -> None:
    request = SendRequest(WARD, ("RTSTRUCT", "SEG"))
    for corrected in preview(request, 2, (FIRST,), MODEL, authorship=Authorship.EDITED).objects:
        assert corrected[1].endswith(" v2 (AI, corrected, not reviewed)")


def test_the_preview_says_where_others_drew_it() -> None:
    elsewhere = Algorithm("Planner", "", "", is_model=False)
    for request, description in (
        (SendRequest(WARD, ("RTSTRUCT",), "R. Eader"), "Glioma regions v1 (drawn in Planner, reviewed by R. Eader)"),
        (SendRequest(WARD, ("RTSTRUCT",)), "Glioma regions v1 (drawn in Planner, not reviewed)"),
    ):
        assert preview(request, 1, (), elsewhere, authorship=Authorship.EDITED).objects[0][1] == description


def test_a_version_sent_from_here_is_counted_on_although_the_study_was_fetched_before():
    assert (
        preview(SendRequest(WARD, ("RTSTRUCT",)), 3, (FIRST,), MODEL).heading == "Version 3, which refers to version 2"
    )


def test_a_name_cannot_write_html_into_the_preview():
    assert "<b>x</b>" not in preview(SendRequest(WARD, ("RTSTRUCT",), "<b>x</b>"), 1, (), MODEL).to_html()


def test_a_dry_run_claims_no_receipt_and_shows_what_the_gate_found():
    written = SentObject("RTSTRUCT", Path("rt.dcm"), "2.25.1", "RTSTRUCT: ET filled by scan lines, 0 voxels differ.")
    result = SendResult((written,), (), None, {}, 1)
    assert receipt_text(result) == "Dry run: RT Structure Set written and checked; nothing was sent."
    assert checks_text(result) == "✓ RTSTRUCT: ET filled by scan lines, 0 voxels differ."


def test_a_viewer_s_address_gets_the_study_in_its_place():
    profile = Profile("Ward 3", "https://pacs.example", viewer_url="https://viewer.example/?s={study_uid}&x=1")
    assert profile.viewer_address("1.2.3") == "https://viewer.example/?s=1.2.3&x=1"
    assert Profile("Ward 3", "https://pacs.example").viewer_address("1.2.3") == ""


@pytest.mark.parametrize("address", ["https://viewer.example/", "viewer/{study_uid}"])
def test_a_viewer_s_address_without_a_place_for_the_study_is_refused(address: str):
    with pytest.raises(ArchiveError, match="where the study's UID belongs"):
        Profile("Ward 3", "https://pacs.example", viewer_url=address)


class _Settings(dict):
    def value(self, key, default=None):
        return self.get(key, default)

    def setValue(self, key, value):  # noqa: N802 - QSettings names it so
        self[key] = value


def test_preferences_come_back_and_have_sensible_defaults():
    settings = _Settings()
    preferences = Preferences(settings)
    assert (preferences.reviewer, preferences.formats, preferences.device) == ("", ("RTSTRUCT",), "auto")
    preferences.reviewer, preferences.formats = "R. Eader", ("RTSTRUCT", "SEG")
    again = Preferences(settings)
    assert (again.reviewer, again.formats) == ("R. Eader", ("RTSTRUCT", "SEG"))
    again.formats = ()
    assert preferences.formats == ()


def test_the_preview_says_which_regions_were_accepted_one_by_one():
    measured = ("ET", "NCR", "ED", "WT", "TC")
    assert acceptance_text({"ED", "ET"}, measured) == "Accepted: ET, ED; not accepted: NCR"
    assert acceptance_text({"ED", "ET", "NCR"}, measured) == "Accepted: ET, NCR, ED"
    assert acceptance_text((), measured) == "No region was accepted one by one"
