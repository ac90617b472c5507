"""What was written survives an archive: stored, fetched and read again, it still says what the user saw."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import result_samples as samples
from archives import RunningArchive
from pydicom import dcmread

from BratsSegmenterLib.dicom import (
    read_rtstruct,
    verify_objects,
    write_key_images,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import measure


def test_every_object_comes_back_from_the_archive_and_passes_the_gate(
    any_archive: RunningArchive, tmp_path: Path
) -> None:
    volume = samples.volume_on(samples.series_samples.oblique(), tmp_path / "series")
    segmentation = samples.segmentation_on(volume)
    measurements, provenance, folder = measure(segmentation), samples.provenance(), tmp_path / "objects"
    seg = write_seg(folder / "seg.dcm", volume, segmentation, provenance)
    objects = [
        write_rtstruct(folder / "rt.dcm", volume, segmentation, provenance),
        seg,
        write_measurement_report(folder / "sr.dcm", volume, measurements, seg, provenance),
        *write_key_images(folder, volume, segmentation, measurements, provenance),
    ]
    study_uid = volume.series.study_uid
    any_archive.connect().store([*volume.series.files, *(written.path for written in objects)], study_uid)
    fetched = any_archive.connect().fetch(study_uid, tmp_path / "fetched", [written.series_uid for written in objects])
    files = {dcmread(file, stop_before_pixels=True).SOPInstanceUID: file for file in fetched.files}
    came_back = [replace(written, path=files[written.sop_instance_uid]) for written in objects]
    assert len(verify_objects(came_back, volume, segmentation, measurements, provenance)) == len(objects)


def test_a_contour_over_64_kilobytes_comes_back_from_the_archive(any_archive: RunningArchive, tmp_path: Path) -> None:
    geometry = Geometry.from_axes((2, 200, 160), (0.5, 0.5, 3.0), np.eye(3), np.zeros(3))
    volume = samples.volume_on(geometry, tmp_path / "series")
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1, ::2] = labels[1, :, 0] = 3
    labels[1, 1::2, 5::3] = 3
    segmentation = samples.segmentation_on(volume, labels)
    written = write_rtstruct(tmp_path / "rt.dcm", volume, segmentation, samples.provenance(), max_points=100_000)
    (roi,) = dcmread(written.path).ROIContourSequence
    assert max(len(contour.get_item("ContourData").value) for contour in roi.ContourSequence) > 65_534
    any_archive.connect().store([written.path], volume.series.study_uid)
    fetched = any_archive.connect().fetch(volume.series.study_uid, tmp_path / "fetched")
    np.testing.assert_array_equal(read_rtstruct(fetched.files[0], volume).masks["ET"], labels == 3)
