"""T1, T2 or FLAIR: from the timing first, then from what the scanner declares, then from the name."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition
from BratsSegmenterLib.dicom.recognition.exclusion import is_gradient_echo
from BratsSegmenterLib.dicom.recognition.names import NameReading, Weighting, is_contrast_agent

_AGREEMENT, _CONTRADICTION = 0.04, 0.3
_HIGHEST_CONFIDENCE = 0.99
_UNNAMED_CONFIDENCE = 0.55
_LONGEST_GRADIENT_ECHO_TR_MS = 3100

_CONTRASTS = {"T1": Weighting.T1, "T2": Weighting.T2, "FLUID_ATTENUATED": Weighting.FLAIR}


@dataclass(frozen=True)
class Evidence:
    """One source's opinion: weighting, how far it can be trusted (0 to 1) and why."""

    weighting: Weighting
    confidence: float
    reason: str


@dataclass(frozen=True)
class Judgement:
    """The weighting of a series after all sources were heard.

    Attributes
    ----------
    weighting : Weighting
    confidence : float
    reasons : tuple of str
    contradiction : str
        Which source disagrees; empty when none does.
    """

    weighting: Weighting
    confidence: float
    reasons: tuple[str, ...]
    contradiction: str


def judge_weighting(acquisition: Acquisition, name: NameReading) -> Judgement | None:
    """Weigh timing, declared contrast and name, in this order; None when none of them says anything."""
    declared = _declared(acquisition)
    named = Evidence(name.weighting, 0.6, f"its name says {name.weighting.value}") if name.weighting else None
    timed = _timed(acquisition, says_flair=any(e and e.weighting is Weighting.FLAIR for e in (declared, named)))
    evidence = [one for one in (timed, declared, named) if one]
    if not evidence:
        return None
    first, others = evidence[0], evidence[1:]
    agreeing = [one for one in others if one.weighting is first.weighting]
    against = [one for one in others if one.weighting is not first.weighting]
    confidence = first.confidence + _AGREEMENT * len(agreeing) - _CONTRADICTION * len(against)
    contradiction = f"{first.reason} means {first.weighting.value}, but {against[0].reason}" if against else ""
    reasons = [first.reason, *(one.reason for one in agreeing)]
    highest = _HIGHEST_CONFIDENCE
    if first is timed and not agreeing and _may_show_anything(acquisition, name):
        highest = _UNNAMED_CONFIDENCE
        reasons.append("nothing else says so, and vessels and maps are imaged so too")
    return Judgement(first.weighting, min(max(confidence, 0.0), highest), tuple(reasons), contradiction)


def _declared(acquisition: Acquisition) -> Evidence | None:
    weighting = _CONTRASTS.get(acquisition.acquisition_contrast)
    if weighting is None:
        return None
    return Evidence(weighting, 0.93, f"Acquisition Contrast {acquisition.acquisition_contrast}")


def _timed(acquisition: Acquisition, says_flair: bool) -> Evidence | None:
    """What TR, TE and TI make of it ; the limits lie between vendors' brain protocols at 1.5 T and 3 T."""
    repetition_time, echo_time = acquisition.repetition_time_ms, acquisition.echo_time_ms
    if repetition_time is None or echo_time is None or echo_time <= 0:
        return None
    timing = f"TR {repetition_time:g} ms, TE {echo_time:g} ms"
    if acquisition.inversion_time_ms is not None:
        timing += f", TI {acquisition.inversion_time_ms:g} ms"
    if is_gradient_echo(acquisition):
        return _timed_gradient_echo(acquisition, repetition_time, timing)
    return _timed_spin_echo(acquisition, repetition_time, echo_time, timing, says_flair)


def _may_show_anything(acquisition: Acquisition, name: NameReading) -> bool:
    """Gradient echo without the inversion pulse of an anatomical T1 image, or with the long pause of one for a map.

    Not after a contrast agent: "STEALTH +C" and "3D Navi KM" are T1 images.
    """
    if name.contrast is True or is_contrast_agent(acquisition.agent):
        return False
    inverted = acquisition.inversion_time_ms is not None or "IR" in acquisition.scanning_sequence
    is_short = (acquisition.repetition_time_ms or 0) < _LONGEST_GRADIENT_ECHO_TR_MS
    return is_gradient_echo(acquisition) and not (inverted and is_short)


def _timed_gradient_echo(acquisition: Acquisition, repetition_time: float, timing: str) -> Evidence:
    # A flip angle of 1 or 2 degrees leaves proton density.
    proton_density_like = acquisition.flip_angle_deg is not None and acquisition.flip_angle_deg <= 2
    confidence = 0.4 if proton_density_like else 0.93 if repetition_time < _LONGEST_GRADIENT_ECHO_TR_MS else 0.7
    return Evidence(Weighting.T1, confidence, f"gradient echo with {timing}")


def _timed_spin_echo(
    acquisition: Acquisition, repetition_time: float, echo_time: float, timing: str, says_flair: bool
) -> Evidence | None:
    inversion_time = acquisition.inversion_time_ms
    inverted = "IR" in acquisition.scanning_sequence
    if inversion_time and inversion_time >= 1400 and (echo_time >= 60 or repetition_time >= 4000):
        # Some scanners give the first echo's time, so a short TE says nothing against FLAIR.
        return Evidence(Weighting.FLAIR, 0.95 if echo_time >= 60 else 0.9, f"inversion recovery with {timing}")
    if inversion_time and 400 <= inversion_time < 1400 and echo_time < 60 and repetition_time >= 1000:
        return Evidence(Weighting.T1, 0.85, f"T1 inversion recovery with {timing}")
    if echo_time < 40 and repetition_time < 1250:
        return Evidence(Weighting.T1, 0.93, f"spin echo with {timing}")
    if echo_time >= 60 and repetition_time >= 1500:
        if inversion_time is None and (says_flair or (inverted and repetition_time >= 4000)):
            return Evidence(Weighting.FLAIR, 0.85, f"long {timing} without an inversion time in the header")
        return Evidence(Weighting.T2, 0.93, f"spin echo with {timing}")
    if 45 <= echo_time < 60 and repetition_time >= 1500:
        return Evidence(Weighting.T2, 0.6, f"spin echo with {timing}")
    return None
