"""How far a bundle's model may be trusted: volume intervals and expected Dice, calibrated on synthetic cases.

The interval of a region goes from the volume the model is sure of to the volume it holds possible, the square roots of
both pushed outwards. How far is told in steps, which are the longer the more the model doubts its own answer, and each
bound has its number of steps per region: the smallest that held the true volume in the wanted share of calibration
cases, by locally weighted split conformal prediction (Lei et al. 2018, JASA 113(523):1094-1111, section 5.2; Romano et
al. 2019, arXiv:1905.03222). With one number for both bounds, or without the doubt, as many cases need wider intervals
(``Testing/benchmarks/interval_widths.py``). What an interval promises holds for cases like those it was fitted on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

from BratsSegmenterLib.domain import INTERVAL_COVERAGE, REGIONS
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.segmentation.bundle import Bundle
from BratsSegmenterLib.segmentation.evidence import Evidence

CALIBRATION_FILE = "configs/calibration.json"
FORMAT = 3

_SHORTEST_STEP = 0.5


def outward_step(evidence: Evidence) -> float:
    """How far one step pushes the square root of a bound, a volume in mL; long for a large region much in doubt.

    ``1/2 + (1 - soft Dice) (1 + sqrt(possible mL))``, the soft Dice of nothing being 0.
    """
    return _SHORTEST_STEP + (1 - (evidence.soft_dice or 0.0)) * (1 + sqrt(evidence.possible_ml))


def pushed_outwards(evidence: Evidence, below: float, above: float) -> tuple[float, float]:
    """Lower and upper bound of the volume in mL, so many steps outside of what is sure and of what is possible."""
    length = outward_step(evidence)
    lower = max(sqrt(evidence.sure_ml) - below * length, 0.0) ** 2
    return lower, (sqrt(evidence.possible_ml) + above * length) ** 2


@dataclass(frozen=True)
class RegionCalibration:
    """Of one region.

    Attributes
    ----------
    below, above : float
        By how many steps the lower and the upper bound are pushed outwards; not negative.
    dice_slope, dice_offset : float
        Expected Dice as a line over the soft Dice, held between 0 and 1.
    held_out_coverage : float
        Share of synthetic cases that were not fitted on whose true volume the interval held.
    """

    below: float
    above: float
    dice_slope: float
    dice_offset: float
    held_out_coverage: float

    def interval_ml(self, evidence: Evidence) -> tuple[float, float]:
        """Lower and upper bound of the volume."""
        return pushed_outwards(evidence, self.below, self.above)

    def expected_dice(self, soft_dice: float) -> float:
        """0 to 1."""
        return min(max(self.dice_offset + self.dice_slope * soft_dice, 0.0), 1.0)


@dataclass(frozen=True)
class Confidence:
    """What a calibration says of one result, by region key; empty where it knows nothing."""

    intervals_ml: Mapping[str, tuple[float, float]]
    expected_dice: Mapping[str, float]


@dataclass(frozen=True)
class Calibration:
    """Of one bundle's weights.

    Attributes
    ----------
    weights_sha256 : str
        Of the weights it was fitted with; it holds for no others.
    coverage : float
        Share of cases whose true volume an interval is to hold.
    cases, held_out_cases : int
        Synthetic cases it was fitted on, and others it was checked on.
    regions : mapping of str to RegionCalibration
        By region key; empty for a model that was never calibrated, of which nothing is claimed.
    """

    weights_sha256: str
    coverage: float = INTERVAL_COVERAGE
    cases: int = 0
    held_out_cases: int = 0
    regions: Mapping[str, RegionCalibration] = field(default_factory=dict)

    def confidence(self, evidence: Mapping[str, Evidence]) -> Confidence:
        """Intervals of all regions with evidence, and the expected Dice of those that were found."""
        known = {key: self.regions[key] for key in evidence if key in self.regions}
        return Confidence(
            {key: region.interval_ml(evidence[key]) for key, region in known.items()},
            {
                key: region.expected_dice(soft)
                for key, region in known.items()
                if (soft := evidence[key].soft_dice) is not None
            },
        )


def load_calibration(bundle: Bundle) -> Calibration:
    """The bundle's calibration; one without regions when it has none.

    Raises
    ------
    BundleError
        The file cannot be read, is of another format, or was made for other weights.
    """
    file = bundle.folder / CALIBRATION_FILE
    if not file.exists():
        return Calibration(bundle.weights_sha256)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        stated = content["format"]
        calibration = _from_json(content) if stated == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"The file {CALIBRATION_FILE} of the model bundle '{bundle.name}' cannot be read.",
            "Calibrate the bundle again (brats-segmenter calibrate), or delete the file to go without intervals.",
            repr(error),
        ) from error
    if calibration is None:
        raise BundleError(
            f"The calibration of the model bundle '{bundle.name}' has format {stated}; this version reads {FORMAT}.",
            "Calibrate the bundle again (brats-segmenter calibrate), or delete configs/calibration.json to go without "
            "intervals; if its format is the higher one, update the extension.",
        )
    if calibration.weights_sha256 != bundle.weights_sha256:
        raise BundleError(
            f"The calibration of the model bundle '{bundle.name}' was made for other weights than it has.",
            "Calibrate the bundle again (brats-segmenter calibrate), or delete configs/calibration.json.",
        )
    return calibration


def write_calibration(bundle: Bundle, calibration: Calibration) -> Path:
    """Write the calibration into the bundle, whole or not at all, and return its file.

    Format 3: the attributes of :class:`Calibration` and :class:`RegionCalibration`, by name.
    """
    file = bundle.folder / CALIBRATION_FILE
    content = {"format": FORMAT, **asdict(calibration)}
    with whole_file(file) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return file


def _from_json(content: Mapping[str, Any]) -> Calibration:
    """Raises ValueError, KeyError or TypeError for whatever is not as it should be."""
    regions = {key: _region(values) for key, values in content["regions"].items()}
    if not set(regions) <= set(REGIONS):
        raise ValueError(f"unknown regions {sorted(set(regions) - set(REGIONS))}")
    return Calibration(
        str(content["weights_sha256"]),
        _within(content["coverage"], INTERVAL_COVERAGE, INTERVAL_COVERAGE),
        int(content["cases"]),
        int(content["held_out_cases"]),
        regions,
    )


def _region(values: Mapping[str, Any]) -> RegionCalibration:
    return RegionCalibration(
        _within(values["below"], 0, float("inf")),
        _within(values["above"], 0, float("inf")),
        _within(values["dice_slope"], float("-inf"), float("inf")),
        _within(values["dice_offset"], float("-inf"), float("inf")),
        _within(values["held_out_coverage"], 0, 1),
    )


def _within(value: Any, least: float, greatest: float) -> float:
    number = float(value)
    if not isfinite(number) or not least <= number <= greatest:
        raise ValueError(f"{value!r} is not a number between {least} and {greatest}")
    return number
