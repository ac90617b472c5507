"""Region by region: accepted, taken back to what the model drew, compared with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS, REGIONS, Region
from BratsSegmenterLib.measurement import changed_regions
from BratsSegmenterLib.scene.comparison import Comparison
from BratsSegmenterLib.scene.review import Review


class RegionReview:
    """What a radiologist decides about each leaf region of the reviewed study.

    Parameters
    ----------
    review : Review
        Holds the segments and the model's own label map.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self._comparison: Comparison | None = None
        self._compared: frozenset[str] = frozenset()
        self._seen: NDArray[np.uint8] | None = None
        self._seen_in = ""
        self._accepted_in: dict[str, NDArray[np.uint8]] = {}

    @property
    def regions(self) -> tuple[Region, ...]:
        """The leaf regions that have a segment, in the order of the domain."""
        segmentation = self._review.parameters.segmentation
        if segmentation is None:
            return ()
        ids = segmentation.GetSegmentation().GetSegmentIDs()
        return tuple(region for region in LEAF_REGIONS if region.key in ids)

    @property
    def accepted(self) -> frozenset[str]:
        """Keys of the regions that were accepted as they are drawn."""
        return self._review.parameters.accepted

    def accept(self, key: str, is_accepted: bool) -> None:
        """Keep in the scene whether a region is accepted as it is now."""
        labels = self._review.labels
        assert labels is not None, "a result is shown"
        if is_accepted:
            self._accepted_in[key] = labels
        else:
            self._accepted_in.pop(key, None)
        self._review.parameters.store_accepted(self.accepted | {key} if is_accepted else self.accepted - {key})

    def follow_edit(self) -> frozenset[str]:
        """Keys of the regions that changed since the last call: what is drawn otherwise is not accepted any more.

        What an undo draws again as it was accepted is accepted again; on its way, Slicer changes one segment after the
        other, others than those that the edit had changed among them.
        """
        labels = self._review.labels
        if labels is None:
            return frozenset()
        seen, self._seen = self._seen, labels
        seen_in, self._seen_in = self._seen_in, self._review.parameters.segmentation.GetID()
        if seen is None or seen_in != self._seen_in:
            self._accepted_in = dict.fromkeys(self.accepted, labels)
            return frozenset()
        accepted = {key for key, then in self._accepted_in.items() if key not in changed_regions(then, labels)}
        if accepted != self.accepted:
            self._review.parameters.store_accepted(accepted)
        return changed_regions(seen, labels)

    def reset(self, key: str) -> None:
        """Give a region the voxels back that the model drew; what it gives up is again what the model saw there.

        Voxels of other regions stay, except where the model drew this one.
        """
        labels, model_labels = self._review.labels, self._review.model_labels
        assert labels is not None, "a result is shown"
        assert model_labels is not None, "a result is shown"
        label = REGIONS[key].label
        self._review.draw(np.where((labels == label) | (model_labels == label), model_labels, labels))

    def compare(self, key: str, wanted: bool) -> None:
        """Show the model's outline of a region over the edited one, or hide it; anew where the user deleted it."""
        self._compared = self._compared | {key} if wanted else self._compared - {key}
        if self._comparison is not None and not self._comparison.is_in_scene:
            self._comparison = None
        if self._comparison is None and wanted:
            parameters = self._review.parameters
            self._comparison = Comparison(parameters.result.labels, parameters.reference, parameters.study)
        if self._comparison is not None:
            for region in self.regions:
                self._comparison.show(region.key, region.key in self._compared)

    def release(self) -> None:
        """Take the model's outlines out of the scene and forget what was seen."""
        if self._comparison is not None:
            self._comparison.remove()
        self._comparison = self._seen = None
        self._compared = frozenset()
        self._accepted_in = {}
