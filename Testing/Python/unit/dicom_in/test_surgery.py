"""What descriptions say about an operation."""

import pytest

from BratsSegmenterLib.dicom import Surgery
from BratsSegmenterLib.dicom.recognition.surgery import read_surgery


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
        "MRT Schädel frühpostoperativ",
        "fruehpostop. Kontrolle",
        "IRM post-opératoire",
        "IRM post-ope\u0301ratoire",
        "Contrôle après exérèse",
        "IRM après chirurgie",
        "post-resec. control",
        "post craniectomy",
        "s/p crani",
        "St.n. Kraniotomie",
        "St.n. Resektion",
        "Kopf n. OP",
        "Z.n. vor 2 Wochen OP",
        "post gross total resection",
        "s/p GTR",
        "s/p VP shunt and tumor resection",
        "T1 nach KM, Z.n. OP",
        "MR HEAD POSTOP24H",
        "POSTOPBRAINAxFlair",
        "POSTOPBRAINAxT1se",
        "POSTOPBRAINAxT1sefat",
        "POSTOPBRAINCorT1POST",
        "POSTOPBRAINSagT1se",
        "POSTOPBRAINT2AX",
        "POSTOPT1",
        "POSTOPT2FLAIR",
        "T1POSTOPTHIN",
        "POSTOPTRA",
        "POSTOPTIRM",
        "POSTOPHEAD",
        "POSTOPPERFUSION",
        "POSTOPENHANCED",
        "POSTOPACPC",
        "Schaedel nativ postopT1",
        "POST OPT1",
        "POST-OPT1",
        "POST OPAXT1",
        "Kontrolle nach KM und OP",
        "after gad resection control",
        "T1 nach KM, Resektionskontrolle",
        "s/p prior resection",
        "Z.n. Biopsie und OP",
        "Z.n. OP, RT-Planung",
        "s/p tumor resection, planned RT",
        "Z.n. subtotaler Resektion, Planung RT",
    ],
)
def test_an_operation_in_the_past_is_read(text):
    assert read_surgery([text]).surgery is Surgery.AFTER


@pytest.mark.parametrize(
    "text",
    [
        "MR brain pre-op",
        "präoperative Planung",
        "Navigation vor Resektion",
        "PREOP STEALTH",
        "bilan pré-opératoire",
        "nach Chemo vor OP",
        "Z.n. Biopsie präoperativ",
        "Z.n. Biopsie, präop",
        "after biopsy preop",
        "s/p biopsy, pre surgical",
        "s/p biopsy, pre-craniotomy",
        "Z.n. Bx vor der OP",
        "after RT pre resection",
        "follow-up after RT, presurgical",
        "after steroids prior to surgery",
        "après injection pré-opératoire",
        "après biopsie, avant l'exérèse",
    ],
)
def test_an_operation_to_come_is_read(text):
    assert read_surgery([text]).surgery is Surgery.BEFORE


@pytest.mark.parametrize(
    "text",
    [
        "MR BRAIN W/WO CONTRAST",
        "T1 post",
        "t1_mprage_post_KM",
        "AX T1 POST GAD",
        "T1 postOPP",
        "nach KM",
        "nach KM OP-Planung",
        "postcontrast for surgery",
        "top",
        "",
    ],
)
def test_a_contrast_agent_is_no_operation(text):
    assert read_surgery([text]).surgery is Surgery.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "after radiosurgery",
        "s/p Gamma Knife surgery",
        "nach Radiochirurgie",
        "post cranial radiation",
        "Z.n. Biop.",
        "after shunt operation",
        "Z.n. Shunt-OP",
        "s/p cataract surgery",
        "s/p spine surgery",
        "nach Vorstellung Neurochirurgie",
        "après chirurgie cardiaque",
    ],
)
def test_what_leaves_no_cavity_in_the_tumour_is_no_operation(text):
    assert read_surgery([text]).surgery is Surgery.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "Z.n. Biopsie, OP geplant",
        "Z.n. Biopsie, geplante Resektion",
        "Z.n. Biopsie, OP-Navigation",
        "nach Biopsie zur OP Planung",
        "s/p biopsy, surgical planning",
        "s/p biopsy, scheduled resection",
        "s/p bx, operative planning",
        "after biopsy, craniotomy planned",
        "après biopsie pour exérèse",
        "nach KM und OP-Planung",
    ],
)
def test_a_planned_operation_is_not_over(text):
    assert read_surgery([text]).surgery is Surgery.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "post optic neuritis",
        "POSTOPTIC",
        "T1 post optimized",
        "POST OPT",
        "T1 postOPPhase",
        "post opposed phase",
        "post operculum",
        "post open",
        "post opacity",
        "Post-operator",
        "nach Rücksprache Operateur",
        "Z.n. kraniospinaler RT",
        "Verlaufskontrolle n. kraniospinaler RT",
        "Z.n. kraniofazialem Trauma",
        "Z.n. Kraniopharyngeom",
    ],
)
def test_words_that_only_begin_like_an_operation_are_none(text):
    assert read_surgery([text]).surgery is Surgery.UNKNOWN


def test_the_words_that_say_so_are_the_reason():
    assert read_surgery(["MR head", "Kontrolle nach OP"]).words == "nach op"
    assert read_surgery(["IRM Après résection"]).words == "après résec"
