"""Regions that a study carries, of ours and of others, are taken up in place of a segmentation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from archives import RunningArchive, write_study
from head_phantom import head_volume
from stations import ALGORITHM, HEAD, TOO_SMALL_TO_RECOGNISE, Station, drawn

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Segmentation, Sequence
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.image_files import read_mask
from BratsSegmenterLib.jobs import PrepareJob, ResumeJob, SendJob
from BratsSegmenterLib.labelmap import read_labelmap, write_labelmap
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, ResultRecord
from BratsSegmenterLib.workbench import Workbench


def test_a_result_is_taken_up_exactly_by_a_station_that_never_segmented(station: Station, tmp_path: Path) -> None:
    sent = station.send(station.corrected(), formats=("RTSTRUCT", "SEG"), reviewer="Curie^Marie")
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    other.prepare()
    for uid in ("", *(one.sop_instance_uid for one in sent.objects)):
        taken_up = other.resume(uid)
        assert np.array_equal(read_labelmap(taken_up.labels).labels, drawn(larger=True))
        assert replace(taken_up.algorithm, weights_sha256="") == replace(ALGORITHM, weights_sha256="")
        assert (taken_up.reference, taken_up.tolerated, taken_up.uncertainty) == ("T1c", (), None)
        assert set(taken_up.volumes) == {"T1", "T1c", "T2", "FLAIR"}


def test_regions_on_a_series_that_is_no_known_sequence_are_taken_up_and_that_is_said(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    identity = StudyIdentity()
    embedded_archive.connect().store(write_study(tmp_path / "scanner", identity, 4, TOO_SMALL_TO_RECOGNISE))
    station = Station(embedded_archive, identity.study_uid, tmp_path / "station").segmented()
    station.send()
    station.prepare()
    taken_up = station.resume()
    assert taken_up.tolerated == ("It was drawn on Series 4, which is shown in the place of T1c.",)
    assert np.array_equal(read_labelmap(taken_up.labels).labels, drawn(shape=TOO_SMALL_TO_RECOGNISE))


def test_what_was_taken_up_stays_corrected_even_when_it_is_sent_as_it_is(station: Station, tmp_path: Path) -> None:
    station.send(station.corrected())
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    other.prepare()
    taken_up = other.resume()
    assert taken_up.brain is None
    assert "No brain was found in the images." in taken_up.warnings
    assert other.send().objects == ()
    signed = other.send(reviewer="Curie^Marie")
    structure_set = pydicom.dcmread(signed.objects[0].path)
    assert {roi.ROIGenerationAlgorithm for roi in structure_set.StructureSetROISequence} == {"SEMIAUTOMATIC"}


def test_with_regions_that_are_taken_up_comes_the_brain_to_which_editing_is_limited(tmp_path: Path) -> None:
    image = head_volume(Sequence.T1C, HEAD)
    files = write_mr_series(10 * image.array, HEAD, tmp_path / "1", StudyIdentity(), PROTOCOLS[Sequence.T1C], 1)
    bench = Workbench(tmp_path / "first", Credentials(), Progress())
    series = bench.prepare(PrepareJob(tmp_path / "first", listed=tuple(files))).sequences["T1c"].key
    folder = JobFolder(tmp_path / "first")
    write_labelmap(Segmentation(drawn(shape=HEAD.shape), HEAD, ALGORITHM), folder.segmentation)
    folder.write_record(ResultRecord("T1c", {"T1c": series}, ALGORITHM, {}))
    (structures,) = bench.send(SendJob(folder.path, folder.segmentation, edited=False)).objects
    other = Workbench(tmp_path / "other", Credentials(), Progress())
    other.prepare(PrepareJob(tmp_path / "other", listed=(*files, structures.path)))
    taken_up = other.resume(ResumeJob(tmp_path / "other"))
    assert taken_up.brain is not None
    brain = read_mask(taken_up.brain)
    assert brain.shape == HEAD.shape
    assert 0.1 < brain.mean() < 0.5


def test_regions_that_are_not_ours_are_said_and_not_guessed(station: Station, tmp_path: Path) -> None:
    sent = station.send()
    dataset = pydicom.dcmread(sent.objects[0].path)
    dataset.Manufacturer = "Somebody"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    dataset.SeriesInstanceUID = pydicom.uid.generate_uid()
    for roi in dataset.StructureSetROISequence:
        roi.ROIGenerationAlgorithm = "MANUAL"
        roi.ROIName = {"ET": "Brainstem"}.get(roi.ROIName, roi.ROIName)
    dataset.save_as(tmp_path / "others.dcm")
    station.archive.connect().store([tmp_path / "others.dcm"])
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    prepared = other.prepare()
    assert [result.version for result in prepared.results] == [1]
    (foreign,) = prepared.others
    assert (foreign.algorithm.name, foreign.label, len(foreign.region_names)) == ("Somebody", "Glioma v1", 3)
    taken_up = other.resume(str(dataset.SeriesInstanceUID))
    assert any("Brainstem is no region of this program" in sentence for sentence in taken_up.tolerated)
    labels = read_labelmap(taken_up.labels).labels
    assert set(np.unique(labels)) == {0, 1, 2}
    assert taken_up.algorithm.name == "Somebody"
    sent_on = other.send(formats=("RTSTRUCT", "SEG"))
    structures, seg = (pydicom.dcmread(one.path) for one in sent_on.objects)
    assert structures.StructureSetROISequence[0].ROIGenerationAlgorithm == "SEMIAUTOMATIC"
    assert structures.SeriesDescription == "Glioma regions v2 (drawn in Somebody, not reviewed)"
    (algorithm,) = seg.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmFamilyCodeSequence[0].CodeMeaning == "Manual Processing"
    assert algorithm.AlgorithmSource == "Somebody"
    assert {one.algorithm for one in dicom.result_objects([one.path for one in sent_on.objects])} == {
        taken_up.algorithm
    }


def test_a_result_that_names_another_patient_is_no_result_of_the_study_and_keeps_nothing_waiting(
    station: Station, tmp_path: Path
) -> None:
    station.send()
    stray = pydicom.dcmread(JobFolder(station.folder).objects / "rtstruct.dcm")
    stray.PatientID, stray.StructureSetLabel = "OLD-1", "Glioma v7"
    stray.SOPInstanceUID = stray.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    stray.SeriesInstanceUID = pydicom.uid.generate_uid()
    stray.save_as(tmp_path / "stray.dcm")
    station.archive.connect().store([tmp_path / "stray.dcm"])
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    prepared = other.prepare()
    assert ([result.version for result in prepared.results], prepared.others) == ([1], ())
    assert any("It names another patient, or writes the ID otherwise" in note for note in prepared.notes)
    with pytest.raises(SeriesError, match="The study carries no structure set"):
        other.resume(stray.SOPInstanceUID)
    assert station.send(station.corrected()).version == 2


def test_a_study_without_regions_cannot_be_taken_up(station: Station) -> None:
    with pytest.raises(SeriesError, match="neither a structure set nor a segmentation"):
        station.resume()
    with pytest.raises(SeriesError, match=r"no structure set or segmentation 1\.2\.3"):
        station.resume("1.2.3")
