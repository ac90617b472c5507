"""A result that is under review no more: what is kept of it on the disk need not stay in the scene."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.scene.hierarchy import remove_from_scene
from BratsSegmenterLib.scene.segments import drawn_beside_regions, overlapping_regions
from BratsSegmenterLib.scene.volumes import geometry_of
from BratsSegmenterLib.study import JobFolder, KeptStudy, holds_unsent


@dataclass(frozen=True, eq=False)
class LeftResult:
    """The nodes of a result, and what is drawn in them.

    Attributes
    ----------
    nodes : tuple of vtkMRMLNode
        All that were loaded or made for it, as far as they are in the scene.
    segmentation : vtkMRMLSegmentationNode or None
        One of them; None where the user removed it.
    folder : Path
        Its job folder.
    labels, model_labels, sent : ndarray of uint8, shape (slices, rows, columns), or None
        What is drawn, what the model drew, what was last sent; None where that is not known.
    reference : vtkMRMLScalarVolumeNode or None
        The volume in whose grid they are.
    """

    nodes: tuple[Any, ...]
    segmentation: Any
    folder: Path
    labels: NDArray[np.uint8] | None = field(repr=False)
    model_labels: NDArray[np.uint8] | None = field(repr=False)
    sent: NDArray[np.uint8] | None = field(repr=False)
    reference: Any

    def remove(self) -> bool:
        """Take it out of the scene, unless something of it is nowhere else; whether it went.

        What is seen in the scene alone is corrections that the disk refused, those of a loaded scene whose study is not
        kept here, and what was drawn beside the regions or in two of them at once.
        """
        if not self._is_kept:
            return False
        remove_from_scene(self.nodes)
        return True

    @property
    def _is_kept(self) -> bool:
        if self.segmentation is None:
            return True
        if self.labels is None or drawn_beside_regions(self.segmentation) or self._overlaps:
            return False
        made_before = (one for one in (self.model_labels, self.sent) if one is not None)
        return any(np.array_equal(self.labels, one) for one in made_before) or self._is_kept_as_unsent(self.labels)

    @property
    def _overlaps(self) -> bool:
        return self.reference is not None and bool(overlapping_regions(self.segmentation, self.reference))

    def _is_kept_as_unsent(self, labels: NDArray[np.uint8]) -> bool:
        if self.reference is None or KeptStudy(self.folder).result is None:
            return False
        return holds_unsent(JobFolder(self.folder), labels, geometry_of(self.reference))
