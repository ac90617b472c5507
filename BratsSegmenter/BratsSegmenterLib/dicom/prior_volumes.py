"""Volumes that a result of ours says: read from its report or counted in its SEG, without the images below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.pixels import stored_values
from BratsSegmenterLib.dicom.provenance import ObjectKind, ResultObject
from BratsSegmenterLib.dicom.reading import UNREADABLE, read_header
from BratsSegmenterLib.dicom.study_results import result_objects
from BratsSegmenterLib.domain import LEAF_REGIONS, NESTED_REGIONS, REGIONS
from BratsSegmenterLib.errors import SeriesError

_TRACKING_IDENTIFIER, _VOLUME = "112039", "118565006"
_MM3_PER_ML = 1000


@disable_value_validation()
def volumes_in(files: Iterable[Path]) -> dict[str, float]:
    """Millilitres by region key of the newest result of ours among the files; empty when there is none.

    Of objects of one time the report is believed, which carries the volumes as the reviewer saw them.

    Raises
    ------
    SeriesError
        The newest result is damaged.
    """
    readers = {ObjectKind.SR: _volumes_in_report, ObjectKind.SEG: _volumes_in_seg}
    ours = [one for one in result_objects(files) if one.is_ours and one.kind in readers]
    if not ours:
        return {}
    newest = max(ours, key=lambda one: (one.made_at, one.kind is ObjectKind.SR))
    try:
        return readers[newest.kind](newest)
    except (*UNREADABLE, IndexError) as error:
        raise SeriesError(f"{newest.path.name} is a damaged result.", cause=type(error).__name__) from error


def _volumes_in_report(report: ResultObject) -> dict[str, float]:
    """The volume of every measurement group whose tracking identifier is a region (PS3.16 TID 1411 and 1501)."""
    volumes_ml = {}
    for group in _items(read_header(report.path)):
        own = {item.ConceptNameCodeSequence[0].CodeValue: item for item in _children(group)}
        if _TRACKING_IDENTIFIER in own and _VOLUME in own:
            key = str(own[_TRACKING_IDENTIFIER].TextValue)
            if key in REGIONS:
                volumes_ml[key] = float(own[_VOLUME].MeasuredValueSequence[0].NumericValue) / _MM3_PER_ML
    return volumes_ml


def _items(item: Dataset) -> Iterator[Dataset]:
    yield item
    for child in item.get("ContentSequence") or []:
        yield from _items(child)


def _children(item: Dataset) -> list[Dataset]:
    return [child for child in item.get("ContentSequence") or [] if "ConceptNameCodeSequence" in child]


def _volumes_in_seg(seg: ResultObject) -> dict[str, float]:
    """Voxels of each segment times the size of one (PS3.3 C.7.6.16.2.1)."""
    header = read_header(seg.path)
    measures = header.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    depth_mm = float(measures.get("SpacingBetweenSlices") or measures.SliceThickness)
    voxel_ml = float(np.prod([float(side) for side in measures.PixelSpacing])) * depth_mm / _MM3_PER_ML
    keys = {int(segment.SegmentNumber): str(segment.TrackingID) for segment in header.SegmentSequence}
    counts = dict.fromkeys(keys.values(), 0)
    for group, frame in zip(header.PerFrameFunctionalGroupsSequence, stored_values(seg.path), strict=True):
        number = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        counts[keys[number]] += int(np.count_nonzero(frame))
    leaves = {region.label: counts.get(region.key, 0) * voxel_ml for region in LEAF_REGIONS}
    nested = {region.key: sum(leaves[label] for label in region.labels) for region in NESTED_REGIONS}
    return {region.key: leaves[region.label] for region in LEAF_REGIONS if region.key in counts} | nested
