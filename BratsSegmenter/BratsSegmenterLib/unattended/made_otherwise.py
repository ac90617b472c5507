"""Results that a folder keeps and that were made otherwise than the rules of now say: no study is segmented twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from BratsSegmenterLib.domain import Algorithm, PreprocessingSteps
from BratsSegmenterLib.study import JobFolder, KeptStudy, ResultRecord
from BratsSegmenterLib.unattended.rows import StudyRow
from BratsSegmenterLib.unattended.rules import Rules


@dataclass(frozen=True)
class _Making:
    """How a result is made; two of the same way may be put into one table."""

    name: str
    version: str
    weights_sha256: str
    is_postoperative: bool
    steps: PreprocessingSteps

    def __str__(self) -> str:
        options = {
            "--postoperative": self.is_postoperative,
            "--no-registration": not self.steps.registration,
            "--no-bias-correction": not self.steps.bias_correction,
            "--no-brain-mask": not self.steps.brain_mask,
        }
        given = [option for option, is_given in options.items() if is_given]
        return " ".join((self.name, self.version, f"(weights {self.weights_sha256[:8]})", *given))


def made_otherwise(folder: Path, rows: Iterable[StudyRow], rules: Rules, model: Algorithm) -> tuple[str, ...]:
    """A sentence for each other way in which results of a folder were made that no person has taken up.

    Parameters
    ----------
    folder : Path
        Of the job folders.
    rows : iterable of StudyRow
        The studies in it.
    rules : Rules
    model : Algorithm
        What the rules segment with.
    """
    now = _way(model, rules.is_postoperative, rules.steps)
    kept = (path for path in (folder / row.folder for row in rows) if KeptStudy(path).progress.is_by_rules)
    ways = Counter(_kept_way(JobFolder(path).record(), now) for path in kept if JobFolder(path).is_segmented)
    return tuple(_sentence(count, way, now) for way, count in ways.items() if way != now)


def _kept_way(record: ResultRecord, now: _Making) -> _Making:
    return _way(record.algorithm, record.is_postoperative, now.steps if record.steps is None else record.steps)


def _way(model: Algorithm, is_postoperative: bool, steps: PreprocessingSteps) -> _Making:
    return _Making(model.name, model.version, model.weights_sha256, is_postoperative, steps)


def _sentence(count: int, way: _Making, now: _Making) -> str:
    keep, them = ("1 study keeps", "it") if count == 1 else (f"{count} studies keep", "them")
    return f"{keep} the result of {way}; name another --out to segment {them} with {now}."
