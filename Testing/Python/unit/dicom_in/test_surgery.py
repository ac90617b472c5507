"""What descriptions say about an operation."""

import pytest

from BratsSegmenterLib.dicom import Surgery
from BratsSegmenterLib.dicom.recognition import read_surgery


@pytest.mark.parametrize(
    "text",
    [
        "MR BRAIN POST OP",
        "postop MRI",
        "MRT Kopf, Kontrolle nach OP",
        "Glioblastoma s/p resection",
        "status post craniotomy",
        "Z.n. Resektion",
        "Früh-MRT postoperativ",
        "IRM après chirurgie: residual tumor?",
    ],
)
def test_an_operation_in_the_past_is_read(text):
    assert read_surgery([text]).surgery is Surgery.AFTER


@pytest.mark.parametrize(
    "text", ["MR brain pre-op", "präoperative Planung", "Navigation vor Resektion", "PREOP STEALTH"]
)
def test_an_operation_to_come_is_read(text):
    assert read_surgery([text]).surgery is Surgery.BEFORE


@pytest.mark.parametrize(
    "text", ["MR BRAIN W/WO CONTRAST", "T1 post", "t1_mprage_post_KM", "AX T1 POST GAD", "nach KM", "top", ""]
)
def test_a_contrast_agent_is_no_operation(text):
    assert read_surgery([text]).surgery is Surgery.UNKNOWN


def test_the_words_that_say_so_are_the_reason():
    assert read_surgery(["MR head", "Kontrolle nach OP"]).words == "nach op"
