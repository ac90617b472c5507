"""The gate before the push: every object is read again by another path and must say what the user sees."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.valuerep import PersonName

from BratsSegmenterLib.dicom.contour_volume import enclosed_volumes
from BratsSegmenterLib.dicom.contouring import EXACT, SMOOTH_TOLERANCE_PX, Contouring
from BratsSegmenterLib.dicom.dcmqi_tools import run_dcmqi
from BratsSegmenterLib.dicom.key_images import draw_pages
from BratsSegmenterLib.dicom.provenance import ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.dicom.reading import read_header, read_whole
from BratsSegmenterLib.dicom.references import check_references
from BratsSegmenterLib.dicom.report_reader import observer_in, sources_in_report
from BratsSegmenterLib.dicom.rtstruct_reader import read_rtstruct
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.domain import REGIONS, Measurements, Region, Segmentation, Volume
from BratsSegmenterLib.domain import Sequence as MrSequence
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.geometry import bounding_box

_RELATIVE_TOLERANCE = 1e-3
_ROUNDING = 5e-3
_NAMES_OF_REVIEWER = ("ReviewerName", "OperatorsName", "ContentCreatorName")
_STOPPED = "Nothing was sent. Please report this; the segmentation itself is kept."


@dataclass(frozen=True)
class Verified:
    """An object that passed the gate, and in a sentence what was compared."""

    written: WrittenObject
    sentence: str


def verify_objects(
    objects: Iterable[WrittenObject],
    volume: Volume,
    segmentation: Segmentation,
    measurements: Measurements,
    provenance: Provenance,
    known_uids: Collection[str] = (),
    contouring: Contouring = EXACT,
    images: Mapping[MrSequence, NDArray[np.float32]] | None = None,
) -> tuple[Verified, ...]:
    """Read every written object again, RTSTRUCT, SEG and SR by a path that shares no code with its writer, and compare.

    RTSTRUCT is filled by a scan-line rasteriser, SEG and SR are read by dcmqi. RTSTRUCT and SEG may not differ in a
    single voxel, nested regions being the union of their leaves; SR not by more than 0.1 % from the volumes of the
    voxels and from the diameters; both must name and code the regions as they are. Smooth contours must keep all voxels
    too, enclose a volume that stays within their tolerance, and say in the object that they are smooth. Key images must
    be, pixel for pixel, the pages as they are drawn again. All references must lead to the right images, and whoever is
    named as having reviewed the result must be the reviewer.

    Parameters
    ----------
    objects : iterable of WrittenObject
    volume : Volume
        The reference volume.
    segmentation : Segmentation
        What the user sees.
    measurements : Measurements
        What the user's table says.
    provenance : Provenance
        What the objects are to say about their making.
    known_uids : collection of str
        SOP Instance UIDs of further objects of the study that may be referred to, such as predecessors.
    contouring : Contouring
        How the structure set was to be drawn.
    images : mapping of Sequence to ndarray of float32, shape (slices, rows, columns), optional
        What the key images were drawn on; the reference volume itself, when not given.

    Raises
    ------
    ExportError
        Names the object, the region and the difference.
    """
    objects = tuple(objects)
    check_references(objects, [volume], known_uids)
    for written in objects:
        _require_statements(written, provenance)
    has_pages = any(written.kind is ObjectKind.KEY_IMAGE for written in objects)
    pages = draw_pages(volume, segmentation, measurements, provenance, images or {}) if has_pages else []
    return tuple(
        Verified(written, _verify(written, volume, segmentation, measurements, contouring, pages))
        for written in objects
    )


def _verify(
    written: WrittenObject,
    volume: Volume,
    segmentation: Segmentation,
    measurements: Measurements,
    contouring: Contouring,
    pages: Sequence[NDArray[np.uint8]],
) -> str:
    match written.kind:
        case ObjectKind.RTSTRUCT:
            return _verify_rtstruct(written.path, volume, segmentation, contouring)
        case ObjectKind.SEG:
            return _verify_seg(written.path, segmentation)
        case ObjectKind.SR:
            return _verify_report(written.path, volume, segmentation, measurements)
        case ObjectKind.KEY_IMAGE:
            return _verify_key_image(written.path, pages)


def _require_statements(written: WrittenObject, provenance: Provenance) -> None:
    """That the object names the reviewer as she writes herself, whatever characters those of the images allow.

    And that the line by which viewers list it says who stands behind it.
    """
    header = read_header(written.path)
    verified_by = [observer.VerifyingObserverName for observer in header.get("VerifyingObserverSequence") or []]
    named = [*(header.get(keyword) for keyword in _NAMES_OF_REVIEWER), *verified_by, observer_in(header)]
    if any(name and name != PersonName(provenance.reviewer) for name in named):
        raise ExportError(f"The {written.kind.name} names another reviewer than the one who was given.", _STOPPED)
    expected = Dataset()
    expected.SeriesDescription = provenance.series_description(written.kind)
    if header.get("SeriesDescription") != expected.SeriesDescription:
        raise ExportError(f"The {written.kind.name} has another series description than it was given.", _STOPPED)


def _verify_rtstruct(path: Path, volume: Volume, segmentation: Segmentation, contouring: Contouring) -> str:
    try:
        masks = read_rtstruct(path, volume).masks
    except SeriesError as error:
        raise ExportError(f"The RTSTRUCT cannot be read back: {error.what}", _STOPPED, error.cause) from error
    _require_regions("RTSTRUCT", masks, segmentation, contouring.regions(segmentation))
    for key, mask in masks.items():
        _require_equal("RTSTRUCT", key, mask, segmentation.mask(REGIONS[key]))
    smoothed = f" {_verify_smoothness(path, segmentation, contouring)}" if contouring.smooth else ""
    return f"RTSTRUCT: {', '.join(masks)} filled by scan lines, 0 voxels differ.{smoothed}"


def _verify_smoothness(path: Path, segmentation: Segmentation, contouring: Contouring) -> str:
    """That the contours enclose no more less than a rim of the tolerance's width, and that the object says so."""
    if contouring.description not in str(read_whole(path).get("StructureSetDescription") or ""):
        raise ExportError("The RTSTRUCT does not say that its contours are smooth.", _STOPPED)
    column_mm, row_mm, slice_mm = segmentation.geometry.spacing_mm
    rim_mm = SMOOTH_TOLERANCE_PX * max(column_mm, row_mm)
    largest = 0.0
    for key, enclosed in enclosed_volumes(path, slice_mm).items():
        volume_ml = np.count_nonzero(segmentation.mask(REGIONS[key])) * segmentation.geometry.voxel_volume_ml
        if abs(enclosed.volume_ml - volume_ml) > rim_mm * enclosed.outline_mm * slice_mm / 1000:
            raise _differs("RTSTRUCT", key, f"its contours enclose {enclosed.volume_ml:.2f} of {volume_ml:.2f} mL")
        largest = max(largest, abs(enclosed.volume_ml / volume_ml - 1))
    return f"Smooth contours enclose up to {largest:.1%} less than the voxels."


def _verify_seg(path: Path, segmentation: Segmentation) -> str:
    box = bounding_box(segmentation.labels > 0)
    around = segmentation.geometry.cropped(box)
    labels = segmentation.labels[box]
    found: dict[str, NDArray[np.bool_]] = {}
    described: dict[str, Mapping[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        run_dcmqi("segimage2itkimage", "--inputDICOM", path, "--outputDirectory", folder, "--mergeSegments")
        groups = json.loads((Path(folder) / "meta.json").read_text(encoding="utf-8"))["segmentAttributes"]
        for number, group in enumerate(groups, 1):
            stored = sitk.ReadImage(str(Path(folder) / f"{number}.nrrd"))
            here = sitk.Resample(stored, around.image(labels), sitk.Transform(), sitk.sitkNearestNeighbor, 0)
            values, everywhere = sitk.GetArrayFromImage(here), sitk.GetArrayViewFromImage(stored)
            for segment in group:
                key = segment["TrackingIdentifier"]
                described[key] = segment
                found[key] = values == segment["labelID"]
                outside = np.count_nonzero(everywhere == segment["labelID"]) - np.count_nonzero(found[key])
                if outside:
                    raise _differs("SEG", key, f"{outside} voxels outside the segmentation")
    _require_regions("SEG", found, segmentation, segmentation.told_apart)
    for region in segmentation.told_apart:
        if region.key in described:
            _require_name(region, described[region.key])
    _require_measures(path, segmentation)
    for key, mask in found.items():
        _require_equal("SEG", key, mask, np.isin(labels, REGIONS[key].labels))
    return f"SEG: {', '.join(found)} read by dcmqi, 0 voxels differ."


def _require_name(region: Region, segment: Mapping[str, Any]) -> None:
    """That viewers, which show label and type of a segment, call the region what it is."""
    if segment["SegmentLabel"] != region.name:
        raise _differs("SEG", region.key, f"it is called '{segment['SegmentLabel']}'")
    _require_code("SEG", region, segment["SegmentedPropertyTypeCodeSequence"])


def _require_code(kind: str, region: Region, code: Mapping[str, str]) -> None:
    if (code["CodeValue"], code["CodingSchemeDesignator"]) != (region.code.value, region.code.scheme):
        raise _differs(kind, region.key, f"it is coded as '{code['CodeMeaning']}'")


def _require_measures(path: Path, segmentation: Segmentation) -> None:
    """That readers which go by the stated size of a voxel, not by positions as dcmqi does, count the same volume."""
    measures = read_whole(path).SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    stated_mm = [*reversed(measures.PixelSpacing), measures.SpacingBetweenSlices]
    if not np.allclose(np.array(stated_mm, float), segmentation.geometry.spacing_mm, rtol=_RELATIVE_TOLERANCE):
        sides = " x ".join(f"{float(side_mm):g}" for side_mm in stated_mm)
        raise ExportError(f"The SEG states voxels of {sides} mm, which is not their size.", _STOPPED)


def _verify_report(path: Path, volume: Volume, segmentation: Segmentation, measurements: Measurements) -> str:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        run_dcmqi("tid1500reader", "--inputDICOM", path, "--outputMetadata", report)
        groups = json.loads(report.read_text(encoding="utf-8")).get("Measurements")
    if groups is None:
        raise ExportError("The SR cannot be read back: no measurement is found in it.", _STOPPED)
    reported = {
        (group["TrackingIdentifier"], item["quantity"]["CodeMeaning"], item["units"]["CodeValue"]): float(item["value"])
        for group in groups
        for item in group["measurementItems"]
    }
    expected = _expected_values(segmentation, measurements)
    largest = 0.0
    for (key, quantity, unit), value in expected.items():
        given = reported.pop((key, quantity, unit), None)
        if given is None:
            raise _differs("SR", key, f"the {quantity.lower()} in {unit} is missing")
        if abs(given - value) > _RELATIVE_TOLERANCE * value + _ROUNDING:
            raise _differs("SR", key, f"{quantity.lower()} {given:g} instead of {value:g}")
        largest = max(largest, abs(given - value) / value if value else 0.0)
    for key, quantity, unit in reported:
        raise _differs("SR", key, f"a {quantity.lower()} in {unit} that was not measured")
    regions = {measured.region.key: measured.region for measured in measurements.volumes}
    for group in groups:
        key, *_number = group["TrackingIdentifier"].split()
        _require_code("SR", regions[key], group["Finding"])
    _require_sources(path, volume, segmentation)
    return f"SR: {len(expected)} values read by dcmqi, the largest difference is {largest:.2%}."


def _require_sources(path: Path, volume: Volume, segmentation: Segmentation) -> None:
    """That a region is said to be drawn on the images and frames that it lies on, unless it lies between them alone."""
    has_image = SlicePlanes(volume).has_image
    for key, named in sources_in_report(read_whole(path)).items():
        slices = np.flatnonzero(segmentation.mask(REGIONS[key]).any(axis=(1, 2)) & has_image)
        lies_on = {(volume.frames[k].sop_instance_uid, volume.frames[k].number) for k in slices}
        if lies_on and named != lies_on:
            raise _differs("SR", key, "it is said to be drawn on other images")


def _expected_values(segmentation: Segmentation, measurements: Measurements) -> dict[tuple[str, str, str], float]:
    """By group, quantity and unit (UCUM): cubic millimetres counted in voxels, millimetres of the user's table."""
    values: dict[tuple[str, str, str], float] = {}
    for measured in measurements.volumes:
        voxels = np.count_nonzero(segmentation.mask(measured.region))
        values[measured.region.key, "Volume", "mm3"] = voxels * segmentation.geometry.voxel_volume_ml * 1000
    for lesion in measurements.lesions:
        if lesion.diameters:
            group = f"{lesion.region.key} {lesion.number}"
            values[group, "Volume", "mm3"] = lesion.volume_ml * 1000
            values[group, "Long Axis", "mm"] = lesion.diameters.longest_mm
            values[group, "Short Axis", "mm"] = lesion.diameters.perpendicular_mm
    return values


def _verify_key_image(path: Path, pages: Sequence[NDArray[np.uint8]]) -> str:
    dataset = read_whole(path)
    number = int(dataset.InstanceNumber)
    if not np.array_equal(dataset.pixel_array, pages[number - 1]):
        raise ExportError(f"Key image {number} does not show what was drawn.", _STOPPED)
    return f"Key image: {dataset.Columns} x {dataset.Rows} pixels as drawn again, 0 differ."


def _require_regions(
    kind: str, found: Collection[str], segmentation: Segmentation, expected: Collection[Region]
) -> None:
    for region in expected:
        if region.key not in found and segmentation.mask(region).any():
            raise _differs(kind, region.key, "it is missing")
    for key in found:
        if key not in {region.key for region in expected}:
            raise _differs(kind, key, "nobody drew it")


def _require_equal(kind: str, key: str, found: NDArray[np.bool_], expected: NDArray[np.bool_]) -> None:
    difference = np.count_nonzero(found != expected)
    if difference:
        raise _differs(kind, key, f"{difference} voxels differ, {np.count_nonzero(expected)} are drawn")


def _differs(kind: str, key: str, difference: str) -> ExportError:
    return ExportError(f"The {kind} does not say what you see. Region {key}: {difference}.", _STOPPED)
