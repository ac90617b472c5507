"""On the real multi-frame study every object says what was drawn, voxel by voxel."""

from pathlib import Path

import pytest
import result_samples as samples

from BratsSegmenterLib import dicom
from BratsSegmenterLib.measurement import measure


def test_hard_labels_on_the_real_reference_series_pass_the_gate(real_data: Path, tmp_path: Path) -> None:
    study = real_data / "dicom" / "brtum"
    if not study.is_dir():
        pytest.skip(f"no real study at {study}")
    found = dicom.recognise(dicom.scan(study).series).found
    volume = dicom.load_volume(found[dicom.reference_sequence(found)].series)
    segmentation = samples.segmentation_on(volume)
    measurements, provenance = measure(segmentation), samples.provenance()
    seg = dicom.write_seg(tmp_path / "seg.dcm", volume, segmentation, provenance)
    objects = [
        dicom.write_rtstruct(tmp_path / "rt.dcm", volume, segmentation, provenance),
        seg,
        dicom.write_measurement_report(tmp_path / "sr.dcm", volume, measurements, seg, provenance),
        *dicom.write_key_images(tmp_path, volume, segmentation, measurements, provenance),
    ]
    verified = dicom.verify_objects(objects, volume, segmentation, measurements, provenance)
    assert [passed.written for passed in verified] == objects
    assert dicom.read_rtstruct(objects[0].path, volume).tolerated == ()
