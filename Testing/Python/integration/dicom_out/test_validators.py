"""Every object passes the validators of others: dicom3tools, DCMTK, pydicom at its strictest."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import result_samples as samples
from pydicom import config, dcmread

from BratsSegmenterLib.dicom import (
    Authorship,
    Contouring,
    ObjectKind,
    ObjectReference,
    WrittenObject,
    write_key_images,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.domain import Series, Volume
from BratsSegmenterLib.measurement import measure

_TOLERATED_BY_IOD_CHECK = (
    r"Unrecognized defined term = <99BRATSSEG>",  # private codes are allowed (PS3.16 8.2) and declared
    r"Missing attribute or value that would be needed to build DICOMDIR",  # empty in the images too
)
_FALSE_ALARM_OF_ENTITY_CHECK = "Element=<AccessionNumber> IE <Study> versus <Series>"  # whenever there is an SR


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def _messages(*command: str | Path) -> tuple[int, list[str]]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def _export(volume: Volume, folder: Path) -> list[WrittenObject]:
    segmentation = samples.segmentation_on(volume)
    measurements = measure(segmentation, dict.fromkeys(("ET", "NCR", "WT"), (0.0, 99.0)))
    provenance = samples.provenance(
        authorship=Authorship.EDITED,
        reviewer="Curie^Marie",
        approved_at=samples.provenance().content_time,
        notes=("T2 was taken from another study of this patient, of 3 May 2026.",),
        predecessors=tuple(
            ObjectReference("1.2.3", sop_class, "1.2.3.4")
            for sop_class in (
                "1.2.840.10008.5.1.4.1.1.481.3",
                "1.2.840.10008.5.1.4.1.1.66.4",
                "1.2.840.10008.5.1.4.1.1.88.34",
                "1.2.840.10008.5.1.4.1.1.7",
            )
        ),
    )
    seg = write_seg(folder / "seg.dcm", volume, segmentation, provenance)
    return [
        write_rtstruct(folder / "rt.dcm", volume, segmentation, provenance, contouring=Contouring(True, True)),
        seg,
        write_measurement_report(folder / "sr.dcm", volume, measurements, seg, provenance, [_further_series(volume)]),
        *write_key_images(folder, volume, segmentation, measurements, provenance),
    ]


def _further_series(volume: Volume) -> Series:
    frames = tuple(replace(frame, sop_instance_uid=f"{frame.sop_instance_uid}.1") for frame in volume.frames)
    return replace(volume.series, series_uid="2.25.1", frames=frames)


@pytest.fixture(scope="module", params=["classic", "multi-frame"])
def export(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Volume, list[WrittenObject]]:
    folder = tmp_path_factory.mktemp("study")
    if request.param == "classic":
        volume = samples.volume_on(samples.series_samples.oblique(), folder / "series")
    else:
        volume = samples.enhanced_out_of_order(folder / "series")
    return volume, _export(volume, folder / "objects")


def test_dciodvfy_finds_no_error(export: tuple[Volume, list[WrittenObject]]) -> None:
    for written in export[1]:
        code, lines = _messages(_tool("dciodvfy"), "-new", written.path)
        remarks = [line for line in lines if line.startswith(("Error", "Warning"))]
        unknown = [line for line in remarks if not any(re.search(known, line) for known in _TOLERATED_BY_IOD_CHECK)]
        assert (code, unknown) == (0, []), written.kind


def test_dcentvfy_finds_images_and_objects_of_one_study_consistent(export: tuple[Volume, list[WrittenObject]]) -> None:
    volume, objects = export
    # The multi-frame sample lacks a birth date, which our objects must have, be it empty.
    images = volume.series.files if volume.frames[0].number is None else ()
    _, lines = _messages(_tool("dcentvfy"), *images, *(written.path for written in objects))
    assert [line for line in lines if _FALSE_ALARM_OF_ENTITY_CHECK not in line] == []


def test_dcmtk_reads_the_report_as_a_tree(export: tuple[Volume, list[WrittenObject]]) -> None:
    (report,) = [written for written in export[1] if written.kind is ObjectKind.SR]
    code, lines = _messages(_tool("dsrdump"), "+Pf", report.path)
    assert code == 0
    assert any("Enhancing Lesion" in line for line in lines)
    assert [line for line in lines if line.startswith("E:")] == []


def test_pydicom_decodes_everything_at_its_strictest(
    export: tuple[Volume, list[WrittenObject]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)
    for written in export[1]:
        dataset = dcmread(written.path)
        dataset.decode()
        assert len(list(dataset.iterall())) > 50
