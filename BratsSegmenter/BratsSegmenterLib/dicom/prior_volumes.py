"""Volumes that a result of ours says: read from its report, counted in its SEG, or inside its contours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.drawn_on import series_drawn_on
from BratsSegmenterLib.dicom.notes_in_objects import stated_as_unmeasured, stated_notes
from BratsSegmenterLib.dicom.pixels import stored_values
from BratsSegmenterLib.dicom.provenance import ObjectKind, ResultObject, oldest_first
from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.dicom.report_reader import volumes_in_report
from BratsSegmenterLib.dicom.scanning import scan
from BratsSegmenterLib.dicom.study_results import read_regions, result_objects
from BratsSegmenterLib.dicom.volume import load_volume
from BratsSegmenterLib.domain import ED, ET, NCR, REGIONS, TC, WT, Region
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

_MM3_PER_ML = 1000
_BY_PREFERENCE = (ObjectKind.SR, ObjectKind.SEG, ObjectKind.RTSTRUCT)


def newest_result(files: Iterable[Path]) -> ResultObject | None:
    """The newest object of ours among the files that tells volumes; None when there is none.

    Of objects of one version the report is preferred, which carries the volumes as the reviewer saw them, then the SEG.
    """
    ours = [one for one in result_objects(files) if one.is_ours and one.kind in _BY_PREFERENCE]
    ours.sort(key=lambda one: _BY_PREFERENCE.index(one.kind), reverse=True)
    return next(reversed(oldest_first(ours)), None)


@disable_value_validation()
def volumes_of(result: ResultObject, images: Iterable[Path] = ()) -> dict[str, float]:
    """Millilitres by region key that an object of ours says.

    Parameters
    ----------
    result : ResultObject
        A report, a SEG or a structure set.
    images : iterable of Path
        Files among which is the series that a structure set was drawn on; others need none.

    Raises
    ------
    SeriesError
        The object is damaged, or the series of a structure set is not among the images.
    """
    try:
        match result.kind:
            case ObjectKind.SR:
                return volumes_in_report(read_header(result.path))
            case ObjectKind.SEG:
                drawn_ml = _volumes_in_seg(result)
            case _:
                drawn_ml = _volumes_in_structure_set(result, images)
    except (*UNREADABLE, IndexError) as error:
        raise SeriesError(f"{result.path.name} is a damaged result.", cause=type(error).__name__) from error
    unmeasured = stated_as_unmeasured(stated_notes([result])).keys() | _undivided(drawn_ml)
    return {
        region.key: volume_ml
        for region, volume_ml in _with_what_follows(drawn_ml).items()
        if region in drawn_ml or region.key not in unmeasured
    }


def _volumes_in_seg(seg: ResultObject) -> dict[Region, float]:
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
    return {REGIONS[key]: count * voxel_ml for key, count in counts.items() if key in REGIONS}


def _volumes_in_structure_set(structures: ResultObject, images: Iterable[Path]) -> dict[Region, float]:
    """Voxels inside the contours, on the grid of the series that they were drawn on.

    Gaps of the series are filled: where the contours lie on interpolated slices, a person had agreed to those.
    """
    series = series_drawn_on(structures, scan(images).series)
    if series is None:
        raise SeriesError(f"The images that {structures.path.name} was drawn on are not there.", "Fetch them too.")
    volume = load_volume(series, resample_gaps=True)
    segmentation, _tolerated = read_regions(structures, volume)
    voxel_ml = volume.geometry.voxel_volume_ml
    drawn = [region for key, region in REGIONS.items() if key in structures.region_names]
    return {region: int(segmentation.mask(region).sum()) * voxel_ml for region in drawn}


def _with_what_follows(drawn_ml: Mapping[Region, float]) -> dict[Region, float]:
    """Also the regions that were not drawn: leaves without voxels, except a cavity, and nested ones."""
    leaves_ml = {region: drawn_ml.get(region, 0.0) for region in (ET, NCR, ED)}
    core_ml = drawn_ml.get(TC, leaves_ml[ET] + leaves_ml[NCR])
    return {**leaves_ml, TC: core_ml, WT: core_ml + leaves_ml[ED], **drawn_ml}


def _undivided(drawn: Collection[Region]) -> set[str]:
    """Keys of the regions that a whole tumour or a core in which they were not drawn does not tell apart."""
    if WT in drawn and ED not in drawn and TC not in drawn:
        return {ED.key, TC.key, ET.key, NCR.key}
    return {ET.key, NCR.key} if TC in drawn and not {ET, NCR} & set(drawn) else set()
