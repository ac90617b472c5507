"""Which T1 images were taken after the contrast agent: attributes, names and the order of the study together."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, replace

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition
from BratsSegmenterLib.dicom.recognition.names import NameReading, announces_contrast, is_contrast_agent, read_name

_DECIDED = 0.9
_CERTAIN = 0.99
_ORDER_ONLY_CONFIDENCE = 0.55


@dataclass(frozen=True)
class ContrastJudgement:
    """Whether a T1 image was taken after the agent.

    Attributes
    ----------
    after_agent : bool
    highest_confidence : float
        No more than this can be said about the series, however clear its weighting is.
    reasons : tuple of str
    doubt : str
        What speaks against it; empty when nothing does.
    """

    after_agent: bool
    highest_confidence: float
    reasons: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True)
class T1Image:
    """A T1-weighted series as this step sees it."""

    acquisition: Acquisition
    name: NameReading


@dataclass(frozen=True)
class _Others:
    """What the T1 images of a study, and its other series, say together.

    Attributes
    ----------
    images : sequence of T1Image
    first_injected : float or None
        When the first image was acquired that was taken after the agent for certain; seconds on the study's clock.
    agent_was_given : bool
        Some series mentions an agent.
    only_some_are_named : bool
        As :func:`_only_some_are_named` says it.
    """

    images: Items[T1Image]
    first_injected: float | None
    agent_was_given: bool
    only_some_are_named: bool


def judge_contrast(images: Items[T1Image], study: Items[Acquisition]) -> list[ContrastJudgement]:
    """Decide for every T1 image of one study.

    Parameters
    ----------
    images : sequence of T1Image
    study : sequence of Acquisition
        All series of the study; their mention of an agent tells that one was given at all.
    """
    agent_is_telling = _agent_is_telling(images)
    alone = [_own_evidence(image, agent_is_telling) for image in images]
    first_injected = min(
        (
            image.acquisition.acquired_at
            for image, (score, _) in zip(images, alone, strict=True)
            if score >= _DECIDED and image.acquisition.acquired_at is not None
        ),
        default=None,
    )
    agent_was_given = any(_mentions_agent(acquisition) for acquisition in study)
    others = _Others(images, first_injected, agent_was_given, _only_some_are_named(images))
    judgements = [_judge(image, score, reasons, others) for image, (score, reasons) in zip(images, alone, strict=True)]
    if not all(one.after_agent for one in judgements) or not _one_may_be_before(judgements, images, study):
        return judgements
    doubt = "every T1 series of this study seems to be taken after the contrast agent, none before"
    return [one if one.doubt or one.highest_confidence >= _CERTAIN else replace(one, doubt=doubt) for one in judgements]


def _one_may_be_before(judgements: Items[ContrastJudgement], images: Items[T1Image], study: Items[Acquisition]) -> bool:
    """Whether the T1 images, all of them after the agent by their signs, look as if one was taken before it.

    One has other signs than the rest or was repeated; or they are of several kinds, and the agent is entered in the
    whole study. Several planes of one kind are common where a follow-up has no image before the agent.
    """
    kinds = {(image.acquisition.scanning_sequence, image.acquisition.three_dimensional) for image in images}
    entered_everywhere = all(is_contrast_agent(acquisition.agent) for acquisition in study)
    return (
        len({one.reasons for one in judgements}) > 1
        or any(_earlier_twin(image, images) for image in images)
        or (len(kinds) > 1 and entered_everywhere)
    )


def _agent_is_telling(images: Items[T1Image]) -> bool:
    """Whether the agent's name tells series apart: some sites type it into every series, those before it included."""
    with_agent = [image for image in images if is_contrast_agent(image.acquisition.agent)]
    if any(image.name.contrast is False for image in with_agent):
        return False
    everywhere = len(with_agent) == len(images)
    if everywhere and _only_some_are_named(images):
        return False
    return not (everywhere and any(_earlier_twin(image, images) for image in images))


def _only_some_are_named(images: Items[T1Image]) -> bool:
    """Whether some of the images say themselves that they were taken with contrast agent, and others do not."""
    says_so = {image.name.contrast is True or image.acquisition.agent_phase.startswith("POST") for image in images}
    return len(says_so) == 2


def _own_evidence(image: T1Image, agent_is_telling: bool) -> tuple[float, list[str]]:
    acquisition, score = image.acquisition, 0.0
    reasons: list[str] = []
    if acquisition.agent_phase.startswith("POST"):
        score += 2
        reasons.append("Contrast/Bolus Agent Phase POST_CONTRAST")
    if acquisition.agent_phase.startswith("PRE"):
        score -= 2
        reasons.append("Contrast/Bolus Agent Phase PRE_CONTRAST")
    if agent_is_telling and is_contrast_agent(acquisition.agent):
        score += 1
        reasons.append("a contrast agent is entered")
        if acquisition.agent_details:
            score += 0.3
    if image.name.contrast is True:
        score += 1
        reasons.append("its name says with contrast")
    if image.name.contrast is False:
        score -= 1.5
        reasons.append("its name says before contrast")
    return score, reasons


def _judge(
    image: T1Image,
    score: float,
    reasons: list[str],
    others: _Others,
) -> ContrastJudgement:
    acquired_at = image.acquisition.acquired_at
    if score >= _DECIDED:
        return ContrastJudgement(True, _CERTAIN if score >= 2 else 0.95, tuple(reasons))
    if score < 0:
        return ContrastJudgement(False, _CERTAIN, tuple(reasons))
    first = others.first_injected
    after_first = first is not None and acquired_at is not None and acquired_at > first
    twin = _earlier_twin(image, others.images)
    if twin and (after_first or others.agent_was_given):
        order = "the same sequence was acquired before, and an agent was given in this study"
        return ContrastJudgement(True, _ORDER_ONLY_CONFIDENCE, (*reasons, order), "only the order of the study says so")
    if others.only_some_are_named and is_contrast_agent(image.acquisition.agent):
        typed = "a contrast agent is entered, but its name does not say so, as that of another T1 series does"
        return ContrastJudgement(after_first, _ORDER_ONLY_CONFIDENCE, tuple(reasons), typed)
    if after_first:
        return ContrastJudgement(
            False, 0.6, tuple(reasons), "it was acquired after the contrast agent, but does not say so itself"
        )
    return ContrastJudgement(False, _CERTAIN, (*reasons, "nothing says that it was taken after a contrast agent"))


def _earlier_twin(image: T1Image, images: Items[T1Image]) -> bool:
    """Whether the same sequence (timing, plane) was acquired before."""
    return any(_is_twin(image.acquisition, other.acquisition) for other in images if other is not image)


def _is_twin(later: Acquisition, earlier: Acquisition) -> bool:
    if later.acquired_at is None or earlier.acquired_at is None or earlier.acquired_at >= later.acquired_at:
        return False
    times = (
        (later.repetition_time_ms, earlier.repetition_time_ms),
        (later.echo_time_ms, earlier.echo_time_ms),
        (later.inversion_time_ms, earlier.inversion_time_ms),
    )
    same_timing = all(a == b or (a and b and abs(a - b) <= 0.05 * max(a, b)) for a, b in times)
    return same_timing and (later.plane, later.scanning_sequence) == (earlier.plane, earlier.scanning_sequence)


def _mentions_agent(acquisition: Acquisition) -> bool:
    if is_contrast_agent(acquisition.agent) or acquisition.agent_phase.startswith("POST"):
        return True
    return read_name(*acquisition.names).contrast is True or announces_contrast(acquisition.study_description)
