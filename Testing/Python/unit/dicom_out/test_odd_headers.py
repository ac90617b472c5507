"""Images whose headers are odd, as scanners and anonymisers leave them, still get exact objects with whole names."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import result_samples as samples
from pydicom import DataElement, Dataset, config, dcmread
from pydicom.datadict import dictionary_VR
from series_samples import change, classic, enhanced, in_parts

from BratsSegmenterLib.archive import patient_in
from BratsSegmenterLib.delivery import Signature, Statement
from BratsSegmenterLib.delivery.objects import Exported, export_objects
from BratsSegmenterLib.dicom import ObjectKind, load_volume, scan, verify_objects
from BratsSegmenterLib.dicom.prior_volumes import newest_result, volumes_of
from BratsSegmenterLib.domain import Sequence, Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.progress import Progress

_JAPANESE = ["", "ISO 2022 IR 87"]
_JAPANESE_KANA = ["ISO 2022 IR 13", "ISO 2022 IR 87"]


def _changed_volume(folder: Path, edit: Callable[[Dataset], None]) -> Volume:
    for file in classic(folder / "series"):
        change(file, edit)
    return samples.load(folder / "series")


def _export(
    folder: Path,
    volume: Volume,
    reviewer: str = "",
    notes: tuple[str, ...] = (),
    kinds: Iterable[ObjectKind] = ObjectKind,
) -> Exported:
    """All four kinds of object, or those that are wanted, each of which passed the gate."""
    signature = Signature(reviewer=reviewer, approved=bool(reviewer))
    images = {Sequence.T1C: volume.array}
    result = samples.segmentation_on(volume)
    statement = Statement(volume, result, images, frozenset(kinds), signature, notes=notes)
    return export_objects(statement, folder / "objects", Progress())


def _datasets(exported: Exported) -> dict[ObjectKind, Dataset]:
    return {one.kind: dcmread(one.path) for one in exported.objects}


@pytest.mark.parametrize(
    ("of_images", "patient", "reviewer", "written"),
    [
        ("ISO_IR 100", "Müller^Jan", "Röntgen^Wilhelm", "ISO_IR 100"),
        ("ISO_IR 100", "Müller^Jan", "Łoś^Ż", "ISO_IR 192"),
        (None, "Doe^Jane", "Curie^Marie", None),
        (None, "Doe^Jane", "Röntgen^Wilhelm", "ISO_IR 192"),
        (_JAPANESE, "Yamada^Tarou=山田^太郎=やまだ^たろう", "Curie^Marie", _JAPANESE),
        (_JAPANESE, "Yamada^Tarou=山田^太郎=やまだ^たろう", "Röntgen^Wilhelm", "ISO_IR 192"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "Curie^Marie", "ISO_IR 13"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "山田^花子", "ISO_IR 192"),
        (_JAPANESE_KANA, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう", "山田^花子", _JAPANESE_KANA),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "Curie^Marie", ["", "ISO 2022 IR 149"]),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "김^민수", ["", "ISO 2022 IR 149"]),
    ],
)
def test_every_object_keeps_the_names_whatever_the_images_are_written_in(
    of_images: str | list[str] | None, patient: str, reviewer: str, written: str | list[str] | None, tmp_path: Path
) -> None:
    def edit(dataset: Dataset) -> None:
        del dataset.SpecificCharacterSet
        if of_images:
            dataset.SpecificCharacterSet = of_images
        dataset.PatientName = patient

    datasets = _datasets(_export(tmp_path, _changed_volume(tmp_path, edit), reviewer))
    assert datasets.keys() == set(ObjectKind)
    for dataset in datasets.values():
        assert dataset.get("SpecificCharacterSet") == written
        assert dataset.PatientName == patient
    assert datasets[ObjectKind.RTSTRUCT].OperatorsName == reviewer
    assert datasets[ObjectKind.SEG].ContentCreatorName == reviewer
    assert datasets[ObjectKind.SR].VerifyingObserverSequence[0].VerifyingObserverName == reviewer


def _volume_of_patient(
    folder: Path, name: bytes, of_images: str | list[str] | None, description: bytes = b""
) -> Volume:
    """Images whose patient and study are named in those bytes, whatever the character set that they state."""

    def edit(dataset: Dataset) -> None:
        del dataset.SpecificCharacterSet
        if of_images:
            dataset.SpecificCharacterSet = of_images
        stated = {"PatientName": name, "StudyDescription": description, "InstitutionName": description}
        for keyword, value in stated.items():
            dataset[keyword] = DataElement(keyword, dictionary_VR(keyword), value, validation_mode=config.IGNORE)
        dataset.ProcedureCodeSequence = _item(CodeValue="K", CodingSchemeDesignator="99RIS", CodeMeaning="")
        dataset.ProcedureCodeSequence[0]["CodeMeaning"] = DataElement("CodeMeaning", "LO", description)

    return _changed_volume(folder, edit)


@pytest.mark.parametrize("of_images", [None, "ISO_IR 6"])
@pytest.mark.parametrize(
    "name", ["Müller^Jan".encode(), "Müller^Jan".encode("latin-1"), "王^小东".encode("gb18030")], ids=repr
)
def test_names_in_characters_that_the_images_do_not_state_are_copied_byte_for_byte_and_no_set_is_named(
    name: bytes, of_images: str | None, tmp_path: Path
) -> None:
    exported = _export(tmp_path, _volume_of_patient(tmp_path, name, of_images), "Curie^Marie", ("T2 SchÃ¤del is old.",))
    for one in exported.objects:
        assert name in one.path.read_bytes(), one.kind
        assert dcmread(one.path).get("SpecificCharacterSet") == of_images, one.kind


def test_a_reviewer_whose_name_would_change_how_that_of_the_patient_is_read_enters_it_in_plain_letters(
    tmp_path: Path,
) -> None:
    volume = _volume_of_patient(tmp_path, "王^小东".encode("gb18030"), None)
    with pytest.raises(ExportError, match="do not say in which characters") as caught:
        _export(tmp_path, volume, "Röntgen^Wilhelm")
    assert "without accents" in caught.value.advice
    assert not list((tmp_path / "objects").glob("*.dcm"))


_CHINESE = ["", "ISO 2022 IR 58"]
_CHINESE_NAME = b"Zhang^XiaoDong=\x1b$)A" + "张".encode("gb2312") + b"^\x1b$)A" + "小东".encode("gb2312")
_CHINESE_TEXT = b"MR \x1b$)A" + "头颅".encode("gb2312")


def _stated(dataset: Dataset) -> list[bytes]:
    """Patient's Name, Study Description, Institution Name and the meaning of the procedure's code."""
    stored = [dataset.get_item(keyword).value for keyword in ("PatientName", "StudyDescription", "InstitutionName")]
    stored.append(dataset.ProcedureCodeSequence[0].get_item("CodeMeaning").value)
    return [value.rstrip(b" ") for value in stored]


@pytest.mark.parametrize("reviewer", ["", "Curie^Marie"])
@pytest.mark.parametrize(
    ("of_images", "name", "description"),
    [
        ("ISO_IR 13", "ﾔﾏﾀﾞ ﾀﾛｳ".encode("shift_jis"), "MRI ﾄｳﾌﾞ".encode("shift_jis")),
        ("ISO_IR 13", "山田^花".encode("shift_jis"), "頭部 MR".encode("shift_jis")),
        ("ISO_IR 192", "Müller^Jörg".encode("latin-1"), "Schädel MR".encode("latin-1")),
        ("ISO_IR 127", b"\xe2\xc8\xc7\xa1\xe6\xea", b"\xa1\xe2\xff"),
        ("ISO_IR 999", "Müller^Jörg".encode("latin-1"), "Schädel MR".encode("latin-1")),
        (["", "ISO 2022 IR 149"], "홍^길동".encode("euc_kr"), "뇌".encode("euc_kr")),
        (_CHINESE, _CHINESE_NAME, _CHINESE_TEXT),
    ],
    ids=repr,
)
def test_what_the_images_state_of_patient_and_study_leaves_byte_for_byte(
    of_images: str | list[str], name: bytes, description: bytes, reviewer: str, tmp_path: Path
) -> None:
    volume = _volume_of_patient(tmp_path, name, of_images, description)
    known_as = str(volume.series.header.PatientName)
    for kind, dataset in _datasets(_export(tmp_path, volume, reviewer)).items():
        assert dataset.SpecificCharacterSet == of_images, kind
        assert _stated(dataset) == [name, description, description, description], kind
    assert str(volume.series.header.PatientName) == known_as


def test_no_escape_sequence_gets_into_names_that_are_written_in_utf8(tmp_path: Path) -> None:
    volume = _volume_of_patient(tmp_path, _CHINESE_NAME, _CHINESE, _CHINESE_TEXT)
    exported = _export(tmp_path, volume, "李^四")
    for kind, dataset in _datasets(exported).items():
        assert dataset.SpecificCharacterSet == "ISO_IR 192", kind
        texts = ["Zhang^XiaoDong=张^小东", *["MR 头颅"] * 3]
        assert _stated(dataset) == [text.encode() for text in texts], kind
    images = volume.series.files[0]
    assert {patient_in(one.path) for one in exported.objects} == {patient_in(images)}


@pytest.mark.parametrize(
    ("of_images", "name"),
    [
        ("ISO_IR 13", "山田^花".encode("shift_jis")),
        ("ISO_IR 127", b"\xe2\xc8\xc7\xa1\xe6\xea"),
        (["", "ISO 2022 IR 149"], "홍^길동".encode("euc_kr")),
    ],
    ids=repr,
)
def test_names_that_are_not_in_the_stated_set_are_not_guessed_for_a_reviewer_who_needs_another(
    of_images: str | list[str], name: bytes, tmp_path: Path
) -> None:
    volume = _volume_of_patient(tmp_path, name, of_images)
    with pytest.raises(ExportError, match="in which characters the patient and the study are named, or not rightly"):
        _export(tmp_path, volume, "Röntgen^Wilhelm")
    assert not list((tmp_path / "objects").glob("*.dcm"))


def test_a_note_that_the_images_character_set_lacks_is_written_in_utf8(tmp_path: Path) -> None:
    volume = _changed_volume(tmp_path, lambda dataset: setattr(dataset, "SpecificCharacterSet", "ISO_IR 100"))
    report = _datasets(_export(tmp_path, volume, notes=("T2 is of another study → look at both",)))[ObjectKind.SR]
    assert "T2 is of another study → look at both" in [item.get("TextValue") for item in report.ContentSequence]


@pytest.mark.parametrize(
    "reviewer", ["Doe\\Jane", "Doe\nJane", "D" * 65, "a^b^c^d^e^f", "Doe=Doe=Doe=Doe", "^", " ", "=^"]
)
def test_a_name_that_dicom_cannot_hold_is_refused_before_anything_is_written(reviewer: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="reviewer's name") as caught:
        _export(tmp_path, samples.load(classic(tmp_path / "series")[0].parent), reviewer)
    assert "Family^Given" in caught.value.advice
    assert not (tmp_path / "objects").exists()


@pytest.mark.parametrize(("name", "written"), [("n" * 100, "n" * 64), ("a\\b", "a/b")])
def test_a_model_whose_name_is_too_long_for_dicom_or_holds_a_backslash_is_named_as_far_as_one_value_holds(
    name: str, written: str, tmp_path: Path
) -> None:
    volume = samples.load(classic(tmp_path / "series")[0].parent)
    algorithm = replace(samples.ALGORITHM, name=name, version=f"1.{name}")
    result = replace(samples.segmentation_on(volume), algorithm=algorithm)
    statement = Statement(volume, result, {}, frozenset(ObjectKind), Signature())
    exported = export_objects(statement, tmp_path / "objects", Progress())
    datasets = _datasets(exported)
    (segment, *_) = datasets[ObjectKind.SEG].SegmentSequence
    (identification,) = segment.SegmentationAlgorithmIdentificationSequence
    assert (segment.SegmentAlgorithmName, identification.AlgorithmName) == (written, written)
    assert identification.AlgorithmVersion == f"1.{written}"[:64]
    for dataset in datasets.values():
        assert dataset["SoftwareVersions"].VM == 3
        assert max(map(len, dataset.SoftwareVersions)) <= 64


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PatientBirthDate", "1960"), ("PatientSex", "U"), ("StudyDate", "2026.01.02"), ("StudyTime", "10:15:00")],
)
def test_a_value_that_dicom_forbids_is_carried_over_as_it_is(keyword: str, value: str, tmp_path: Path) -> None:
    def edit(dataset: Dataset) -> None:
        dataset[keyword] = DataElement(keyword, dictionary_VR(keyword), value, validation_mode=config.IGNORE)

    datasets = _datasets(_export(tmp_path, _changed_volume(tmp_path, edit)))
    assert [dataset[keyword].value for dataset in datasets.values()] == [value] * len(datasets)


def _item(**values: str) -> list[Dataset]:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return [item]


def test_every_object_says_what_the_images_say_of_patient_study_and_trial(tmp_path: Path) -> None:
    said = {
        "IssuerOfPatientID": "HOSPITAL",
        "IssuerOfPatientIDQualifiersSequence": _item(UniversalEntityID="1.2.3", UniversalEntityIDType="ISO"),
        "IssuerOfAccessionNumberSequence": _item(LocalNamespaceEntityID="RIS"),
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "pseudonyms",
        "DeidentificationMethodCodeSequence": _item(
            CodeValue="113100", CodingSchemeDesignator="DCM", CodeMeaning="Basic Application Confidentiality Profile"
        ),
        "ProcedureCodeSequence": _item(CodeValue="24590-2", CodingSchemeDesignator="LN", CodeMeaning="MR Brain"),
        "ClinicalTrialSponsorName": "Sponsor",
        "ClinicalTrialProtocolID": "P1",
        "ClinicalTrialProtocolName": "Protocol",
        "ClinicalTrialSiteID": "7",
        "ClinicalTrialSiteName": "Site",
        "ClinicalTrialSubjectID": "S23",
        "ClinicalTrialTimePointID": "T2",
        "OtherPatientNames": "Doe^J",
        "PatientComments": "from ward 3",
        "AdditionalPatientHistory": "headache",
        "PhysiciansOfRecord": "House^Gregory",
        "NameOfPhysiciansReadingStudy": "Curie^Marie",
        "ResponsiblePerson": "Doe^Jan",
    }

    def edit(dataset: Dataset) -> None:
        for keyword, value in said.items():
            setattr(dataset, keyword, value)

    volume = _changed_volume(tmp_path, edit)
    for kind, dataset in _datasets(_export(tmp_path, volume)).items():
        assert {keyword: dataset.get(keyword) for keyword in said} == said, kind


@pytest.mark.parametrize(("institutions", "named"), [("A", "A"), (["", "A", "B"], "A"), ("", "not stated")])
def test_a_verified_report_names_one_institution(institutions: str | list[str], named: str, tmp_path: Path) -> None:
    volume = _changed_volume(tmp_path, lambda dataset: setattr(dataset, "InstitutionName", institutions))
    report = _datasets(_export(tmp_path, volume, "Curie^Marie"))[ObjectKind.SR]
    assert report.VerifyingObserverSequence[0].VerifyingOrganization == named


@pytest.mark.parametrize("uid", ["1.2.0840.01.5", "1." + "2" * 70])
def test_a_frame_of_reference_that_no_report_can_refer_to_is_named_and_nothing_else_stopped(
    uid: str, tmp_path: Path
) -> None:
    def edit(dataset: Dataset) -> None:
        value = DataElement("FrameOfReferenceUID", "UI", uid, validation_mode=config.IGNORE)
        dataset["FrameOfReferenceUID"] = value

    volume = _changed_volume(tmp_path, edit)
    with pytest.raises(ExportError, match="states a Frame of Reference UID that DICOM does not allow") as caught:
        _export(tmp_path, volume)
    assert "Send without the SR" in caught.value.advice
    assert len(_export(tmp_path, volume, kinds=(ObjectKind.RTSTRUCT, ObjectKind.SEG)).objects) == 2


@pytest.mark.parametrize("make", [classic, enhanced])
def test_what_the_images_refer_to_for_patient_and_study_is_no_reference_of_the_objects(
    make: Callable[[Path], object], tmp_path: Path
) -> None:
    keywords = ("ReferencedStudySequence", "ReferencedPatientSequence", "ReferencedPatientPhotoSequence")

    def edit(dataset: Dataset) -> None:
        for keyword in keywords:
            detached_study = "1.2.840.10008.3.1.2.3.1"
            setattr(dataset, keyword, _item(ReferencedSOPClassUID=detached_study, ReferencedSOPInstanceUID="1.2.3"))

    make(tmp_path / "series" / "frames.dcm" if make is enhanced else tmp_path / "series")
    for file in (tmp_path / "series").iterdir():
        change(file, edit)
    for kind, dataset in _datasets(_export(tmp_path, samples.load(tmp_path / "series"))).items():
        assert not any(keyword in dataset for keyword in keywords), kind


_MR_BRAIN = ("24590-2", "MR Brain")


@pytest.mark.parametrize(
    ("stated", "reported"),
    [
        (
            _item(CodeValue="MRSCH", CodingSchemeDesignator="99RIS", CodeMeaning="Schädel nativ"),
            ("MRSCH", "Schädel nativ"),
        ),
        (_item(CodeValue="MRSCH", CodingSchemeDesignator="99RIS", CodeMeaning=""), _MR_BRAIN),
        (_item(CodingSchemeDesignator="99RIS", CodeMeaning="Schädel nativ"), _MR_BRAIN),
        (_item(CodeValue="MRSCH", CodingSchemeDesignator="99RIS", CodeMeaning="Schädel\\Hals"), _MR_BRAIN),
        (_item(CodeValue="MR\\SCH", CodingSchemeDesignator="99RIS", CodeMeaning="Schädel nativ"), _MR_BRAIN),
        (_item(CodeValue="MRSCH", CodingSchemeDesignator="99\\RIS", CodeMeaning="Schädel nativ"), _MR_BRAIN),
        ([], _MR_BRAIN),
    ],
)
def test_the_report_is_of_the_procedure_that_the_images_name_and_claims_no_contrast_where_they_name_none(
    stated: list[Dataset], reported: tuple[str, str], tmp_path: Path
) -> None:
    def edit(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.ProcedureCodeSequence = stated

    datasets = _datasets(_export(tmp_path, _changed_volume(tmp_path, edit), "Łoś^Ż"))
    assert [dataset.ProcedureCodeSequence for dataset in datasets.values()] == [stated] * len(datasets)
    report = datasets[ObjectKind.SR]
    (procedure,) = (
        item.ConceptCodeSequence[0]
        for item in report.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Procedure reported"
    )
    assert (procedure.CodeValue, procedure.CodeMeaning) == reported


@pytest.mark.parametrize(("make", "reviewer"), [(classic, ""), (classic, "Łoś^Ż"), (enhanced, "Łoś^Ż")])
def test_text_of_the_images_that_nobody_read_yet_is_written_in_the_character_set_of_the_object(
    make: Callable[[Path], object], reviewer: str, tmp_path: Path
) -> None:
    def edit(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.PatientComments = "Schädel"
        dataset.ReasonForPerformedProcedureCodeSequence = _item(
            CodeValue="K", CodingSchemeDesignator="99RIS", CodeMeaning="Schädelweh"
        )

    make(tmp_path / "series" / "frames.dcm" if make is enhanced else tmp_path / "series")
    for file in (tmp_path / "series").iterdir():
        change(file, edit)
    datasets = _datasets(_export(tmp_path, samples.load(tmp_path / "series"), reviewer))
    for kind in (ObjectKind.SEG, ObjectKind.SR):
        assert datasets[kind].PatientComments == "Schädel"
        assert datasets[kind].ReasonForPerformedProcedureCodeSequence[0].CodeMeaning == "Schädelweh"


@pytest.mark.parametrize("reviewer", ["", "Łoś^Ż"])
def test_private_elements_of_the_images_stay_with_them(reviewer: str, tmp_path: Path) -> None:
    def edit(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.ReasonForPerformedProcedureCodeSequence = _item(CodeMeaning="Schädelweh")
        (item,) = dataset.ReasonForPerformedProcedureCodeSequence
        item.private_block(0x29, "ACME", create=True).add_new(1, "LO", "1")

    for kind, dataset in _datasets(_export(tmp_path, _changed_volume(tmp_path, edit), reviewer)).items():
        (item,) = dataset.ReasonForPerformedProcedureCodeSequence
        assert (len(item), item.CodeMeaning) == (1, "Schädelweh"), kind


@pytest.mark.parametrize("make", [classic, enhanced])
def test_a_private_element_that_cannot_be_read_is_no_obstacle(make: Callable[[Path], object], tmp_path: Path) -> None:
    def edit(dataset: Dataset) -> None:
        dataset.ReasonForPerformedProcedureCodeSequence = _item(CodeMeaning="Schädelweh")
        for private in (dataset, dataset.ReasonForPerformedProcedureCodeSequence[0]):
            private.private_block(0x29, "ACME", create=True).add_new(1, "LO", "123456")

    make(tmp_path / "series" / "frames.dcm" if make is enhanced else tmp_path / "series")
    for file in (tmp_path / "series").iterdir():
        change(file, edit)
        file.write_bytes(file.read_bytes().replace(b"LO\x06\x00123456", b"FD\x06\x00123456"))
    datasets = _datasets(_export(tmp_path, samples.load(tmp_path / "series")))
    assert datasets.keys() == set(ObjectKind)
    for kind, dataset in datasets.items():
        assert dataset.ReasonForPerformedProcedureCodeSequence[0].CodeMeaning == "Schädelweh", kind


@pytest.mark.parametrize(("of_images", "stated"), [("YES", "YES"), ("NO", None), (None, None)])
def test_a_key_image_says_that_something_is_burnt_in_where_the_images_say_it(
    of_images: str | None, stated: str | None, tmp_path: Path
) -> None:
    def edit(dataset: Dataset) -> None:
        if of_images:
            dataset.BurnedInAnnotation = of_images

    key_image = _datasets(_export(tmp_path, _changed_volume(tmp_path, edit)))[ObjectKind.KEY_IMAGE]
    assert key_image.get("BurnedInAnnotation") == stated


@pytest.mark.parametrize(("of_images", "stated"), [("+0330", "+0330"), ("-0500", None), (None, None)])
def test_the_offset_of_the_clocks_is_stated_where_it_is_that_of_the_images(
    of_images: str | None, stated: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(dataset: Dataset) -> None:
        if of_images:
            dataset.TimezoneOffsetFromUTC = of_images

    volume = _changed_volume(tmp_path, edit)
    with monkeypatch.context() as here:
        here.setenv("TZ", "TEST-3:30")
        time.tzset()
        datasets = _datasets(_export(tmp_path, volume))
    time.tzset()
    assert [dataset.get("TimezoneOffsetFromUTC") for dataset in datasets.values()] == [stated] * len(datasets)


@pytest.mark.parametrize("thickness", [None, "", "1"])
def test_volumes_follow_from_positions_not_from_what_is_said_of_thickness(
    thickness: str | None, tmp_path: Path
) -> None:
    def edit(dataset: Dataset) -> None:
        for keyword in ("SliceThickness", "SpacingBetweenSlices"):
            if keyword in dataset:
                delattr(dataset, keyword)
            if thickness is not None:
                setattr(dataset, keyword, thickness)

    exported = _export(tmp_path, _changed_volume(tmp_path, edit))
    seg = newest_result([one.path for one in exported.objects if one.kind is ObjectKind.SEG])
    assert seg is not None
    measured_ml = exported.measurements.volumes_ml
    assert volumes_of(seg) == pytest.approx(measured_ml)


def test_a_multi_frame_object_without_thickness_gets_all_objects(tmp_path: Path) -> None:
    def edit(dataset: Dataset) -> None:
        del dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness

    change(enhanced(tmp_path / "series" / "frames.dcm"), edit)
    assert _datasets(_export(tmp_path, samples.load(tmp_path / "series"))).keys() == set(ObjectKind)


def test_a_multi_frame_object_whose_frames_state_their_orientation_gets_all_objects(tmp_path: Path) -> None:
    def edit(dataset: Dataset) -> None:
        (shared,) = dataset.SharedFunctionalGroupsSequence
        for group in dataset.PerFrameFunctionalGroupsSequence:
            group.PlaneOrientationSequence = shared.PlaneOrientationSequence
        del shared.PlaneOrientationSequence

    change(enhanced(tmp_path / "series" / "frames.dcm"), edit)
    assert _datasets(_export(tmp_path, samples.load(tmp_path / "series"))).keys() == set(ObjectKind)


def test_each_stack_of_a_multi_frame_object_is_referred_to_by_its_own_frames(tmp_path: Path) -> None:
    def into_two_echoes(dataset: Dataset) -> None:
        for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            echo = Dataset()
            echo.EffectiveEchoTime = 12.0 if number < 12 else 90.0
            group.MREchoSequence = [echo]

    change(enhanced(tmp_path / "series" / "echoes.dcm", order=[*range(12), *range(12)]), into_two_echoes)
    stacks = scan(tmp_path / "series").series
    assert len(stacks) == 2
    for first, series in zip((1, 13), stacks, strict=True):
        seg = _datasets(_export(tmp_path, load_volume(series)))[ObjectKind.SEG]
        numbers = {
            int(source.ReferencedFrameNumber)
            for frame in seg.PerFrameFunctionalGroupsSequence
            for source in frame.DerivationImageSequence[0].SourceImageSequence
        }
        assert numbers <= set(range(first, first + 12))


def test_a_seg_that_states_another_size_of_its_voxels_stops_the_push(tmp_path: Path) -> None:
    def make_thinner(dataset: Dataset) -> None:
        dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = 1

    volume = samples.load(classic(tmp_path / "series")[0].parent)
    exported = _export(tmp_path, volume)
    (seg,) = (one for one in exported.objects if one.kind is ObjectKind.SEG)
    change(seg.path, make_thinner)
    with pytest.raises(ExportError, match=r"The SEG states voxels of .* x 1 mm, which is not their size"):
        verify_objects([seg], volume, samples.segmentation_on(volume), exported.measurements, samples.provenance())


@pytest.mark.parametrize("frames_each", [1, 5])
def test_an_enhanced_series_of_several_objects_is_referred_to_frame_by_frame(frames_each: int, tmp_path: Path) -> None:
    in_parts(enhanced(tmp_path / "whole.dcm"), tmp_path / "series", frames_each)
    volume = samples.load(tmp_path / "series")
    datasets = _datasets(_export(tmp_path, volume))
    frames = {(frame.sop_instance_uid, frame.number): frame.position_mm for frame in volume.frames}
    assert len({uid for uid, _number in frames}) == -(-len(frames) // frames_each)
    seg = datasets[ObjectKind.SEG]
    for group in seg.PerFrameFunctionalGroupsSequence:
        (image,) = group.DerivationImageSequence[0].SourceImageSequence
        named = (image.ReferencedSOPInstanceUID, image.ReferencedFrameNumber)
        assert group.PlanePositionSequence[0].ImagePositionPatient == pytest.approx(frames[named], abs=1e-4)
    listed = seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert {item.ReferencedSOPClassUID for item in listed} == {volume.frames[0].sop_class_uid}
    assert {item.ReferencedSOPInstanceUID for item in listed} == {uid for uid, _number in frames}
