"""What the review's views show, where they look, and what lies over the images."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk
from host.other_modules import add_data
from host.replay_worker import doubt
from vtk.util.numpy_support import vtk_to_numpy

from BratsSegmenterLib.scene.layout import LAYOUT, SLICE_VIEWS, THREE_D
from BratsSegmenterLib.scene.overlay import RegionStyle, draw_regions, show_doubt, show_region
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.scene.views import (
    jump_to,
    jump_to_largest_slice,
    show_in_third_view,
    showing_review_layout,
    slice_logics,
    standard_logics,
    third_sequence,
)
from BratsSegmenterLib.steps import run_through

LOWEST_SLICE_MM, SLICE_MM = -23.0, 2.0


@pytest.fixture
def display(review):
    return review.parameters.segmentation.GetDisplayNode()


def _shown() -> list[str]:
    return [logic.GetBackgroundLayer().GetVolumeNode().GetName() for logic in slice_logics()]


def _slice_indices() -> list[int]:
    heights_mm = [logic.GetSliceNode().GetSliceToRAS().GetElement(2, 3) for logic in slice_logics()]
    return [round((height_mm - LOWEST_SLICE_MM) / SLICE_MM) for height_mm in heights_mm]


def _crosshair_mm() -> tuple[float, ...]:
    return tuple(slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode").GetCrosshairRAS())


def test_three_sequences_stand_in_one_plane_linked_beside_the_3d_view(review):
    assert slicer.app.layoutManager().layout == LAYOUT
    assert _shown() == ["T1c", "FLAIR", "T2"]
    assert all(logic.GetSliceCompositeNode().GetLinkedControl() for logic in slice_logics())
    assert len({logic.GetSliceNode().GetOrientation() for logic in slice_logics()}) == 1


SLICES = {  # rows of the affine from columns, rows, slices to right, anterior, superior; millimetres; thicker than 2
    "axial": [[-1, 0, 0, 20], [0, -1, 0, 20], [0, 0, 5, -60]],
    "sagittal": [[0, 0, -5, 60], [-1, 0, 0, 20], [0, -1, 0, 20]],
    "coronal": [[-1, 0, 0, 20], [0, 0, 5, -60], [0, -1, 0, 20]],
    "sagittal, nodding": [[0.0, -0.26, -4.83, 60], [-1, 0, 0, 20], [0.0, -0.97, 1.29, 20]],
    "axial, tilted": [[-1, 0, 0, 20], [0, -0.9, -2.2, 20], [0, -0.44, 4.5, -60]],
}


@pytest.fixture(params=SLICES)
def acquired(request, scene):
    """A volume of forty pixels a side and twelve slices, shown as the reference."""
    affine = np.vstack([SLICES[request.param], [0, 0, 0, 1]]).astype(float)
    volume = slicer.util.addVolumeFromArray(np.ones((12, 40, 40), np.float32), affine, "T1c")
    run_through(showing_review_layout({"T1c": volume}, volume))
    return volume


def _axes(matrix) -> np.ndarray:
    axes = slicer.util.arrayFromVTKMatrix(matrix)[:3, :3]
    return axes / np.linalg.norm(axes, axis=0)


def _axes_of(volume) -> np.ndarray:
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return _axes(matrix)


def test_the_views_show_the_reference_s_own_slices_the_usual_way_up(acquired):
    for logic in slice_logics():
        across, up, normal = _axes(logic.GetSliceNode().GetSliceToRAS()).T
        assert abs(normal @ _axes_of(acquired)[:, 2]) == pytest.approx(1.0)
        assert up @ (0, 0.75, 1) > 0.7, "what is superior, or else anterior, is on top"
        assert across @ (-1, -0.75, 0) > 0.7, "the patient's left, or else the back, is on the right"


def test_a_jump_shows_the_slice_that_it_names(acquired):
    jump_to((7.0, 20.0, 20.0), acquired)
    matrix = vtk.vtkMatrix4x4()
    acquired.GetRASToIJKMatrix(matrix)
    for logic in slice_logics():
        to_ras = logic.GetSliceNode().GetXYToRAS()
        corners = [matrix.MultiplyPoint(to_ras.MultiplyPoint((x, y, 0, 1)))[2] for x, y in ((0, 0), (90, 0), (0, 90))]
        assert corners == pytest.approx([7.0] * 3)


FINE = {  # as above, of at most 2 mm in every direction, and the axis that runs from feet to head
    "axial": ([[-1, 0, 0, 20], [0, -1, 0, 20], [0, 0, 2, -10]], 2),
    "sagittal": ([[0, 0, -1.2, 10], [-1, 0, 0, 20], [0, -1, 0, 20]], 1),
    "coronal": ([[-1, 0, 0, 20], [0, 0, 1.5, -10], [0, -1, 0, 20]], 1),
    "sagittal, nodding": ([[0.0, -0.26, -0.97, 10], [-1, 0, 0, 20], [0.0, -0.97, 0.26, 20]], 1),
}


@pytest.fixture(params=FINE)
def fine(request, scene):
    """A fine volume of twelve slices, shown as the reference, and its axis from feet to head."""
    affine, axis = FINE[request.param]
    volume = slicer.util.addVolumeFromArray(
        np.ones((12, 40, 40), np.float32), np.vstack([affine, [0, 0, 0, 1]]).astype(float), "T1c"
    )
    run_through(showing_review_layout({"T1c": volume}, volume))
    return volume, axis


def test_a_fine_reference_is_read_axially_along_its_own_axes_however_it_was_acquired(fine):
    volume, axis = fine
    for logic in slice_logics():
        across, up, normal = _axes(logic.GetSliceNode().GetSliceToRAS()).T
        assert abs(normal @ _axes_of(volume)[:, axis]) == pytest.approx(1.0)
        assert up[1] > 0.7, "what is anterior is on top"
        assert across[0] < -0.7, "the patient's left is on the right"


def test_the_views_of_a_fine_reference_open_in_the_axial_plane_with_most_of_the_tumour(fine):
    volume, axis = fine
    labels = np.zeros((12, 40, 40), np.uint8)
    labels[2:11, 17, 5:25] = 2
    labels[7, 17:33, 5:25] = 2
    largest = {1: 17, 2: 7}[axis]
    jump_to_largest_slice(labels, volume)
    to_voxels = vtk.vtkMatrix4x4()
    volume.GetRASToIJKMatrix(to_voxels)
    assert to_voxels.MultiplyPoint((*_crosshair_mm(), 1.0))[axis] == pytest.approx(largest)
    for logic in slice_logics():
        corner = logic.GetSliceNode().GetXYToRAS().MultiplyPoint((0, 0, 0, 1))
        assert to_voxels.MultiplyPoint(corner)[axis] == pytest.approx(largest)


def test_every_view_of_slicer_lies_along_the_reference_so_that_nothing_is_painted_in_stripes(acquired):
    """Segment Editor warns of each view that does not, of those that no layout shows too."""
    views = [slicer.app.layoutManager().viewWidget(name).view for name in slicer.app.layoutManager().sliceViewNames()]
    assert {"Red", "Green", "Yellow", *SLICE_VIEWS} == {view.node.GetLayoutName() for view in views}
    for view in views:
        along = np.abs(_axes(view.node.GetSliceToRAS()).T @ _axes_of(acquired))
        assert along.max(axis=1) == pytest.approx([1.0] * 3, abs=1e-6)


def test_slicer_s_own_layouts_show_the_reference_in_three_planes_until_the_study_is_left(review):
    assert {logic.GetBackgroundLayer().GetVolumeNode().GetName() for logic in standard_logics()} == {"T1c"}
    own = add_data("the user's own")
    standard_logics()[1].GetSliceCompositeNode().SetBackgroundVolumeID(review.parameters.reference.GetID())
    review.leave()
    shown = [logic.GetSliceCompositeNode().GetBackgroundVolumeID() for logic in standard_logics()]
    assert shown == [own.GetID(), None, own.GetID()]
    planes = [logic.GetSliceNode().GetOrientation() for logic in standard_logics()]
    assert planes == ["Axial", "Coronal", "Sagittal"]


def test_the_views_open_at_the_largest_slice_of_the_tumour(review, result):
    area = (sitk.GetArrayFromImage(sitk.ReadImage(str(result.labels))) > 0).sum(axis=(1, 2))
    assert [area[index] for index in _slice_indices()] == [area.max()] * 3


def test_a_study_with_one_sequence_shows_it_in_all_views(parameter_node, study, result, tmp_path):
    only = replace(result, volumes={"T1c": result.volumes["T1c"]})
    review = Review(parameter_node)
    review.show(study, tmp_path, only)
    assert _shown() == ["T1c", "T1c", "T1c"]
    review.release()


def test_the_third_view_takes_any_sequence_and_says_which_without_moving(review):
    before = _slice_indices()
    show_in_third_view(review.parameters.volumes["T1"])
    assert (_shown()[2], third_sequence()) == ("T1", "T1")
    assert _shown()[:2] == ["T1c", "FLAIR"]
    assert _slice_indices() == before


def test_a_jump_takes_all_views_and_the_crosshair_along(review):
    jump_to((5.0, 20.0, 30.0), review.parameters.reference)
    assert _slice_indices() == [5, 5, 5]
    # DICOM counts to the left and back, the scene to the right and front.
    assert _crosshair_mm() == pytest.approx((27.0 - 30.0, 31.0 - 20.0, LOWEST_SLICE_MM + 5 * SLICE_MM))


def test_a_region_is_gone_to_in_its_middle_and_an_empty_one_nowhere(review):
    review.jump_to_region("NCR")
    assert _slice_indices() == [12, 12, 12]
    assert _crosshair_mm() == pytest.approx((27.0 - 34.0, 31.0 - 24.0, LOWEST_SLICE_MM + 12 * SLICE_MM), abs=0.5)
    before = _crosshair_mm()
    review.jump_to_region("RC")
    assert _crosshair_mm() == before


@pytest.mark.parametrize(
    ("style", "outline", "fill"),
    [(RegionStyle.OUTLINE, 1, 0), (RegionStyle.FILL, 0, 1), (RegionStyle.BOTH, 1, 1), (RegionStyle.NONE, 0, 0)],
)
def test_regions_are_drawn_as_outline_or_fill(review, display, style, outline, fill):
    draw_regions(review.parameters.segmentation, style, 0.6)
    assert (display.GetVisibility2DOutline(), display.GetVisibility2DFill()) == (outline, fill)
    assert display.GetSegmentOpacity2DFill("ET") == pytest.approx(0.6)


def test_one_region_is_hidden_and_the_others_stay(review, display):
    show_region(review.parameters.segmentation, "ED", False)
    assert not display.GetSegmentVisibility("ED")
    assert display.GetSegmentVisibility("ET")


def test_doubt_lies_over_all_slices_and_is_transparent_where_there_is_none(review):
    volume = review.parameters.doubt
    assert np.allclose(slicer.util.arrayFromVolume(volume), doubt())
    show_doubt(volume, 0.5)
    composites = [logic.GetSliceCompositeNode() for logic in slice_logics()]
    assert {composite.GetForegroundVolumeID() for composite in composites} == {volume.GetID()}
    assert {composite.GetForegroundOpacity() for composite in composites} == {0.5}
    logic = slice_logics()[0]
    logic.UpdatePipeline()
    image = logic.GetForegroundLayer().GetImageDataConnection().GetProducer()
    image.Update()
    alpha = _alpha(image.GetOutputDataObject(0))
    assert 0.0 in alpha
    assert alpha.max() > 0
    show_doubt(None, 0.5)
    assert {composite.GetForegroundVolumeID() for composite in composites} == {None}


def _alpha(image) -> np.ndarray:
    return vtk_to_numpy(image.GetPointData().GetScalars())[..., 3]


def test_a_result_without_a_map_of_doubt_has_none(parameter_node, study, result, tmp_path):
    review = Review(parameter_node)
    run_through(review.showing(study, tmp_path, replace(result, uncertainty=None)))
    assert review.parameters.doubt is None
    show_doubt(None, 0.5)
    assert len(slice_logics()) == len(SLICE_VIEWS)


def test_a_scene_loaded_into_a_slicer_that_does_not_know_the_layout_gets_its_views(review, parameter_node, tmp_path):
    _save_and_load(tmp_path / "scene.mrb", is_restarted=True)
    assert slicer.app.layoutManager().layout == LAYOUT
    assert slicer.app.layoutManager().hostShown() == ()
    Review(parameter_node).restore_views()
    assert slicer.app.layoutManager().hostShown() == (*SLICE_VIEWS, THREE_D)
    assert _shown() == ["T1c", "FLAIR", "T2"]


def test_a_scene_loaded_into_a_slicer_that_knows_the_layout_keeps_what_its_views_showed(
    review, parameter_node, tmp_path
):
    show_in_third_view(review.parameters.volumes["T1"])
    _save_and_load(tmp_path / "scene.mrb", is_restarted=False)
    Review(parameter_node).restore_views()
    assert slicer.app.layoutManager().hostShown() == (*SLICE_VIEWS, THREE_D)
    assert _shown() == ["T1c", "FLAIR", "T1"]


def _save_and_load(file: Path, is_restarted: bool) -> None:
    slicer.mrmlScene.SetURL(str(file))
    assert slicer.mrmlScene.WriteToMRB(str(file))
    slicer.mrmlScene.Clear(0)
    if is_restarted:
        slicer.app.layoutManager().hostStartAnew(LAYOUT)
    slicer.mrmlScene.ReadFromMRB(str(file))
