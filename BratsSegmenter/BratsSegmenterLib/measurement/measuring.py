"""Volumes and lesions of a segmentation, from its voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import (
    ET,
    LEAF_REGIONS,
    NCR,
    NESTED_REGIONS,
    RC,
    Diameters,
    Lesion,
    Measurements,
    Region,
    RegionVolume,
    Segmentation,
    as_found,
)
from BratsSegmenterLib.geometry import Geometry, bounding_box
from BratsSegmenterLib.measurement.diameters import axial_diameters

SMALLEST_MEASURED_MM = 5.0
"""Lesions whose longest diameter is shorter are counted and weighed, but not measured with calipers."""

_ANY_CONTACT = np.ones((3, 3, 3), bool)  # voxels that share a face, an edge or a corner belong together


def measure(segmentation: Segmentation, intervals: Mapping[str, tuple[float, float]] | None = None) -> Measurements:
    """Measure the regions and the enhancing lesions of a segmentation.

    Volumes are counts of voxels times the voxel's volume, for every region that the model could say something about.
    A lesion is a component of the enhancing tumour whose voxels touch by a face, an edge or a corner; one that is
    shorter than 5 mm has no diameters.

    Parameters
    ----------
    segmentation : Segmentation
    intervals : mapping of str to (float, float), optional
        Region key to the interval, in millilitres, that the model's uncertainty gives its volume.

    Returns
    -------
    Measurements
        Volumes of ET, NCR, ED, WT and TC, of RC only where there is one (without surgery there is no cavity), lesions
        from the largest.
    """
    counts = {region.label: int(np.count_nonzero(segmentation.labels == region.label)) for region in LEAF_REGIONS}
    voxel_ml = segmentation.geometry.voxel_volume_ml
    intervals = intervals or {}
    volumes = tuple(
        RegionVolume(
            as_found(region, None if ET.key in segmentation.not_measured else counts[ET.label]),
            sum(counts[label] for label in region.labels) * voxel_ml,
            intervals.get(region.key),
        )
        for region in (*LEAF_REGIONS, *NESTED_REGIONS)
        if region.key not in segmentation.not_measured and (region is not RC or counts[RC.label])
    )
    return Measurements(volumes, _lesions(segmentation, ET))


def _lesions(segmentation: Segmentation, region: Region) -> tuple[Lesion, ...]:
    mask = segmentation.labels == region.label
    if not mask.any():
        return ()
    around = bounding_box(mask)
    parts, count = ndimage.label(mask[around], structure=_ANY_CONTACT)
    geometry = segmentation.geometry.cropped(around)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    boxes = ndimage.find_objects(parts)
    necrosis, cavity = (segmentation.labels[around] == one.label for one in (NCR, RC))
    lesions = []
    for number, index in enumerate(np.argsort(-sizes, kind="stable"), 1):
        box = boxes[index]
        here = parts[box] == index + 1
        diameters = _diameters(here, necrosis[box], cavity[box], geometry.cropped(box), box[0].start + around[0].start)
        lesions.append(Lesion(region, number, int(sizes[index]) * geometry.voxel_volume_ml, diameters))
    return tuple(lesions)


def _diameters(
    lesion: NDArray[np.bool_],
    necrosis: NDArray[np.bool_],
    cavity: NDArray[np.bool_],
    geometry: Geometry,
    first_slice: int,
) -> Diameters | None:
    """Of a cropped lesion, with slices counted in the whole grid; None where a caliper finds nothing to measure."""
    extent_mm = np.linalg.norm(np.array(lesion.shape[::-1]) * geometry.spacing_mm)
    if extent_mm < SMALLEST_MEASURED_MM:
        return None
    diameters = axial_diameters(lesion, necrosis, cavity, geometry)
    if diameters.longest_mm < SMALLEST_MEASURED_MM:
        return None
    return replace(diameters, slice_index=diameters.slice_index + first_slice)
