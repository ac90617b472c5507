"""The Segment Editor kept inside the brain."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from BratsSegmenterLib.scene.hierarchy import place_unseen, remove_from_scene

_SMALLEST_GAP, _GAP_SHARE = 1.0, 0.01


class BrainLimit:
    """Limits what is drawn to the brain, through the editor's own range of editable intensities.

    The editor gets a copy of its source volume that is darker outside the brain than anywhere inside, and a range that
    leaves this out; the user can narrow the range further. A mask segment, the editor's other way, would lose what is
    drawn over it, as every segment does where regions exclude each other, and stand among the regions.

    Parameters
    ----------
    editor_node : vtkMRMLSegmentEditorNode
    volume : vtkMRMLScalarVolumeNode
        By whose intensities the effects go; of floats.
    brain : ndarray of bool, shape (slices, rows, columns)
        In the grid of `volume`.

    Attributes
    ----------
    volume : vtkMRMLScalarVolumeNode
        The copy; hidden, never saved.
    """

    def __init__(self, editor_node: Any, volume: Any, brain: NDArray[np.bool_]) -> None:
        self._editor_node = editor_node
        voxels = slicer.util.arrayFromVolume(volume)
        lowest, highest = float(voxels.min()), float(voxels.max())
        gap = max(_SMALLEST_GAP, _GAP_SHARE * (highest - lowest))
        self._outside = lowest - gap
        self.volume = _twin(volume, np.where(brain, voxels, np.float32(self._outside)))
        # The editor puts what it edits below the study of its source volume, and logs an error where that has none.
        place_unseen(self.volume, beside=volume)
        self._whole_range = lowest - gap / 2, highest + gap
        self._tag = 0

    def begin(self) -> None:
        """Allow all intensities of the brain, and no others from now on."""
        self._editor_node.SetSourceVolumeIntensityMaskRange(*self._whole_range)
        self._hold()
        self._tag = self._editor_node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._hold)

    def end(self) -> None:
        """Allow all intensities everywhere, and take the copy out of the scene."""
        self._editor_node.RemoveObserver(self._tag)
        self._editor_node.SetSourceVolumeIntensityMask(False)
        remove_from_scene((self.volume,))

    def _hold(self, *_event: Any) -> None:
        """The user may narrow the range; switched off, or drawn out below the brain, it is the whole brain again."""
        node = self._editor_node
        darkest, brightest = node.GetSourceVolumeIntensityMaskRange()
        if node.GetSourceVolumeIntensityMask() and darkest > self._outside:
            return  # the editor may have rounded it: that is no reason to set it again
        lowest, highest = self._whole_range
        modified = node.StartModify()
        node.SetSourceVolumeIntensityMaskRange(lowest, brightest if node.GetSourceVolumeIntensityMask() else highest)
        node.SetSourceVolumeIntensityMask(True)
        node.EndModify(modified)


def _twin(volume: Any, voxels: NDArray[np.float32]) -> Any:
    """A volume in the same place with other voxels, which neither lists nor saved scenes show."""
    image = vtk.vtkImageData()
    image.SetDimensions(*voxels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel()))
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    twin = slicer.vtkMRMLScalarVolumeNode()
    twin.SetName(f"{volume.GetName()} inside the brain")
    twin.SetHideFromEditors(True)
    twin.SetSaveWithScene(False)
    twin.SetIJKToRASMatrix(matrix)
    twin.SetAndObserveImageData(image)
    return slicer.mrmlScene.AddNode(twin)  # no view shows it, so it has no display node, least of all the volume's
