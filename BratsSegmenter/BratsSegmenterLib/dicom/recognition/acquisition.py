"""How a series was acquired, gathered from wherever its kind of object keeps it."""

from __future__ import annotations

from collections.abc import MutableSequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import numpy as np

from BratsSegmenterLib.dicom.planes import FrameAttributes, echo_time_ms, image_type
from BratsSegmenterLib.domain import Series


class SlicePlane(Enum):
    """The anatomical plane nearest to a slice."""

    SAGITTAL = "sagittal"
    CORONAL = "coronal"
    AXIAL = "axial"


@dataclass(frozen=True)
class Acquisition:
    """The attributes that recognition reads; None or empty where the header does not say.

    Attributes
    ----------
    repetition_time_ms, echo_time_ms, inversion_time_ms : float or None
        (0018,0080), (0018,0081) or (0018,9082), (0018,0082) or (0018,9079).
    flip_angle_deg : float or None
    scanning_sequence : frozenset of str
        SE, GR, IR, EP, RM as of (0018,0020); an enhanced object's pulse sequence attributes are put into these words.
    image_type : tuple of str
    acquisition_contrast : str
        (0008,9209) of an enhanced object.
    b_value : float or None
        Diffusion b-value, s/mm2.
    magnetisation_transfer, angiography, phase_image : bool
    three_dimensional : bool
        MR Acquisition Type is 3D.
    names : tuple of str
        Series description, protocol name, sequence name.
    body_part : str
    agent : str
        Contrast/Bolus Agent as typed in; "agent" where an enhanced object lists one without a name.
    agent_phase : str
        (0018,9344) PRE_CONTRAST, POST_CONTRAST ...
    agent_details : bool
        Whether a bolus volume, dose or start time is given.
    study_description : str
    acquired_at : float or None
        Seconds on a clock that all series of the study share.
    acquired_on : datetime or None
        Acquisition date and time; None where one is missing, for those of the series may be of a later copy.
    plane : SlicePlane or None
    slices : int or None
        Number of slices.
    slice_spacing_mm : float or None
    matrix : tuple of int or None
        Rows, columns.
    """

    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    scanning_sequence: frozenset[str] = frozenset()
    image_type: tuple[str, ...] = ()
    acquisition_contrast: str = ""
    b_value: float | None = None
    magnetisation_transfer: bool = False
    angiography: bool = False
    phase_image: bool = False
    three_dimensional: bool = False
    names: tuple[str, ...] = ()
    body_part: str = ""
    agent: str = ""
    agent_phase: str = ""
    agent_details: bool = False
    study_description: str = ""
    acquired_at: float | None = None
    acquired_on: datetime | None = None
    plane: SlicePlane | None = None
    slices: int | None = None
    slice_spacing_mm: float | None = None
    matrix: tuple[int, int] | None = None

    @property
    def extent_mm(self) -> float | None:
        """How far the slices reach, along their normal."""
        if self.slices is None or self.slice_spacing_mm is None:
            return None
        return self.slices * self.slice_spacing_mm

    @property
    def description(self) -> str:
        """Series Description, the first of the names."""
        return self.names[0] if self.names else ""

    @property
    def protocol(self) -> str:
        """Protocol Name, the second of the names."""
        return self.names[1] if len(self.names) > 1 else ""


def is_derived(acquisition: Acquisition) -> bool:
    """Whether Image Type says DERIVED and SECONDARY: computed from other images."""
    return {"DERIVED", "SECONDARY"} <= set(acquisition.image_type)


def acquisition_of(series: Series) -> Acquisition:
    """Gather the attributes of a series from its first instance's header and its frames' positions."""
    header, attributes = series.header, FrameAttributes(series.header)
    orientation = attributes.get("PlaneOrientationSequence", "ImageOrientationPatient")
    plane, slice_spacing_mm = _slices(series, orientation)
    return Acquisition(
        repetition_time_ms=_number(attributes.get("MRTimingAndRelatedParametersSequence", "RepetitionTime")),
        echo_time_ms=_echo_time(attributes),
        inversion_time_ms=_inversion_time(attributes),
        flip_angle_deg=_number(attributes.get("MRTimingAndRelatedParametersSequence", "FlipAngle")),
        scanning_sequence=_scanning_sequence(attributes),
        image_type=image_type(attributes),
        acquisition_contrast=_text(attributes.get("MRImageFrameTypeSequence", "AcquisitionContrast")).upper(),
        b_value=_b_value(series),
        magnetisation_transfer=_says(attributes.get("MRImagingModifierSequence", "MagnetizationTransfer"))
        or "MTC" in _words(header.get("SequenceVariant")),
        angiography=_text(header.get("AngioFlag")).upper() == "Y",
        phase_image=_text(header.get("ComplexImageComponent")).upper() not in ("", "MAGNITUDE", "MIXED"),
        three_dimensional=_text(header.get("MRAcquisitionType")).upper() == "3D",
        names=tuple(
            _text(header.get(keyword))
            for keyword in ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName")
        ),
        body_part=_text(header.get("BodyPartExamined")),
        agent=_agent(header),
        agent_phase=_text(attributes.get("ContrastBolusUsageSequence", "ContrastBolusAgentPhase")).upper(),
        agent_details=any(
            header.get(keyword) not in (None, "", 0)
            for keyword in ("ContrastBolusVolume", "ContrastBolusTotalDose", "ContrastBolusStartTime")
        ),
        study_description=_text(header.get("StudyDescription")),
        acquired_at=_acquired_at(attributes),
        acquired_on=_acquired_on(attributes),
        plane=plane,
        slices=len({frame.position_mm for frame in series.frames}),
        slice_spacing_mm=slice_spacing_mm,
        matrix=(int(header.get("Rows") or 0), int(header.get("Columns") or 0)),
    )


def _slices(series: Series, orientation: Any) -> tuple[SlicePlane | None, float | None]:
    if orientation is None or len(orientation) != 6:
        return None, None
    row, column = np.array([float(value) for value in orientation]).reshape(2, 3)
    normal = np.cross(row, column)
    plane = tuple(SlicePlane)[int(np.argmax(np.abs(normal)))]
    offsets = np.unique(np.round(np.array([frame.position_mm for frame in series.frames]) @ normal, 2))
    return plane, float(np.median(np.diff(offsets))) if len(offsets) > 1 else None


def _echo_time(attributes: FrameAttributes) -> float | None:
    try:
        return echo_time_ms(attributes)
    except (TypeError, ValueError):
        return None


def _inversion_time(attributes: FrameAttributes) -> float | None:
    times = attributes.get("MRModifierSequence", "InversionTimes")
    if times not in (None, "", []):
        return _number(times if isinstance(times, float | int) else times[0])
    # 0 and empty both mean that there was no inversion.
    return _number(attributes.get("", "InversionTime")) or None


def _scanning_sequence(attributes: FrameAttributes) -> frozenset[str]:
    words = set(_words(attributes.get("", "ScanningSequence")))
    pulse = _text(attributes.get("", "EchoPulseSequence")).upper()
    words |= {"SPIN": {"SE"}, "GRADIENT": {"GR"}, "BOTH": {"SE", "GR"}}.get(pulse, set())
    if _says(attributes.get("", "EchoPlanarPulseSequence")):
        words.add("EP")
    if _says(attributes.get("MRModifierSequence", "InversionRecovery")):
        words.add("IR")
    return frozenset(words)


def _b_value(series: Series) -> float | None:
    value = FrameAttributes(series.header).get("MRDiffusionSequence", "DiffusionBValue")
    if value is not None:
        return _number(value)
    for creator, group, element in _PRIVATE_B_VALUES:
        if creator in series.header.private_creators(group):
            block = series.header.private_block(group, creator)
            if element in block:
                return _first_number(block[element].value)
    return None


# Where vendors kept the diffusion b-value before the standard had a place for it: creator, group, element.
_PRIVATE_B_VALUES = (
    ("SIEMENS MR HEADER", 0x0019, 0x0C),
    ("Philips Imaging DD 001", 0x2001, 0x03),
    ("GEMS_PARM_01", 0x0043, 0x39),
)


def _first_number(value: Any) -> float | None:
    """The first of several values; raw bytes where the private dictionary does not know the element."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace").split("\\")
    number = _number(value[0] if isinstance(value, MutableSequence) and value else value)
    # GE adds 1e9 to b-values that it derived.
    return None if number is None else number % 1e9


def _agent(header: Any) -> str:
    agents = header.get("ContrastBolusAgentSequence")
    return _text(header.get("ContrastBolusAgent")) or ("agent" if agents else "")


def _acquired_on(attributes: FrameAttributes) -> datetime | None:
    date, time = (_text(attributes.get("", f"Acquisition{part}")) for part in ("Date", "Time"))
    return (
        _moment(attributes.get("FrameContentSequence", "FrameAcquisitionDateTime"))
        or _moment(attributes.get("", "AcquisitionDateTime"))
        or _moment(date + time)
    )


def _acquired_at(attributes: FrameAttributes) -> float | None:
    moment = _acquired_on(attributes)
    for kind in ("Acquisition", "Series", "Content"):
        date, time = attributes.get("", f"{kind}Date"), attributes.get("", f"{kind}Time")
        moment = moment or _moment(f"{_text(date or attributes.get('', 'StudyDate'))}{_text(time)}")
    return None if moment is None else (moment - datetime.min).total_seconds()


def _moment(value: Any) -> datetime | None:
    """Of a date and at least the hour, YYYYMMDDHH (PS3.5 6.2, DT); None where one lacks."""
    text = _text(value)[:14]
    try:
        return datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S") if len(text) >= 10 else None
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item).upper() for item in ((value,) if isinstance(value, str) else value))


def _says(value: Any) -> bool:
    return _text(value).upper() not in ("", "NO", "NONE")
