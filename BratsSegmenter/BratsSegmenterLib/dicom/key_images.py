"""Key images: secondary captures (DICOM PS3.3 A.8) of the slices that show the result, with outlines and volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import compress
from pathlib import Path

import highdicom as hd
import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from BratsSegmenterLib.dicom.concepts import SOURCE_IMAGE, concept
from BratsSegmenterLib.dicom.key_image_page import Page, acquired_plane, chosen_slices
from BratsSegmenterLib.dicom.numbering import image_numbers
from BratsSegmenterLib.dicom.provenance import ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.dicom.reading import read_whole
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes, require_drawn_on
from BratsSegmenterLib.dicom.source_images import source_images
from BratsSegmenterLib.dicom.study_objects import image_item, put, reference_item, save, series_and_equipment, stamp
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.domain import Measurements, Segmentation, Sequence, Volume
from BratsSegmenterLib.pictures import Plane

_LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
_ORIENTATIONS = {Plane.AXIAL: ("L", "P"), Plane.CORONAL: ("L", "F"), Plane.SAGITTAL: ("P", "F")}


def write_key_images(
    folder: Path,
    volume: Volume,
    segmentation: Segmentation,
    measurements: Measurements,
    provenance: Provenance,
    images: Mapping[Sequence, NDArray[np.float32]] | None = None,
) -> tuple[WrittenObject, ...]:
    """Write a page for each slice on which a lesion was measured, and one for the slice with most tumour.

    Of more than eight measured lesions the first by RANO are drawn, and the pages say so.

    A secondary capture knows no predecessor; the key images of the version before are named as related images
    (Referenced Image Sequence, DICOM PS3.3 C.12.4), without a purpose, as no code of CID 7201 means this one.

    Parameters
    ----------
    folder : Path
        Where ``key-image-1.dcm`` and so on go.
    volume : Volume
        The reference volume.
    segmentation : Segmentation
        On its grid.
    measurements : Measurements
        Of that segmentation; its diameters are drawn.
    provenance : Provenance
    images : mapping of Sequence to ndarray, shape (slices, rows, columns), optional
        T1c and FLAIR on the reference grid, shown side by side; the reference volume itself, when not given.

    Returns
    -------
    tuple of WrittenObject
        In one new series.

    Raises
    ------
    ExportError
        The segmentation lies on another grid, has no voxels at all, or the disk refused.
    """
    require_drawn_on(volume, segmentation)
    series_uid = new_uid()
    written = []
    pages = _pages(volume, segmentation, measurements, provenance, images or {})
    for number, (plane, index, picture) in enumerate(pages, 1):
        dataset = _secondary_capture(picture, plane, volume, provenance)
        dataset.SeriesInstanceUID = series_uid
        dataset.InstanceNumber = number
        dataset.SourceImageSequence = _sources(volume, index, plane)
        written.append(save(dataset, folder / f"key-image-{number}.dcm", ObjectKind.KEY_IMAGE))
    return tuple(written)


def show_the_same(
    files: Iterable[Path],
    volume: Volume,
    segmentation: Segmentation,
    measurements: Measurements,
    provenance: Provenance,
    images: Mapping[Sequence, NDArray[np.float32]],
) -> bool:
    """Whether key images that were written before are, pixel for pixel, what :func:`write_key_images` would write.

    Raises
    ------
    SeriesError
        One of them cannot be read.
    """
    stored = sorted((read_whole(file) for file in files), key=lambda dataset: int(dataset.InstanceNumber))
    drawn = draw_pages(volume, segmentation, measurements, provenance, images)
    pairs = zip(stored, drawn, strict=False)
    return len(stored) == len(drawn) and all(np.array_equal(one.pixel_array, picture) for one, picture in pairs)


def draw_pages(
    volume: Volume,
    segmentation: Segmentation,
    measurements: Measurements,
    provenance: Provenance,
    images: Mapping[Sequence, NDArray[np.float32]],
) -> list[NDArray[np.uint8]]:
    """The pixels of the pages in their order, each of shape (rows, columns, 3)."""
    pages = _pages(volume, segmentation, measurements, provenance, images)
    return [np.asarray(picture) for _plane, _index, picture in pages]


def _pages(
    volume: Volume,
    segmentation: Segmentation,
    measurements: Measurements,
    provenance: Provenance,
    images: Mapping[Sequence, NDArray[np.float32]],
) -> Iterator[tuple[Plane, int, Image.Image]]:
    """Which slices are shown, and how."""
    shown = {sequence.value: array for sequence, array in images.items()} or {"Reference": volume.array}
    page = Page(shown, segmentation, measurements, provenance, image_numbers(volume))
    for plane, index in chosen_slices(segmentation, measurements):
        yield plane, index, page.draw(plane, index)


def _secondary_capture(picture: Image.Image, plane: Plane, volume: Volume, provenance: Provenance) -> SCImage:
    first_image = int(np.argmax(SlicePlanes(volume).has_image))
    dataset = SCImage.from_ref_dataset(
        ref_dataset=source_images(volume, [first_image])[0],
        pixel_array=np.asarray(picture),
        photometric_interpretation=hd.PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=_ORIENTATIONS[plane],
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **series_and_equipment(ObjectKind.KEY_IMAGE, provenance),
    )
    stamp(dataset, volume, provenance)
    dataset.SeriesDescription = provenance.series_description(ObjectKind.KEY_IMAGE)
    if provenance.reviewer:
        dataset.OperatorsName = provenance.reviewer
    earlier = provenance.predecessors_of(str(dataset.SOPClassUID))
    if earlier:
        dataset.ReferencedImageSequence = [reference_item(reference) for reference in earlier]
    _admit_lossy_compression(dataset, volume)
    _admit_burned_in_annotation(dataset, volume)
    dataset.BodyPartExamined = "BRAIN"
    dataset.DerivationDescription = "Outlines of segmented regions on the images they were drawn on"
    return dataset


def _admit_lossy_compression(dataset: Dataset, volume: Volume) -> None:
    """What once was compressed with a loss has lost it for good, whatever is made of it (PS3.3 C.7.6.1.1.5)."""
    header = volume.series.header
    if header.get("LossyImageCompression") == "01":
        for keyword in _LOSSY:
            if keyword in header:
                put(dataset, keyword, header[keyword].value)


def _admit_burned_in_annotation(dataset: Dataset, volume: Volume) -> None:
    """The page shows what is burnt into the images (PS3.3 C.7.6.1); that nothing is, of all of them, nobody says."""
    if volume.series.header.get("BurnedInAnnotation") == "YES":
        dataset.BurnedInAnnotation = "YES"


def _sources(volume: Volume, index: int, plane: Plane) -> list[Dataset]:
    """The image that the page shows; of a reformatted plane all images, as it cuts through each."""
    is_acquired_plane = plane is acquired_plane(volume.geometry)
    has_image = SlicePlanes(volume).has_image
    shown = [volume.frames[index]] if is_acquired_plane else list(compress(volume.frames, has_image))
    items = [image_item(frame) for frame in shown]
    for item in items:
        item.PurposeOfReferenceCodeSequence = [concept(SOURCE_IMAGE)]
    return items
