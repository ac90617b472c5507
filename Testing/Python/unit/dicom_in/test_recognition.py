"""T1, T1c, T2 and FLAIR are found for reasons a radiologist would accept, and doubts are said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from header_specimens import FLAIR, GE, NONE, PHILIPS, SIEMENS, SPECIMENS, T1, T1C, T2, Specimen, series_of
from pydicom import Dataset
from series_samples import axial, change, classic, enhanced

from BratsSegmenterLib.dicom import Recognition, missing_note, missing_notes, recognise, reference_sequence, scan
from BratsSegmenterLib.domain import Sequence, Series
from BratsSegmenterLib.errors import RecognitionError

T1_PLAIN = Specimen(T1, SIEMENS, "t1_se_tra", "SE", 550, 9)
FLAIR_PLAIN = Specimen(FLAIR, SIEMENS, "t2_tirm_tra_dark-fluid", "SE\\IR", 9000, 81, 2500)
T2_PLAIN = Specimen(T2, SIEMENS, "t2_tse_tra", "SE", 5000, 96)


def study(*specimens: Specimen) -> list[Series]:
    """The specimens as series acquired one after the other, numbered from 1."""
    return [one.series(number, acquired=f"10{number:02d}00") for number, one in enumerate(specimens, start=1)]


def with_spacing(series: Series, spacing_mm: float) -> Series:
    """The series with its slices that far apart."""
    frames = tuple(
        replace(frame, position_mm=(0.0, 0.0, spacing_mm * number)) for number, frame in enumerate(series.frames)
    )
    return replace(series, frames=frames)


def found_numbers(recognition: Recognition) -> dict[Sequence, int | None]:
    return {sequence: candidate.series.number for sequence, candidate in recognition.found.items()}


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda one: f"{one.vendor[:3]}: {one.description}")
def test_a_header_of_each_vendor_is_taken_for_what_it_is(specimen: Specimen) -> None:
    recognition = recognise([specimen.series()])
    if specimen.expected is None:
        assert not recognition.found
        assert recognition.excluded[0][1]
    else:
        (candidate,) = recognition.found.values()
        assert candidate.sequence is specimen.expected
        assert candidate.reasons


def test_an_agent_typed_into_every_series_tells_nothing_and_the_order_decides() -> None:
    before = Specimen(T1, PHILIPS, "T1W_SE", "SE", 520, 12, agent="Dotarem")
    recognition = recognise(study(before, FLAIR_PLAIN, T2_PLAIN, before))
    assert found_numbers(recognition) == {T1: 1, T1C: 4, T2: 3, FLAIR: 2}
    assert recognition.found[T1C].confidence < 0.6
    assert "Series 4 is taken as T1c, with doubt: only the order of the study says so." in recognition.warnings


def test_an_agent_in_a_series_named_pre_tells_nothing() -> None:
    pre = Specimen(T1, PHILIPS, "T1W_SE PRE", "SE", 520, 12, agent="Dotarem")
    unnamed = Specimen(T1, PHILIPS, "T1W_TFE", "GR", 8.1, 3.7, agent="Dotarem")
    recognition = recognise(study(unnamed, pre))
    assert T1C not in recognition.found


def test_without_any_sign_of_an_agent_a_repeated_t1_stays_t1_and_both_are_said_to_be_equal() -> None:
    recognition = recognise(study(T1_PLAIN, FLAIR_PLAIN, T1_PLAIN))
    assert found_numbers(recognition) == {T1: 3, FLAIR: 2}
    assert recognition.alternatives[T1][0].series.number == 1
    assert "Series 3 and Series 1 are equally good as T1" in recognition.warnings[0]


@pytest.mark.parametrize(
    ("description", "given"),
    [
        ("MR BRAIN W/WO CONTRAST", True),
        ("BRAIN WITH AND WITHOUT GD", True),
        ("MRT Schaedel mit KM", True),
        ("MR BRAIN W/O CONTRAST", False),
        ("MR BRAIN", False),
    ],
)
def test_the_study_description_tells_whether_a_repeated_t1_was_taken_after_an_agent(
    description: str, given: bool
) -> None:
    described = replace(T1_PLAIN, more={"StudyDescription": description})
    assert (T1C in recognise(study(described, described)).found) is given


def test_a_repeat_after_the_first_contrast_series_is_t1c() -> None:
    injected = Specimen(T1C, GE, "COR T1 POST", "SE", 600, 12)
    recognition = recognise(study(T1_PLAIN, injected, T1_PLAIN))
    assert recognition.found[T1].series.number == 1
    assert {recognition.found[T1C].series.number, recognition.alternatives[T1C][0].series.number} == {2, 3}


def test_an_agent_on_the_flair_taken_after_the_injection_does_not_make_it_t1c() -> None:
    after = replace(FLAIR_PLAIN, agent="GADOVIST", description="FLAIR nach KM")
    assert found_numbers(recognise(study(T1_PLAIN, replace(T1_PLAIN, agent="GADOVIST"), after))) == {
        T1: 1,
        T1C: 2,
        FLAIR: 3,
    }


def test_a_t1_acquired_late_that_does_not_name_the_agent_is_doubted() -> None:
    late = Specimen(T1, GE, "Ax T1 FLAIR", "SE\\IR", 2500, 24, 850)
    recognition = recognise(study(replace(T1_PLAIN, agent="GADOVIST"), late))
    assert found_numbers(recognition) == {T1: 2, T1C: 1}
    assert any("Series 2 is taken as T1, with doubt" in warning for warning in recognition.warnings)


def test_a_name_that_contradicts_the_timing_is_a_warning() -> None:
    recognition = recognise(study(replace(T1_PLAIN, description="AX T2")))
    assert recognition.found[T1].confidence < 0.7
    assert "means T1, but its name says T2" in recognition.warnings[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SAG T1 FLAIR", T1),
        ("AX T1 POST GD FLAIR", T1C),
        ("AX T2 FLAIR", FLAIR),
        ("BRAINSTRYKERT1SAGGAD", T1C),
        ("POSTOPBRAINAxT1se", T1),
        ("BRAIN WOW AX T1 PRE", T1),
        ("t13D FFE STEALTH", T1),
        ("T1_KM_tra", T1C),
        ("Т1 с контрастом T1", T1C),
        ("T2AXTSEFS512", T2),
        ("Ax T1 C-", T1),
        ("T1_SE_TRA_C-", T1),
        ("T1 GD(-)", T1),
        ("T1 CE-", T1),
        ("T1 -Gd", T1),
        ("T1 GD -axial", T1C),
        ("T1 vor KM", T1),
        ("T1 o. KM", T1),
        ("T1 nach KM", T1C),
        ("T1 no Gd", T1),
        ("T1 sin contraste", T1),
        ("T1 bez kontrastu", T1),
        ("AX T1 POST FOSSA", T1),
        ("T1 MPRAGE post RT", T1),
        ("BRAIN W/WO CONTRAST AX T1", T1),
        ("BRAIN WOW AX T1 POST", T1C),
    ],
)
def test_a_name_alone_is_read_as_a_radiologist_reads_it(name: str, expected: Sequence) -> None:
    header = Dataset()
    header.SeriesDescription = name
    header.Rows = header.Columns = 256
    (candidate,) = recognise([series_of(header)]).found.values()
    assert candidate.sequence is expected
    assert candidate.confidence <= 0.6


@pytest.mark.parametrize("protocol", ["BRAIN WITH AND WITHOUT CONTRAST", "BRAIN W/WO CONTRAST", "BRAIN W CONTRAST"])
def test_the_protocol_of_the_whole_examination_says_nothing_of_one_series(protocol: str) -> None:
    before = Specimen(T1, GE, "3D T1 BRAVO", "GR", 8, 3)
    after = Specimen(T1C, GE, "AX T1 +C", "SE", 600, 10, agent="GADAVIST")
    series = study(before, replace(T2_PLAIN, description="AX T2"), after)
    for one in series:
        one.header.ProtocolName = protocol
    assert found_numbers(recognise(series)) == {T1: 1, T2: 2, T1C: 3}


@pytest.mark.parametrize("protocol", ["BRAIN TUMOR PERFUSION", "BRAIN FLAIR", "BRAIN/ORBITS W/WO", "HEAD T1 T2 FLAIR"])
def test_the_protocol_of_the_whole_examination_neither_excludes_nor_names_one_series(protocol: str) -> None:
    after = Specimen(T1C, GE, "AX T1 +C", "SE", 550, 9, agent="GADAVIST")
    flair = Specimen(FLAIR, GE, "AX T2 FLAIR", "SE\\IR", 9000, 120, 2250)
    series = study(replace(T1_PLAIN, description="AX T1"), replace(T2_PLAIN, description="AX T2 FSE"), flair, after)
    for one in series:
        one.header.ProtocolName = protocol
    recognition = recognise(series)
    assert found_numbers(recognition) == {T1: 1, T2: 2, FLAIR: 3, T1C: 4}
    assert recognition.warnings == ()


@pytest.mark.parametrize("spine", ["C-SPINE W/WO", "TOTAL SPINE DTI"])
def test_a_spine_examined_with_the_brain_stays_out_by_the_protocol_of_its_part(spine: str) -> None:
    flair = Specimen(FLAIR, GE, "Ax T2 FLAIR", "SE\\IR", 9000, 120, 2250)
    t1, t2 = replace(T1_PLAIN, description="Ax T1"), replace(T2_PLAIN, description="Ax T2")
    after = replace(t1, description="Ax T1 +C", agent="GADAVIST")
    series = study(flair, t1, t2, after, t1, replace(t2, description="pd+t2"), after)
    for number, one in enumerate(series, 1):
        one.header.ProtocolName = "BRAIN/ORBITS W/WO" if number <= 4 else spine
    recognition = recognise(series)
    assert found_numbers(recognition) == {FLAIR: 1, T1: 2, T2: 3, T1C: 4}
    assert recognition.alternatives == {}
    assert [why for _, why in recognition.excluded] == ["its name says another part of the body"] * 3


def test_gradient_echoes_whose_names_differ_in_the_flip_angle_alone_are_of_a_map() -> None:
    five, fifteen, spin_echo, other_angle = (
        Specimen(None, SIEMENS, name, kind, 15, 2)
        for name, kind in [
            *(("T1_vibe_FA5_tra", "GR"), ("T1_vibe_fa15_tra", "GR")),
            *(("T1_vibe_FA120_tra", "SE"), ("T1_fl2d_FA5_tra", "GR")),
        ]
    )
    recognition = recognise(study(five, fifteen, T1_PLAIN))
    assert found_numbers(recognition) == {T1: 3}
    assert [why for _, why in recognition.excluded] == ["its name says one of several flip angles for a map"] * 2
    assert len(recognition.overrulable) == 2
    assert recognise(study(fifteen, fifteen, spin_echo, other_angle)).excluded == ()


def test_a_series_that_its_name_or_nothing_speaks_against_may_be_chosen_all_the_same() -> None:
    named = replace(T2_PLAIN, description="T2 PERFUSION")
    unknown = Specimen(None, SIEMENS, "scan 3", "SE", 1300, 45)
    localiser = Specimen(None, SIEMENS, "loc", "GR", 5, 2)
    reformatted = replace(T1_PLAIN, image_type=("DERIVED", "SECONDARY", "REFORMATTED"))
    opposed = replace(T1_PLAIN, image_type=("DERIVED", "PRIMARY", "DIXON", "OPP_PHASE"))
    fat = replace(T1_PLAIN, image_type=("DERIVED", "PRIMARY", "DIXON", "FAT"))
    series = study(named, unknown, reformatted, opposed, fat)
    series.append(localiser.series(6, slices=3))
    recognition = recognise(series)
    assert recognition.found == {}
    assert [one.key in recognition.overrulable for one in series] == [True] * 4 + [False] * 2


def test_where_every_t1_counts_as_after_the_agent_by_one_sign_that_is_doubted_and_the_later_one_proposed() -> None:
    unread = Specimen(T1, SIEMENS, "T1 KM wird noch gegeben", "SE", 550, 9)
    recognition = recognise(study(unread, FLAIR_PLAIN, T2_PLAIN, replace(unread, description="T1 KM")))
    assert found_numbers(recognition) == {T1C: 4, FLAIR: 2, T2: 3}
    assert any("every T1 series of this study seems to be taken after" in text for text in recognition.warnings)
    certain = replace(unread, description="T1 KM", agent="GADOVIST")
    coronal = replace(certain, more={"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]})
    assert recognise(study(certain, coronal)).warnings == ()


@pytest.mark.parametrize(
    ("description", "agent", "scanning", "is_doubted"),
    [
        ("T1 SE cor POST GADO", "", "SE", False),
        ("T1 MPRAGE POST GADO", "", "GR\\IR", False),
        ("T1 SE cor", "GADOVIST", "SE", True),
    ],
)
def test_a_follow_up_with_t1_after_the_agent_only_is_doubted_where_the_signs_of_it_differ(
    description: str, agent: str, scanning: str, is_doubted: bool
) -> None:
    axial_t1 = replace(T1_PLAIN, description="T1 SE ax POST GADO")
    coronal = {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}
    other = replace(axial_t1, description=description, agent=agent, scanning=scanning, more=coronal)
    recognition = recognise(study(T2_PLAIN, FLAIR_PLAIN, axial_t1, other))
    assert found_numbers(recognition) == {T2: 1, FLAIR: 2, T1C: 3}
    assert bool(recognition.warnings) is is_doubted


def test_t1_series_of_several_kinds_are_doubted_where_only_an_agent_entered_in_the_whole_study_says_after_it() -> None:
    spin_echo, t2, flair = (replace(one, agent="GADOVIST") for one in (T1_PLAIN, T2_PLAIN, FLAIR_PLAIN))
    coronal = replace(spin_echo, more={"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]})
    fine = Specimen(T1, SIEMENS, "3DT1", "GR\\IR", 2300, 3, 900, agent="GADOVIST")
    assert recognise(study(t2, flair, spin_echo, coronal)).warnings == ()
    assert "none before" in recognise(study(t2, flair, fine, spin_echo)).warnings[0]
    assert recognise(study(T2_PLAIN, FLAIR_PLAIN, fine, spin_echo)).found[T1C].contradiction == ""


def test_a_gradient_echo_that_nothing_calls_t1_gives_way_to_a_t1_and_is_doubted_alone() -> None:
    unnamed = Specimen(NONE, GE, "scan 2", "GR", 22, 3.4)
    thick, thin = T1_PLAIN.series(1), with_spacing(unnamed.series(2, slices=150), 1)
    assert found_numbers(recognise([thick, thin])) == {T1: 1}
    alone = recognise([thin]).found[T1]
    assert alone.confidence == 0.55
    assert "nothing else says so" in alone.reasons[1]


@pytest.mark.parametrize(("name", "agent"), [("Ax STEALTH +C", ""), ("3D Navi KM", ""), ("Ax STEALTH", "GADAVIST")])
def test_a_gradient_echo_after_the_agent_is_t1c_although_nothing_calls_it_t1(name: str, agent: str) -> None:
    after = Specimen(T1C, GE, name, "GR", 8.1, 3.2, agent=agent)
    assert recognise(study(T1_PLAIN, after)).found[T1C].confidence == 0.93


def test_without_any_description_a_study_is_recognised_by_numbers_and_agent() -> None:
    fine = Specimen(T1, SIEMENS, "", "GR\\IR", 2300, 3, 900)
    after = replace(fine, agent="GADOVIST")
    series = study(fine, replace(FLAIR_PLAIN, description=""), replace(T2_PLAIN, description=""), after)
    recognition = recognise(series)
    assert found_numbers(recognition) == {T1: 1, FLAIR: 2, T2: 3, T1C: 4}
    assert all(candidate.confidence > 0.9 for candidate in recognition.found.values())


@pytest.mark.parametrize(
    ("plain", "slab"),
    [
        (T2_PLAIN, Specimen(T2, GE, "3D CUBE T2", "SE", 3000, 150)),
        (T1_PLAIN, Specimen(T1, GE, "Ax T1 thin", "GR", 20, 5)),
        (replace(T1_PLAIN, description="T1 GD"), Specimen(T1C, GE, "Ax T1 thin GD", "GR", 20, 5, agent="GADOVIST")),
    ],
)
def test_the_whole_brain_is_preferred_to_a_slab_however_thin_its_slices(plain: Specimen, slab: Specimen) -> None:
    recognition = recognise([plain.series(1), with_spacing(slab.series(2, slices=60, acquired="110000"), 0.6)])
    (candidate,) = recognition.found.values()
    assert candidate.series.number == 1


def test_nineteen_axial_slices_five_millimetres_apart_hold_the_whole_brain() -> None:
    coronal = replace(T2_PLAIN, more={"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]})
    assert found_numbers(recognise([T2_PLAIN.series(1, slices=19), coronal.series(2)])) == {T2: 1}


def test_the_late_echo_of_a_double_echo_is_t2_and_the_early_one_is_none() -> None:
    early, late = (Specimen(T2, SIEMENS, "pd+t2_tse_tra", "SE", 3500, echo) for echo in (11, 95))
    recognition = recognise(study(early, late))
    assert found_numbers(recognition) == {T2: 2}
    assert recognition.excluded[0][1] == "its name says proton density"


def test_a_t1_at_low_field_is_no_stir_and_a_stir_stays_one() -> None:
    low_field = Specimen(T1, SIEMENS, "T1 (AXI)", "SE\\IR", 1500, 5, 300)
    assert found_numbers(recognise(study(low_field))) == {T1: 1}
    assert "STIR" in recognise(study(replace(low_field, description="tirm"))).excluded[0][1]
    assert "STIR" in recognise(study(replace(low_field, echo_time=60))).excluded[0][1]


def test_an_examination_past_midnight_keeps_its_order_where_only_its_first_day_is_known() -> None:
    described = replace(T1_PLAIN, more={"StudyDescription": "MR BRAIN W/WO CONTRAST"})
    times = ("235500", "235700", "000100", "000500")
    before, flair, t2, after = (
        one.series(number, acquired=time)
        for number, (one, time) in enumerate(zip((described, FLAIR_PLAIN, T2_PLAIN, described), times, strict=True), 1)
    )
    assert found_numbers(recognise([before, flair, t2, after])) == {T1: 1, FLAIR: 2, T2: 3, T1C: 4}
    for one, day in zip((before, flair, t2, after), ("02", "02", "03", "03"), strict=True):
        one.header.AcquisitionDate = f"202601{day}"
    assert found_numbers(recognise([before, flair, t2, after])) == {T1: 1, FLAIR: 2, T2: 3, T1C: 4}
    noon = T2_PLAIN.series(5, acquired="120000")
    night = described.series(6, acquired="000500")
    assert recognise([before, noon, night]).found[T1C].series.number == 1, "a whole day is no examination"


def on_days(days: str, *specimens: Specimen) -> list[Series]:
    """The specimens with Acquisition Date, one after the other; days of January 2026, two digits each."""
    series = study(*specimens)
    for one, day in zip(series, days.split(), strict=True):
        one.header.AcquisitionDate = f"202601{day}"
    return series


@pytest.mark.parametrize(("days", "lost"), [("02 31 31 31", T1), ("31 02 31 31", FLAIR), ("31 31 02 31", T2)])
def test_a_sequence_of_another_day_in_the_same_study_is_doubted(days: str, lost: Sequence) -> None:
    injected = replace(T1_PLAIN, agent="GADOVIST")
    recognition = recognise(on_days(days, T1_PLAIN, FLAIR_PLAIN, T2_PLAIN, injected))
    doubt = "it was acquired on 2 January 2026, 29 days before T1c"
    assert {key: one.contradiction for key, one in recognition.found.items() if one.contradiction} == {lost: doubt}
    (warning,) = recognition.warnings
    assert warning.endswith(f"is taken as {lost.value}, with doubt: {doubt}.")


def test_without_t1c_the_day_is_that_of_flair_and_both_doubts_are_said() -> None:
    recognition = recognise(on_days("05 02 02", replace(T1_PLAIN, description="AX T2"), FLAIR_PLAIN, T2_PLAIN))
    doubt = recognition.found[T1].contradiction
    assert "its name says T2" in doubt
    assert doubt.endswith("; it was acquired on 5 January 2026, 3 days after FLAIR")
    assert recognition.found[T2].contradiction == ""


def test_the_series_of_the_same_day_is_taken_before_a_finer_one_of_another() -> None:
    injected = replace(T1_PLAIN, agent="GADOVIST")
    today, fine, t1c = on_days("31 02 31", FLAIR_PLAIN, FLAIR_PLAIN, injected)
    recognition = recognise([today, with_spacing(series_of(fine.header, 2, slices=140), 1.0), t1c])
    assert recognition.found[FLAIR].series.number == 1
    assert "29 days before T1c" in recognition.alternatives[FLAIR][0].contradiction
    assert recognition.warnings == ()


def test_a_night_and_a_series_sent_again_later_are_no_other_day() -> None:
    series = on_days("02 02 03 03", T1_PLAIN, FLAIR_PLAIN, T2_PLAIN, replace(T1_PLAIN, agent="GADOVIST"))
    for one, time in zip(series, ("235500", "235700", "000100", "000500"), strict=True):
        one.header.AcquisitionTime = time
    series[1].header.SeriesDate = series[1].header.ContentDate = "20260301"
    assert recognise(series).warnings == ()
    del series[1].header.AcquisitionDate
    del series[1].header.AcquisitionTime
    series[1].header.SeriesTime = "101500"
    assert recognise(series).warnings == (), "nothing is known of its acquisition"


def test_an_agent_typed_into_every_series_does_not_make_one_t1c_beside_those_that_say_so() -> None:
    fine = Specimen(T1, SIEMENS, "3D T1 MPRAGE", "GR", 1900, 2.5, 900, agent="GADAVIST")
    named = Specimen(T1C, SIEMENS, "AX T1 SE +C", "SE", 600, 10, agent="GADAVIST")
    recognition = recognise(study(fine, FLAIR_PLAIN, T2_PLAIN, named))
    assert found_numbers(recognition) == {T1: 1, FLAIR: 2, T2: 3, T1C: 4}
    assert recognition.found[T1].confidence < 0.6
    assert any("Series 1 is taken as T1, with doubt" in warning for warning in recognition.warnings)


@pytest.mark.parametrize(
    ("first", "other"), [("FAT", "WATER"), ("OPP_PHASE", "IN_PHASE"), ("F", "W"), ("FAT_FRACTION", "WATER")]
)
def test_of_a_dixon_acquisition_fat_and_opposed_phase_are_set_aside(first: str, other: str) -> None:
    kinds = (replace(T1_PLAIN, image_type=("DERIVED", "PRIMARY", "DIXON", kind)) for kind in (first, other))
    recognition = recognise(study(*kinds))
    assert found_numbers(recognition) == {T1: 2}
    assert recognition.excluded[0][1] == f"its Image Type says {first}"
    assert recognition.warnings == ()


def test_of_two_images_of_one_acquisition_neither_is_called_the_later() -> None:
    water, in_phase = (
        replace(T1_PLAIN, image_type=("DERIVED", "PRIMARY", "DIXON", kind)).series(number)
        for number, kind in ((1, "WATER"), (2, "IN_PHASE"))
    )
    (warning,) = recognise([water, in_phase]).warnings
    both = "Series 1 and Series 2 are equally good as T1, "
    assert warning == both + "and neither is known to be the later one; Series 1 is proposed."
    in_phase.header.AcquisitionTime = "101600"
    assert "; the one acquired later, Series 2, is proposed." in recognise([water, in_phase]).warnings[0]


def test_head_and_neck_is_the_head() -> None:
    series = study(T1_PLAIN)
    series[0].header.BodyPartExamined = "HEADNECK"
    assert found_numbers(recognise(series)) == {T1: 1}


def test_words_of_two_attributes_are_not_read_as_one() -> None:
    fast = replace(T2_PLAIN, description="AX FSE T2", more={"ProtocolName": "AX FSE T2", "SequenceName": "*tse2d1_19"})
    assert found_numbers(recognise(study(fast))) == {T2: 1}


def test_an_original_is_preferred_to_a_derived_copy_which_is_taken_when_alone() -> None:
    derived = replace(FLAIR_PLAIN, image_type=("DERIVED", "SECONDARY", "OTHER"))
    assert found_numbers(recognise([FLAIR_PLAIN.series(1), derived.series(2, slices=48)])) == {FLAIR: 1}
    alone = recognise(study(derived))
    assert alone.found[FLAIR].confidence < 0.8
    assert "a derived copy" in alone.found[FLAIR].reasons


def test_axial_slices_are_preferred_to_coronal_ones() -> None:
    coronal = replace(T2_PLAIN, more={"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]})
    assert found_numbers(recognise(study(T2_PLAIN, coronal))) == {T2: 1}


def test_a_few_slices_are_no_candidate() -> None:
    recognition = recognise([T2_PLAIN.series(slices=5)])
    assert recognition.excluded[0][1] == "only 5 slices"


def test_enhanced_objects_are_recognised_by_their_functional_groups(tmp_path: Path) -> None:
    geometry = axial((12, 64, 64))
    enhanced(tmp_path / "a.dcm", geometry=geometry, contrast="FLUID_ATTENUATED", timing_ms=(9000, 120), number=1)
    enhanced(tmp_path / "b.dcm", geometry=geometry, contrast="T1", number=2)
    enhanced(tmp_path / "c.dcm", geometry=geometry, contrast="DIFFUSION", number=3)
    recognition = recognise(scan(tmp_path).series)
    assert found_numbers(recognition) == {T1: 2, FLAIR: 1}
    assert "DIFFUSION" in recognition.excluded[0][1]


def test_a_gap_is_a_warning_and_a_series_that_cannot_be_loaded_is_excluded(tmp_path: Path) -> None:
    for number in (1, 2):
        classic(tmp_path / str(number), geometry=axial((12, 64, 64)), number=number)
    (tmp_path / "1" / "0004.dcm").unlink()
    change(tmp_path / "2" / "0006.dcm", lambda dataset: setattr(dataset, "FrameOfReferenceUID", "2.25.9"))
    recognition = recognise(scan(tmp_path).series)
    assert found_numbers(recognition) == {T1: 1}
    (warning,) = recognition.warnings
    assert warning.startswith("Series 1 has a gap")
    assert recognition.alternatives == {}
    assert "mixes frames of reference" in recognition.excluded[0][1]


def test_a_series_that_cannot_be_loaded_is_a_warning_when_nothing_replaces_it(tmp_path: Path) -> None:
    file = classic(tmp_path, geometry=axial((12, 64, 64)))[5]
    change(file, lambda dataset: setattr(dataset, "FrameOfReferenceUID", "2.25.9"))
    recognition = recognise(scan(tmp_path).series)
    assert not recognition.found
    (warning,) = recognition.warnings
    assert warning.startswith("Series 1 mixes frames of reference: 0006.dcm")
    assert warning.endswith("It would have been taken as T1.")


def test_a_series_in_the_frame_of_reference_of_t1c_is_preferred() -> None:
    t1c, same, later = study(replace(T1_PLAIN, agent="GADOVIST"), T2_PLAIN, T2_PLAIN)
    moved = replace(later, frame_of_reference_uid="2.25.77")
    assert found_numbers(recognise([t1c, same, later])) == {T1C: 1, T2: 3}
    assert found_numbers(recognise([t1c, same, moved])) == {T1C: 1, T2: 2}


@pytest.mark.parametrize(
    ("creator", "group", "element", "vr", "value"),
    [
        ("SIEMENS MR HEADER", 0x0019, 0x0C, "IS", "1000"),
        ("GEMS_PARM_01", 0x0043, 0x39, "IS", [1000001000, 8, 0, 0]),
        ("GEMS_PARM_01", 0x0043, 0x39, "UN", b"1000\\8\\0\\0 "),
        ("Philips Imaging DD 001", 0x2001, 0x03, "FL", 1000.0),
    ],
)
def test_a_private_b_value_marks_diffusion_imaging(
    creator: str, group: int, element: int, vr: str, value: object
) -> None:
    series = T2_PLAIN.series()
    series.header.private_block(group, creator, create=True).add_new(element, vr, value)
    assert recognise([series]).excluded[0][1] == "diffusion imaging, b = 1000 s/mm2"


def test_missing_sequences_say_what_will_not_be_measured() -> None:
    assert missing_notes(set(Sequence)) == ()
    assert "only the whole tumour" in missing_notes({T1, T2, FLAIR})[0]
    assert missing_notes({T1, T1C, T2}) == (
        "Without FLAIR: oedema and whole tumour are drawn from T2 and less certain.",
    )
    assert "only enhancing tumour and necrotic core" in missing_notes({T1, T1C})[0]
    assert [note.partition(":")[0] for note in missing_notes({FLAIR})] == ["Without T1c"], "no enhancement is measured"
    assert [note.partition(":")[0] for note in missing_notes({T1C})] == [
        "Without FLAIR and without T2",
        "Without T1 before contrast",
    ]
    assert missing_note(T2, {T1C, T2}) == missing_note(FLAIR, {T1C})
    assert reference_sequence({T1C, FLAIR}) is T1C
    assert reference_sequence({T1, FLAIR}) is FLAIR
    with pytest.raises(RecognitionError, match="Neither T1 with contrast agent nor FLAIR"):
        reference_sequence({T1, T2})


def test_the_four_axial_series_of_the_real_study_are_taken_and_nothing_else(real_data: Path) -> None:
    recognition = recognise(scan(real_data / "dicom" / "brtum").series)
    assert found_numbers(recognition) == {T1: 5, T1C: 8, T2: 4, FLAIR: 3}
    assert all(candidate.confidence > 0.9 for candidate in recognition.found.values())
    assert [candidate.series.number for candidate in recognition.alternatives[T1C]] == [9]
    assert [candidate.series.number for candidate in recognition.alternatives[T2]] == [14]
    assert {series.number for series, _ in recognition.excluded} == {1, 10, 211}
    assert recognition.warnings == ()
