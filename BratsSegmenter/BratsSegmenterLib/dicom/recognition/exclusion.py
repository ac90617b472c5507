"""Why a series is no T1, T2 or FLAIR of a head."""

from __future__ import annotations

import re
from collections.abc import Iterator

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition
from BratsSegmenterLib.dicom.recognition.names import NameReading, Weighting
from BratsSegmenterLib.dicom.recognition.vocabulary import PROTON_DENSITY

_FEWEST_SLICES = 8
_SMALLEST_MATRIX = 64
_T2_STAR_ECHO_TIME_MS = 12
_FLUID_ONLY_ECHO_TIME_MS = 700
_LATE_ECHO_TIME_MS = 40

# Image Type values of vendors and of the standard (PS3.3 C.8.3.1.1.1, C.8.13.3.1.1) for what is no plain image.
_EXCLUDING_IMAGE_TYPE = re.compile(
    r"LOCALIZER|PROJECTION( IMAGE)?|(CSA |MAX_|MIN_|MIN )?M?IP(_COR|_SAG|_TRA)?|MINIP|MNIP"
    r"|E?ADC|TRACEW?|FA|EXP|TENSOR.*|DIFFUSION.*|PERFUSION.*|ASL|R?CB[FV]|MTT|TTP|PBP|FMRI|BOLD|EPI|MOSAIC"
    r"|SUB(TRACTION)?|P|PHASE( MAP)?|VELOCITY|FLOW.*|R|REAL|I|IMAGINARY|SWI|SW_M_FFE|MRA|TOF"
    r"|SYNTHETIC|T[12]MAP|[TR]2_STAR|B0|FIELD_MAP|METABOLITE_MAP|SPECTROSCOPY"
    r"|F|FAT|FF|(FAT|WATER)_FRACTION"
    r"|POSDISP|SCREEN SAVE|CSA REPORT|NON_PARALLEL"
)
# The contrast of the sequence, drawn in other slices or with dark lines where water meets fat: a last resort.
_RESEMBLING_IMAGE_TYPE = re.compile(r"(CSA )?MPR|REFORMATTED|OP|O(PP(OSED)?|UT)_?PHASE")
_EXCLUDING_CONTRAST = re.compile(
    r"DIFFUSION|FLOW_ENCODED|PERFUSION|PROTON_DENSITY|STIR|TAGGING|TOF|T2_STAR|SUSCEPTIBILITY|METABOLITE_MAP"
)
_OTHER_BODY_PART = re.compile(
    r"SPINE|CHEST|HEART|CARDIAC|ABDOMEN|LIVER|LEVER|PELVIS|PROSTATE|BREAST|KNEE|HIP|SHOULDER|ANKLE|WRIST|ELBOW|NECK|LEG"
)
_HEAD_TOO = re.compile("HEAD|BRAIN|SKULL")  # HEADNECK (PS3.16 annex L) is both


def reasons_to_exclude(acquisition: Acquisition, name: NameReading) -> Iterator[str]:
    """Sentences why a series cannot be one of the four sequences, strongest first; none when it can.

    What a person may know better is not among them: see :func:`reason_to_leave_aside`.
    """
    yield from _declared(acquisition)
    yield from _extent(acquisition)
    yield from _physics(acquisition, name)


def reason_to_leave_aside(acquisition: Acquisition, name: NameReading) -> str:
    """Why a series is not taken unless a person chooses it, as a sentence; empty when nothing speaks against it.

    It is a reformatted or opposed-phase image, which may be the only one of its sequence that the archive holds, or its
    name alone says that it is something else.
    """
    for value in acquisition.image_type:
        if _RESEMBLING_IMAGE_TYPE.fullmatch(value):
            return f"its Image Type says {value}"
    if name.exclusion and not _is_late_echo(acquisition, name):
        return f"its name says {name.exclusion}"
    return ""


def _declared(acquisition: Acquisition) -> Iterator[str]:
    for value in acquisition.image_type:
        if _EXCLUDING_IMAGE_TYPE.fullmatch(value):
            yield f"its Image Type says {value}"
    if _EXCLUDING_CONTRAST.fullmatch(acquisition.acquisition_contrast):
        yield f"its Acquisition Contrast is {acquisition.acquisition_contrast}"
    if acquisition.b_value:
        yield f"diffusion imaging, b = {acquisition.b_value:g} s/mm2"
    if acquisition.magnetisation_transfer:
        yield "magnetisation transfer changes its contrast"
    if acquisition.angiography:
        yield "angiography"
    if acquisition.phase_image:
        yield "a phase, real or imaginary image"
    body_part = acquisition.body_part.upper()
    if _OTHER_BODY_PART.search(body_part) and not _HEAD_TOO.search(body_part):
        yield f"Body Part Examined is {acquisition.body_part}"


def _extent(acquisition: Acquisition) -> Iterator[str]:
    if acquisition.slices is not None and acquisition.slices < _FEWEST_SLICES:
        yield f"only {acquisition.slices} slice{'s' if acquisition.slices > 1 else ''}"
    if acquisition.matrix is not None and min(acquisition.matrix) < _SMALLEST_MATRIX:
        yield f"only {acquisition.matrix[0]} x {acquisition.matrix[1]} pixels"


def _physics(acquisition: Acquisition, name: NameReading) -> Iterator[str]:
    echo_time, repetition_time = acquisition.echo_time_ms, acquisition.repetition_time_ms
    inversion_time, sequence = acquisition.inversion_time_ms, acquisition.scanning_sequence
    if "EP" in sequence:
        yield "echo-planar imaging"
    if echo_time is None or repetition_time is None:
        return
    if is_gradient_echo(acquisition) and echo_time >= _T2_STAR_ECHO_TIME_MS:
        yield f"gradient echo with TE {echo_time:g} ms: T2*"
    if echo_time > _FLUID_ONLY_ECHO_TIME_MS:
        yield f"TE {echo_time:g} ms: only fluid is seen"
    if _is_stir(acquisition, name):
        yield f"inversion time {inversion_time:g} ms suppresses fat: STIR"
    if inversion_time is None and _is_proton_density(acquisition) and name.weighting is None:
        yield f"TR {repetition_time:g} ms, TE {echo_time:g} ms: proton density"


def is_gradient_echo(acquisition: Acquisition) -> bool:
    """Gradient echo, and not the gradient and spin echo of GRASE."""
    return "GR" in acquisition.scanning_sequence and "SE" not in acquisition.scanning_sequence


def _is_stir(acquisition: Acquisition, name: NameReading) -> bool:
    inversion_time, repetition_time = acquisition.inversion_time_ms or 0, acquisition.repetition_time_ms or 0
    # At low field T1 is short: a T1 image there has such times too, and only its name tells it.
    is_low_field_t1 = name.weighting is Weighting.T1 and (acquisition.echo_time_ms or 0) < _LATE_ECHO_TIME_MS
    suppresses_fat = 0 < inversion_time < 400 and repetition_time >= 1500
    return suppresses_fat and not is_low_field_t1 and not is_gradient_echo(acquisition)


def _is_late_echo(acquisition: Acquisition, name: NameReading) -> bool:
    """Whether it is the T2 of a double echo, both series of which are named alike: "pd+t2_tse_tra"."""
    is_double_echo = name.exclusion == PROTON_DENSITY and name.weighting is Weighting.T2
    return is_double_echo and (acquisition.echo_time_ms or 0) >= _LATE_ECHO_TIME_MS


def _is_proton_density(acquisition: Acquisition) -> bool:
    if is_gradient_echo(acquisition) or acquisition.acquisition_contrast:
        return False
    return (acquisition.echo_time_ms or 0) < _LATE_ECHO_TIME_MS and (acquisition.repetition_time_ms or 0) >= 1250
