"""A table of the regions' volumes in the scene, which follows every edit of the segments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS, REGIONS
from BratsSegmenterLib.scene.segments import label_map

# Some edits end with the one event, some with the other.
_EVENTS = ("SourceRepresentationModified", "SegmentModified", "SegmentRemoved")


def _nothing() -> Collection[str]:
    """Every region is measured."""
    return ()


def new_table() -> Any:
    """A vtkMRMLTableNode in the scene, to be filled."""
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "Glioma volumes")


class VolumeTable:
    """Keeps a vtkMRMLTableNode in step with a segmentation, from the first :meth:`update` on.

    Parameters
    ----------
    segmentation : vtkMRMLSegmentationNode
    reference : vtkMRMLScalarVolumeNode
        The volume in whose grid the segments live.
    node : vtkMRMLTableNode
        Gets the columns Region and Volume (mL).
    followers : callable
        Called with the volumes in millilitres by key of the measured regions after every change.
    not_measured : callable
        Gives the keys of the regions whose voxels tell nothing of their volume; asked once :attr:`labels` are new.

    Attributes
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
        The segments as one label map, as last measured.
    """

    def __init__(
        self,
        segmentation: Any,
        reference: Any,
        node: Any,
        followers: Callable[[Mapping[str, float]], None],
        not_measured: Callable[[], Collection[str]] = _nothing,
    ) -> None:
        self._segmentation = segmentation
        self._reference = reference
        self._node = node
        self._followers = followers
        self._not_measured = not_measured
        self._is_paused = False
        self._measured: tuple[Any, ...] = ()
        self._observed = segmentation.GetSegmentation()
        events = [getattr(slicer.vtkSegmentation, name) for name in _EVENTS]
        self._tags = [self._observed.AddObserver(event, self._on_edit) for event in events]

    def update(self) -> None:
        """Measure anew; the followers, on whom consent and what is kept hang, are told before the table is written."""
        self._measured = self._voxels()
        self.labels = label_map(self._segmentation, self._reference)
        counted_ml, not_measured = region_volumes_ml(self.labels, self._reference.GetSpacing()), self._not_measured()
        volumes_ml = {key: volume_ml for key, volume_ml in counted_ml.items() if key not in not_measured}
        self._followers(volumes_ml)
        _fill(self._node, volumes_ml)

    def stop(self) -> None:
        """Follow the segments no more."""
        for tag in self._tags:
            self._observed.RemoveObserver(tag)
        self._tags = []

    @contextmanager
    def one_update(self) -> Iterator[None]:
        """Measure once for all that happens in the block, at its end."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False
        self.update()

    def _on_edit(self, _caller: Any, _event: str) -> None:
        """Most edits end with several events: measure when the voxels are others than at the last."""
        if not self._is_paused and self._voxels() != self._measured:
            self.update()

    def _voxels(self) -> tuple[Any, ...]:
        """What differs when any voxel does: each layer's time of modification and what its values mean."""
        layers = range(self._observed.GetNumberOfLayers())
        keys = self._observed.GetSegmentIDs()
        times = tuple(self._observed.GetLayerDataObject(layer).GetMTime() for layer in layers)
        values = tuple(self._observed.GetSegment(key).GetLabelValue() for key in keys)
        return times, keys, values, tuple(self._observed.GetLayerIndex(key) for key in keys)


def region_volumes_ml(labels: NDArray[np.uint8], spacing_mm: tuple[float, float, float]) -> dict[str, float]:
    """Millilitres of every leaf and nested region of a label map, by region key."""
    voxel_ml = float(np.prod(spacing_mm)) / 1000.0
    voxels = {region.label: int(np.count_nonzero(labels == region.label)) for region in LEAF_REGIONS}
    return {key: sum(voxels[label] for label in region.labels) * voxel_ml for key, region in REGIONS.items()}


def _fill(node: Any, volumes_ml: Mapping[str, float]) -> None:
    names, values = vtk.vtkStringArray(), vtk.vtkDoubleArray()
    names.SetName("Region")
    values.SetName("Volume (mL)")
    for key, volume_ml in volumes_ml.items():
        names.InsertNextValue(REGIONS[key].name)
        values.InsertNextValue(volume_ml)
    modified = node.StartModify()
    node.RemoveAllColumns()
    node.AddColumn(names)
    node.AddColumn(values)
    node.EndModify(modified)
