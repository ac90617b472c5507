"""The things that flow between the rooms: sequences, regions, series, volumes, cases, segmentations, measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.sentence_form import SentenceForm

if TYPE_CHECKING:
    from pydicom import Dataset


class Sequence(Enum):
    """The four MR sequences of a glioma protocol; the value is the role's name in files, tables and JSON.

    In the order of the channels of every prepared image.
    """

    T1 = "T1"
    T1C = "T1c"
    T2 = "T2"
    FLAIR = "FLAIR"

    @property
    def channel(self) -> int:
        """Its channel of every prepared image."""
        return list(Sequence).index(self)


@dataclass(frozen=True)
class PreprocessingSteps:
    """The steps of the pre-processing that can be switched off; one that is, is named in the findings.

    Attributes
    ----------
    registration : bool
        Move the other sequences rigidly onto the reference. Off: the positions in the headers are believed.
    bias_correction : bool
        Remove the slow shading of the coils (N4).
    brain_mask : bool
        Remove skull, scalp, eyes and neck. Off: the whole head is kept.
    """

    registration: bool = True
    bias_correction: bool = True
    brain_mask: bool = True


class Code(NamedTuple):
    """A coded concept (DICOM PS3.3 8.1): value, coding scheme designator, meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True)
class Region:
    """A tumour region: its short key, its name, the label values it is made of, its display colour and its code.

    Attributes
    ----------
    key : str
        The field's abbreviation, at most 16 characters, unique.
    name : str
        What the radiologist reads.
    labels : tuple of int
        Values of the label map that belong to it: one for a leaf, several for a nested region.
    colour : tuple of int
        Red, green, blue, 0 to 255; those of the leaf regions differ for colour-blind eyes and on grey prints, too.
    code : Code
        Segmented property type (DICOM CID 7159), private where the standard has none.
    """

    key: str
    name: str
    labels: tuple[int, ...]
    colour: tuple[int, int, int]
    code: Code

    @property
    def unmeasured(self) -> SentenceForm:
        """That a result says nothing about it, and why."""
        return SentenceForm(f"{self.name} is not measured: {{}}.")

    @property
    def label(self) -> int:
        """The label value of a leaf region."""
        (label,) = self.labels
        return label


NCR = Region("NCR", "Necrotic core", (1,), (70, 85, 255), Code("6574001", "SCT", "Necrosis"))
ED = Region("ED", "Oedema", (2,), (50, 245, 175), Code("79654002", "SCT", "Edema"))
ET = Region("ET", "Enhancing tumour", (3,), (255, 70, 60), Code("C113842", "NCIt", "Enhancing Lesion"))
RC = Region("RC", "Resection cavity", (4,), (255, 255, 40), Code("RC", "99BRATSSEG", "Resection cavity"))
WT = Region("WT", "Whole tumour", (1, 2, 3), (165, 100, 235), Code("108369006", "SCT", "Neoplasm"))
TC = Region("TC", "Tumour core", (1, 3), (255, 160, 60), Code("372087000", "SCT", "Neoplasm, Primary"))

LEAF_REGIONS = (ET, NCR, ED, RC)
NESTED_REGIONS = (WT, TC)
NON_ENHANCING = replace(NCR, name="Non-enhancing core", code=Code("C81175", "NCIt", "Non-Enhancing Lesion"))
"""What NCR is called where nothing enhances: its label stands for tumour that does not enhance, too (BraTS: NCR/NET),
and necrosis, a criterion of grade 4, would be claimed of a tumour that shows none."""

REGIONS = {region.key: region for region in (*LEAF_REGIONS, *NESTED_REGIONS)}


def as_found(region: Region, enhancing: float | None) -> Region:
    """What a region is called in a result.

    Parameters
    ----------
    region : Region
    enhancing : float or None
        How much enhancing tumour the result has, in any unit; None where it was not measured.
    """
    return NON_ENHANCING if region is NCR and enhancing == 0 else region


MORPHOLOGICALLY_ABNORMAL_STRUCTURE = Code("49755003", "SCT", "Morphologically Abnormal Structure")
BRAIN = Code("12738006", "SCT", "Brain")


@dataclass(frozen=True)
class Frame:
    """One slice's image as the archive knows it.

    Attributes
    ----------
    file : Path
        The DICOM file that holds it.
    sop_class_uid, sop_instance_uid : str
        Of that file.
    number : int or None
        Frame number counted from 1 in an enhanced multi-frame object; None in a classic one.
    position_mm : tuple of float
        Image Position (Patient): centre of the first voxel, LPS millimetres.
    image_number : int or None
        By which viewers show it: Instance Number of a classic image, else the frame number; None where it has none.
    """

    file: Path
    sop_class_uid: str
    sop_instance_uid: str
    number: int | None
    position_mm: tuple[float, float, float]
    image_number: int | None = None


def series_label(number: int | None, key: str) -> str:
    """How sentences name a series: by number or UID, and stack. Its description can hold a patient's name."""
    uid, _, stack = key.partition("#")
    name = f"Series {number}" if number is not None else f"Series {uid[-12:]}"
    return f"{name}, stack {stack}" if stack else name


@dataclass(frozen=True, eq=False)
class Series:
    """One DICOM series, or one stack of slices where a series holds several.

    Attributes
    ----------
    key : str
        Unique within the study: the Series Instance UID, with ``#n`` behind it for the n-th of several stacks.
    description : str
        Series Description. It can hold a patient's name: show it, never log it.
    frames : tuple of Frame
        In the order of the files and frames, not sorted in space.
    header : pydicom.Dataset
        Attributes of the first instance without pixel data; an enhanced object's shared and first per-frame
        functional groups included.
    fault : str
        Sentence why it is no regular volume and cannot be loaded; empty when it can.
    gap : str
        Sentence about the first gap between its slices; it can be loaded only when the user agrees to resampling.
    """

    key: str
    study_uid: str
    series_uid: str
    modality: str
    description: str
    number: int | None
    frame_of_reference_uid: str
    frames: tuple[Frame, ...] = field(repr=False)
    header: Dataset = field(repr=False)
    fault: str = ""
    gap: str = ""

    @property
    def label(self) -> str:
        """How sentences and logs name it, free of identities."""
        return series_label(self.number, self.key)

    @property
    def files(self) -> tuple[Path, ...]:
        """The distinct files of the series, in order."""
        return tuple(dict.fromkeys(frame.file for frame in self.frames))


@dataclass(frozen=True, eq=False)
class Volume:
    """An image with its exact geometry and the source of every slice.

    Attributes
    ----------
    array : ndarray of float32, shape (slices, rows, columns)
        Values after the rescale slope and intercept of each slice.
    geometry : Geometry
        Of that array.
    frames : tuple of Frame
        Source of slice k, sorted as the array's first axis.
    series : Series
        Where it came from.
    is_resampled : bool
        Whether slices of it were interpolated.
    """

    array: NDArray[np.float32] = field(repr=False)
    geometry: Geometry
    frames: tuple[Frame, ...] = field(repr=False)
    series: Series
    is_resampled: bool = False


@dataclass(frozen=True, eq=False)
class Case:
    """The recognised volumes of one study.

    Attributes
    ----------
    volumes : mapping of Sequence to Volume
    reference : Sequence
        In whose own grid the result is drawn, edited and exported: T1c, else the best there is.
    notes : tuple of str
        Sentences for the user: what is missing and what therefore will not be measured.
    """

    volumes: Mapping[Sequence, Volume]
    reference: Sequence
    notes: tuple[str, ...] = ()

    @property
    def reference_volume(self) -> Volume:
        """The volume of the reference sequence."""
        return self.volumes[self.reference]


DRAWN_IN = "drawn in "


@dataclass(frozen=True)
class Algorithm:
    """What it was drawn with: the bundle's name and version, and the SHA-256 of its weights.

    Attributes
    ----------
    brain_model : str
        Name and version of the model whose brain mask it was shown; empty where the mask is no model's.
    is_model : bool
        Whether a model of ours drew it. Else `name` is another maker's program, and who drew it there is not known.
    """

    name: str
    version: str
    weights_sha256: str
    brain_model: str = ""
    is_model: bool = True

    @property
    def title(self) -> str:
        """Of the model: name and version. Else where it was drawn."""
        return f"{self.name} {self.version}" if self.is_model else f"{DRAWN_IN}{self.name}"

    @property
    def author(self) -> str:
        """For the statement of who stands behind a result."""
        return "AI" if self.is_model else self.title


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A label map in the reference volume's own grid.

    Attributes
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
        0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    geometry : Geometry
        Of the reference volume.
    algorithm : Algorithm
    not_measured : mapping of str to str
        Region key to the reason why the model could not say anything about it.
    uncertainty : ndarray of float32, shape of labels, or None
        Entropy of the voxel's least certain region, 0 (sure) to 1 (a coin's toss).
    """

    labels: NDArray[np.uint8] = field(repr=False)
    geometry: Geometry
    algorithm: Algorithm
    not_measured: Mapping[str, str] = field(default_factory=dict)
    uncertainty: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def told_apart(self) -> tuple[Region, ...]:
        """The regions that its labels are the outlines of, with or without voxels.

        They are the leaf regions; only where the whole tumour was measured and oedema was not, what is labelled
        oedema is the whole tumour without the parts that are labelled beside it, and so is necrosis of a tumour core.
        """
        undivided = {
            rest: nested
            for nested, rest in ((WT, ED), (TC, NCR))
            if rest.key in self.not_measured and nested.key not in self.not_measured
        }
        enhancing = None if ET.key in self.not_measured else int(np.count_nonzero(self.labels == ET.label))
        return tuple(undivided.get(region, as_found(region, enhancing)) for region in LEAF_REGIONS)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is drawn."""
        return not self.labels.any()

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Voxels of a leaf or nested region, shape of :attr:`labels`."""
        return np.isin(self.labels, region.labels)


INTERVAL_COVERAGE = 0.9
"""Share of cases whose true volume an interval is meant to hold."""


@dataclass(frozen=True)
class RegionVolume:
    """Volume of one region in millilitres, with the interval the model's uncertainty gives, when it gives one."""

    region: Region
    volume_ml: float
    interval_ml: tuple[float, float] | None = None


@dataclass(frozen=True)
class Diameters:
    """Longest in-plane diameter of a lesion and the longest one perpendicular to it on the same slice (RANO).

    Attributes
    ----------
    slice_index : int
        Slice k of the reference grid.
    longest_mm, perpendicular_mm : float
    longest_ends, perpendicular_ends : tuple of two (x, y, z) tuples
        End points, LPS millimetres.
    is_measurable : bool
        Whether RANO counts the lesion among those whose change can be measured.
    is_reformatted : bool
        Whether they lie on an axial plane that was cut out of sagittal or coronal slices.
    """

    slice_index: int
    longest_mm: float
    perpendicular_mm: float
    longest_ends: tuple[tuple[float, float, float], tuple[float, float, float]]
    perpendicular_ends: tuple[tuple[float, float, float], tuple[float, float, float]]
    is_measurable: bool = False
    is_reformatted: bool = False

    @property
    def product_mm2(self) -> float:
        """By which RANO follows a lesion."""
        return self.longest_mm * self.perpendicular_mm

    @property
    def middle_mm(self) -> tuple[float, float, float]:
        """Of the longest diameter, LPS."""
        (x1, y1, z1), (x2, y2, z2) = self.longest_ends
        return (x1 + x2) / 2, (y1 + y2) / 2, (z1 + z2) / 2


@dataclass(frozen=True)
class Lesion:
    """One connected component of a region, numbered from the largest, 1."""

    region: Region
    number: int
    volume_ml: float
    diameters: Diameters | None


@dataclass(frozen=True)
class Measurements:
    """What is measured on one segmentation."""

    volumes: tuple[RegionVolume, ...]
    lesions: tuple[Lesion, ...] = ()

    @property
    def volumes_ml(self) -> dict[str, float]:
        """Of the regions that are measured, by their keys."""
        return {volume.region.key: volume.volume_ml for volume in self.volumes}

    @property
    def intervals_ml(self) -> dict[str, tuple[float, float]]:
        """Of the volumes that have one, by the keys of their regions."""
        return {volume.region.key: volume.interval_ml for volume in self.volumes if volume.interval_ml}

    @property
    def lesions_by_size(self) -> tuple[Lesion, ...]:
        """Those that have diameters: what RANO counts as measurable first, then by the product, the largest first."""
        measured = [(lesion.diameters, lesion) for lesion in self.lesions if lesion.diameters is not None]
        measured.sort(key=lambda pair: (pair[0].is_measurable, pair[0].product_mm2), reverse=True)
        return tuple(lesion for _diameters, lesion in measured)

    @property
    def measurable(self) -> tuple[Diameters, ...]:
        """Of every lesion that RANO counts as measurable, the largest first."""
        measured = (lesion.diameters for lesion in self.lesions_by_size)
        return tuple(diameters for diameters in measured if diameters is not None and diameters.is_measurable)

    @property
    def product_sum_mm2(self) -> float | None:
        """Of the products of all measurable lesions, 0 without one; None where nobody looked for enhancing tumour."""
        if ET.key not in self.volumes_ml:
            return None
        return sum(diameters.product_mm2 for diameters in self.measurable)

    @property
    def speck_count(self) -> int:
        """Lesions that are too small to have diameters."""
        return sum(lesion.diameters is None for lesion in self.lesions)

    @property
    def largest_diameters(self) -> Diameters | None:
        """Of the first of :attr:`lesions_by_size`; None when no lesion has any."""
        return next((lesion.diameters for lesion in self.lesions_by_size), None)
