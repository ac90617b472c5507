"""What hospitals write into names and into the agent's attribute is read in their languages, denials first."""

from __future__ import annotations

import pytest
from header_specimens import FLAIR, SIEMENS, T1, T1C, T2, Specimen

from BratsSegmenterLib.dicom import recognise, sequence_named
from BratsSegmenterLib.domain import Sequence

DENIED = (
    *("T1 AX S/GAD", "T1 AX s/c", "T1 senza mdc", "T1 smdc", "T1 AXIAL SIN CIV", "T1 sem contraste"),
    *("3DT1 non injecté", "T1 non inj", "T1 NON GAD", "T1 non gado", "T1 nongad", "T1 gado -", "T1 IV-", "T1 K(-)"),
    *("T1 voor contrast", "T1 przed kontrastem", "T1 AKS KONTRASTSİZ", "T1 kontrastsiz", "T1 IVKM öncesi"),
    *("T1 prä KM", "T1 v. KM", "T1 praekontrast", "T1 före kontrast", "T1 før kontrast", "T1 non-enhanced"),
    *("T1WI 造影前", "T1 平扫", "T1 単純", "Т1 до контраста T1", "T1 pre-contrast"),
    *("BRAINNONCONTRASTT1AXIAL", "T1NONCONTRAST", "T1 UN-ENHANCED GD", "T1 not enhanced", "T1 nicht KM"),
    *("T1 强化前", "T1 非强化"),
)
GIVEN = (
    *("T1 dopo mdc", "T1 MDC", "T1 po kontrascie", "T1 z kontrastem", "T1 +K", "T1 K+", "T1 IV+", "T1 KONTRASTLI"),
    *("T1 AKS IVKM", "T1 AX POS", "T1 POSCONTRASTE", "T1 pós-contraste", "T1 AXIAL CON CIV", "T1 AX C/GAD"),
    *("T1WI 造影", "T1 增强", "T1 enhanced", "Ｔ１＋Ｃ", "T1 postkontrast", "T1 nach i.v. KM", "T1 Elucirem"),
    *("T1W enhanced", "T1 AXIAL FS ENHANCED", "contrast-enhanced T1", "T1 SE Gd enhanced", "T1 脑 造影"),
    *("T1 pre op gad", "T1 post resection GAD", "T1 POST", "T1 post inj", "T1 injecté", "T1强化", "T1 強化"),
)
OTHER_EVENTS = (
    *("RESECTION", "Resektion", "ablation", "LITT", "LASER", "CRANI", "shunt", "STEROIDS", "TRAUMA", "TX", "op"),
    "DBS",
)
NOT_SAID = (
    *("T1 SAG injury", "T1 Enhanced MR", "T1 POS1", "T1 HEAD IV VENTRICLE", "T1 preparation", "T1 SIN Y CON GD"),
    *("T1 S/C CONTRASTE", "T1 平扫+增强", "T1 DL ENHANCED", "T1 SubtleMR-Enhanced", "T1 edge enhanced"),
    *("T1 頭部磁振造影", "T1 磁共振造影", "T1 平扫+强化"),
)


@pytest.mark.parametrize("name", DENIED)
def test_a_name_that_denies_the_agent_makes_no_t1c(name: str) -> None:
    assert sequence_named(name) is T1


@pytest.mark.parametrize("name", ["BRAINNONCONTRASTT1AXIAL", "T1NONCONTRAST", "T1 not enhanced"])
def test_a_name_that_denies_the_agent_counts_more_than_one_entered_in_every_series(name: str) -> None:
    (candidate,) = recognise([Specimen(T1, SIEMENS, name, "SE", 550, 9, agent="MAGNEVIST").series()]).found.values()
    assert candidate.sequence is T1


@pytest.mark.parametrize("name", GIVEN)
def test_a_name_that_tells_of_the_agent_makes_t1c(name: str) -> None:
    assert sequence_named(name) is T1C


@pytest.mark.parametrize("name", [*(f"T1 POST {event}" for event in OTHER_EVENTS), *NOT_SAID])
def test_what_came_before_a_series_need_not_be_an_agent(name: str) -> None:
    assert sequence_named(name) is T1


@pytest.mark.parametrize(
    "agent",
    [
        *("0.0", "0 ml", "NON", "NEIN", "N", "keine", "AUCUN", "nessuno", "ninguno", "geen", "YOK", "brak", "NO IV"),
        *("NOT GIVEN", "NONE GIVEN", "No contrast administered", "ohne", "S/C"),
        *("SENZA", "SIN", "sem", "zonder", "UTEN", "uden", "utan", "BEZ", "без", "niet", "n.v.t.", "nvt", "nihil"),
    ],
)
def test_an_agent_that_is_denied_was_not_given(agent: str) -> None:
    fine = Specimen(T1, SIEMENS, "3D T1", "GR\\IR", 2300, 3, 900, agent=agent)
    given = Specimen(T1C, SIEMENS, "T1", "SE", 550, 9, agent="DOTAREM")
    recognition = recognise([fine.series(1, acquired="100000"), given.series(2, acquired="101000")])
    assert {sequence: one.series.number for sequence, one in recognition.found.items()} == {T1: 1, T1C: 2}


@pytest.mark.parametrize("agent", ["7 ml Gadovist", "JA", "OUI", "VAR", "7.5", "non-ionic", "niet-ionisch", "Gd"])
def test_whatever_else_is_typed_in_as_agent_was_given(agent: str) -> None:
    (candidate,) = recognise([Specimen(T1C, SIEMENS, "T1", "SE", 550, 9, agent=agent).series()]).found.values()
    assert candidate.sequence is T1C


@pytest.mark.parametrize(
    "name",
    [
        *("dir3d_wm_suppr", "3D DIR", "WILLIS 3D", "3D VENOUS PC", "PHLEBO 3D GADO", "LOCALIZADOR", "PILOT"),
        *("SENSE RefScan", "AutoAlign Head LS", "Body coil ref", "QSM", "TFL B1", "MTsat", "PETRA", "ZTE", "FGATIR"),
        "REPERAGE",
        *("T1 IAM GD", "mp2rage_INV2 T1", "T1_SUBTR", "soustraction T1", "difuzyon T2", "PD TSE"),
    ],
)
def test_names_of_other_images_are_left_aside(name: str) -> None:
    recognition = recognise([Specimen(None, SIEMENS, name, "SE", 550, 9).series()])
    assert not recognition.found
    assert recognition.overrulable == {"2.25.1"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("T1 direct", T1),
        ("T1 DIR.", T1),
        ("T1 MPRAGE fa9", T1),
        ("T1 B1 corrected", T1),
        ("T1 stereotactic localization", T1),
        ("t1_tra AutoAlign", T1),
        ("T1 arteriovenous", T1),
        ("T1 substitute", T1),
        ("T2 mtx512", T2),
        ("FLAIR director", FLAIR),
        ("t2_tse_tra_fa150", T2),
        ("t1_fl2d_tra_FA70 KM", T1C),
        ("AX T1 SPGR FA 15 POST", T1C),
        ("t2_spc_sag_VFA", T2),
        ("t2_tirm_tra_dark-fluid_fa150", FLAIR),
    ],
)
def test_words_that_only_look_like_other_images_are_no_reason(name: str, expected: Sequence) -> None:
    assert sequence_named(name) is expected
