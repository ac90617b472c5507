"""Decodes the stored values of one file, whatever its transfer syntax, and notices when they are damaged."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import get_decoder
from pydicom.uid import UID, MultiFrameGrayscaleWordSecondaryCaptureImageStorage, generate_uid

from BratsSegmenterLib.dicom.reading import frame_count, read_whole
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

_IMAGE_PIXEL_ATTRIBUTES = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
)


def stored_values(file: Path) -> NDArray:
    """Decode all frames of one monochrome file.

    Parameters
    ----------
    file : Path
        Classic or multi-frame MR image.

    Returns
    -------
    ndarray of int, shape (frames, rows, columns)
        Stored values before rescaling, frames in the order of the file.

    Raises
    ------
    SeriesError
        Colour images, a transfer syntax that nothing here can decode, damaged pixel data, or more images than the
        header counts.
    """
    dataset = read_whole(file)
    if dataset.get("SamplesPerPixel") != 1 or dataset.get("PhotometricInterpretation") != "MONOCHROME2":
        raise SeriesError(
            f"{file.name} holds a colour or inverted image, not MR intensities.", "Choose another series."
        )
    try:
        values = _decode(dataset)
    except (*UNREADABLE, RuntimeError) as error:
        raise SeriesError(
            f"{file.name} cannot be decoded: its pixel data is damaged or compressed in an unknown way.",
            "Fetch the series again, uncompressed where the archive can.",
            type(error).__name__,
        ) from error
    shape = (frame_count(dataset), dataset.Rows, dataset.Columns)
    if values.size != math.prod(shape):
        frames, rows, columns = shape
        raise SeriesError(
            f"{file.name} holds {values.size // (rows * columns)} images of {rows} x {columns} pixels, but its header "
            f"counts {frames}.",
            "Its count or the size of its images is wrong: have it repaired in the archive, or choose another series.",
        )
    return values.reshape(shape)


def _decode(dataset: Dataset) -> NDArray:
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if syntax.is_compressed and syntax.is_encapsulated and not get_decoder(syntax).is_available:
        return _decode_with_gdcm(dataset)
    return dataset.pixel_array


def _decode_with_gdcm(dataset: Dataset) -> NDArray:
    """Decode through SimpleITK, which brings GDCM; for JPEG Lossless where pydicom has no decoder.

    GDCM would rescale and reorder the frames of an MR object by itself. It gets the bare image as a secondary capture.
    """
    bare = Dataset()
    for keyword in _IMAGE_PIXEL_ATTRIBUTES:
        bare[keyword] = dataset[keyword]
    bare.NumberOfFrames = frame_count(dataset)
    bare.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    bare.SOPInstanceUID = generate_uid(prefix=None)
    bare.file_meta = FileMetaDataset()
    bare.file_meta.MediaStorageSOPClassUID = bare.SOPClassUID
    bare.file_meta.MediaStorageSOPInstanceUID = bare.SOPInstanceUID
    bare.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.dcm"
        bare.save_as(file, enforce_file_format=True)
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(file), imageIO="GDCMImageIO")))
