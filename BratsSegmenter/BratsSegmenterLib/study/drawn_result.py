"""A label map that a person drew on a kept result, with what the model said of it that still holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from BratsSegmenterLib.domain import REGIONS, Segmentation
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.measurement import changed_regions, still_not_measured
from BratsSegmenterLib.slice_names import ImageNumbers
from BratsSegmenterLib.study.job_folder import JobFolder


@dataclass(frozen=True, eq=False)
class DrawnResult:
    """A label map and what is known of it.

    Attributes
    ----------
    segmentation : Segmentation
        By the name of the model, and with what neither it could measure nor a person drew.
    intervals_ml : mapping of str to (float, float)
        By region key, of the regions that are as the model drew them.
    is_changed : bool
        A person changed something.
    image_numbers : ImageNumbers or None
        Of its slices; None where they are not known.
    """

    segmentation: Segmentation
    intervals_ml: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    is_changed: bool = False
    image_numbers: ImageNumbers | None = None


def compared_with_model(folder: JobFolder, drawn: Segmentation) -> DrawnResult:
    """Hold a label map against the result of a job folder: what of it differs is a person's, the rest the model's.

    Raises
    ------
    ExportError
        Nothing has been segmented in this folder, or the model's label map is gone or damaged.
    """
    record, model = folder.record(), read_labelmap(folder.segmentation)
    changed = _changed(model, drawn)
    segmentation = replace(
        drawn, algorithm=record.algorithm, not_measured=still_not_measured(record.not_measured, changed)
    )
    intervals_ml = {key: ml for key, ml in record.intervals_ml.items() if key not in changed}
    numbers = record.image_numbers if model.geometry.is_close(drawn.geometry) else None
    return DrawnResult(segmentation, intervals_ml, is_changed=bool(changed), image_numbers=numbers)


def _changed(model: Segmentation, drawn: Segmentation) -> Collection[str]:
    """Keys of the regions that differ from the model's; all where the grid is another."""
    if model.labels.shape != drawn.labels.shape:
        return REGIONS.keys()
    return changed_regions(model.labels, drawn.labels)
