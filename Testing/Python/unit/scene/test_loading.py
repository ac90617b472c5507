"""Images come into the scene slab by slab, exactly as Slicer itself would read them."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.scene.volumes import geometry_of, load_volume, loading_volume

SHAPE = (40, 220, 230)


@pytest.fixture
def oblique() -> sitk.Image:
    tilt = np.radians(20)
    direction = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    geometry = Geometry.from_axes(SHAPE, (0.7, 0.9, 3.3), direction, np.array([-101.123456789, 33.3, 7.7]))
    return geometry.image(np.random.default_rng(1).uniform(0, 500, SHAPE).astype(np.float32))


@pytest.mark.parametrize("name", ["image.mha", "image.nii.gz"])
def test_voxels_and_place_are_those_of_slicer_s_own_reader(scene, oblique, tmp_path, name):
    write_image(oblique, tmp_path / name)
    ours = load_volume(tmp_path / name, "ours")
    theirs = slicer.modules.volumes.logic().AddArchetypeVolume(str(tmp_path / name), "theirs", 4)
    assert geometry_of(ours).is_close(geometry_of(theirs), tolerance_mm=1e-4)
    assert geometry_of(ours).is_close(Geometry.of_image(oblique), tolerance_mm=1e-4)
    assert np.array_equal(slicer.util.arrayFromVolume(ours), slicer.util.arrayFromVolume(theirs))


def test_a_large_image_takes_several_steps_and_no_node_is_there_before_the_last(scene, oblique, tmp_path):
    write_image(oblique, tmp_path / "image.mha")
    nodes_before = scene.GetNumberOfNodes()
    steps = loading_volume(tmp_path / "image.mha", "T1c")
    assert sum(scene.GetNumberOfNodes() == nodes_before for _ in steps) > 1
    assert scene.GetFirstNodeByName("T1c") is not None


def test_bright_fat_does_not_darken_the_brain(scene, tmp_path):
    voxels = np.full(SHAPE, 100, np.float32)
    voxels[0, 0, :40] = 5000
    write_image(sitk.GetImageFromArray(voxels), tmp_path / "image.mha")
    assert load_volume(tmp_path / "image.mha", "T1c").GetDisplayNode().GetWindowLevelMax() == pytest.approx(100)


def test_a_broken_image_is_named(scene, tmp_path):
    (tmp_path / "image.mha").write_text("no image")
    with pytest.raises(SeriesError, match=r"image\.mha"):
        load_volume(tmp_path / "image.mha", "T1c")


@pytest.mark.parametrize("steps_done", [1, 4, 6])
def test_a_result_that_is_given_up_half_way_leaves_the_scene_as_it_was(
    parameter_node, study, result, tmp_path, steps_done
):
    review = Review(parameter_node)
    before = {node.GetID() for node in slicer.util.getNodes("vtkMRML*VolumeNode*").values()}
    steps = review.showing(study, tmp_path, result)
    for _ in range(steps_done):
        next(steps)
    steps.close()
    assert {node.GetID() for node in slicer.util.getNodes("vtkMRML*VolumeNode*").values()} == before
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert not review.parameters.has_result
