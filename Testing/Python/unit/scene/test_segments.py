"""Label maps as segments and back, on the real MRML."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from BratsSegmenterLib.domain import ED, ET, NCR, RC
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.scene.segments import (
    create_segmentation,
    drawn_beside_regions,
    label_map,
    overlapping_regions,
    require_regions_as_seen,
)
from BratsSegmenterLib.scene.terminology import CONTEXT, load_terminology, terminology_entry
from BratsSegmenterLib.scene.volumes import load_volume


@pytest.fixture
def reference(scene, result):
    return load_volume(result.volumes["T1c"], "T1c")


@pytest.fixture
def model_labels(result):
    return sitk.GetArrayFromImage(sitk.ReadImage(str(result.labels)))


def test_segments_become_the_very_label_map_they_came_from(result, reference, model_labels):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    assert np.array_equal(label_map(segmentation, reference), model_labels)


def test_each_leaf_region_is_a_segment_with_name_colour_and_terminology(result, reference):
    segmentation = create_segmentation(result.labels, reference, "Glioma").GetSegmentation()
    assert list(segmentation.GetSegmentIDs()) == ["ET", "NCR", "ED"]
    for region in (ET, NCR, ED):
        segment = segmentation.GetSegment(region.key)
        assert segment.GetName() == region.name
        assert np.allclose(np.array(segment.GetColor()) * 255, region.colour, atol=0.5)
        assert f"{region.code.scheme}^{region.code.value}^{region.code.meaning}" in segment.GetTerminology()


def test_every_region_keeps_its_voxels_whatever_its_label_value(result, reference, model_labels, tmp_path):
    """Slicer's import takes the i-th segment from the value i + 1: labels 2 and 4 alone would come back wrong."""
    only_ed_and_rc = np.where(model_labels == ET.label, RC.label, np.where(model_labels == ED.label, ED.label, 0))
    image = sitk.GetImageFromArray(only_ed_and_rc.astype(np.uint8))
    image.CopyInformation(sitk.ReadImage(str(result.labels)))
    sitk.WriteImage(image, str(tmp_path / "rc.nii.gz"))
    segmentation = create_segmentation(tmp_path / "rc.nii.gz", reference, "Glioma")
    assert np.array_equal(label_map(segmentation, reference), only_ed_and_rc)
    assert segmentation.GetSegmentation().GetSegment("RC") is not None


def test_after_an_operation_there_is_a_cavity_to_draw_though_the_model_drew_none(result, reference, model_labels):
    asked, not_asked = (
        create_segmentation(result.labels, reference, "Glioma", with_cavity=with_cavity)
        for with_cavity in (True, False)
    )
    assert asked.GetSegmentation().GetSegment("RC") is not None
    assert not_asked.GetSegmentation().GetSegment("RC") is None
    assert np.array_equal(label_map(asked, reference), model_labels)


def test_a_label_map_in_another_grid_is_refused(result, reference, tmp_path):
    image = sitk.ReadImage(str(result.labels))
    image.SetOrigin((0.0, 0.0, 0.0))
    sitk.WriteImage(image, str(tmp_path / "shifted.nii.gz"))
    with pytest.raises(SeriesError, match="grid of its reference"):
        create_segmentation(tmp_path / "shifted.nii.gz", reference, "Glioma")
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []


def test_a_segment_cropped_to_its_own_extent_still_falls_on_the_reference_grid(result, reference, model_labels):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    drawn = np.zeros_like(model_labels)
    drawn[5:9, 10:14, 20:23] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, segmentation, "NCR", reference)
    segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
    expected = np.where(model_labels == NCR.label, 0, model_labels)
    expected[drawn > 0] = NCR.label
    assert np.array_equal(label_map(segmentation, reference), expected)


def test_segments_drawn_in_a_finer_grid_are_carried_onto_the_reference_grid(result, reference):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    fine = slicer.util.addVolumeFromArray(np.zeros((96, 128, 112), np.float32))
    matrix = slicer.util.vtkMatrixFromArray(
        np.array([[-0.5, 0, 0, 27.0], [0, -0.5, 0, 31.0], [0, 0, 0.5, -23.0], [0, 0, 0, 1]])
    )
    fine.SetIJKToRASMatrix(matrix)
    drawn = np.zeros((96, 128, 112), np.uint8)
    drawn[40:56, 40:60, 40:60] = 1
    for segment_id in ("ET", "ED"):
        segmentation.GetSegmentation().RemoveSegment(segment_id)
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, segmentation, "NCR", fine)
    volume_ml = (label_map(segmentation, reference) == NCR.label).sum() * 0.002
    assert volume_ml == pytest.approx(drawn.sum() * 0.125e-3, rel=0.15)


def test_a_segment_that_is_no_region_is_left_out_and_named_when_something_is_drawn_in_it(
    result, reference, model_labels
):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    segmentation.GetSegmentation().AddEmptySegment("scratch", "Scratch pad")
    require_regions_as_seen(segmentation, reference)
    everywhere = np.ones_like(model_labels)
    slicer.util.updateSegmentBinaryLabelmapFromArray(everywhere, segmentation, "scratch", reference)
    assert np.array_equal(label_map(segmentation, reference), model_labels)
    assert drawn_beside_regions(segmentation) == ("Scratch pad",)
    with pytest.raises(ExportError, match="drawn in 'Scratch pad' belongs to no region"):
        require_regions_as_seen(segmentation, reference)


def test_regions_that_share_voxels_are_named_and_not_handed_on(result, reference, model_labels):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    assert overlapping_regions(segmentation, reference) == ()
    core = (model_labels == ET.label).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(core, segmentation, "NCR", reference)  # overwrites nothing
    assert overlapping_regions(segmentation, reference) == ("Enhancing tumour", "Necrotic core")
    with pytest.raises(ExportError, match="'Enhancing tumour', 'Necrotic core' overlap"):
        require_regions_as_seen(segmentation, reference)
    slicer.util.updateSegmentBinaryLabelmapFromArray(np.zeros_like(core), segmentation, "ET", reference)
    require_regions_as_seen(segmentation, reference)


def test_a_segment_that_shares_its_layer_with_regions_and_was_erased_holds_nothing_up(result, reference, model_labels):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    segmentation.GetSegmentation().AddEmptySegment("scratch", "Scratch pad")
    drawn = np.zeros_like(model_labels)
    drawn[5:9, 2:4, 2:4] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, segmentation, "scratch", reference)
    segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert drawn_beside_regions(segmentation) == ("Scratch pad",)
    slicer.util.updateSegmentBinaryLabelmapFromArray(np.zeros_like(drawn), segmentation, "scratch", reference)
    segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert drawn_beside_regions(segmentation) == ()


def test_the_segmentation_knows_its_reference_image(result, reference):
    segmentation = create_segmentation(result.labels, reference, "Glioma")
    role = segmentation.GetReferenceImageGeometryReferenceRole()
    assert segmentation.GetNodeReference(role) is reference


def test_the_terminology_file_says_what_the_table_of_regions_says(scene):
    load_terminology()
    logic = slicer.modules.terminologies.logic()
    assert logic.IsTerminologyContextLoaded(CONTEXT)
    for region in (ET, NCR, ED, RC):
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(terminology_entry(region), entry)
        assert entry.GetTypeObject().GetCodeMeaning() == region.code.meaning
        known = slicer.vtkSlicerTerminologyEntry()
        logic.DeserializeTerminologyEntry(terminology_entry(region), known)
        assert logic.UpdateEntryFromLoadedTerminologies(known, [CONTEXT], True) in (True, False)
