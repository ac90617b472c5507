"""From probabilities to what is drawn: labels cleaned by the bundle's rules, and the evidence for their sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.segmentation.evidence import Evidence, region_evidence
from BratsSegmenterLib.segmentation.inference import RegionProbabilities
from BratsSegmenterLib.segmentation.labels import labels_from
from BratsSegmenterLib.segmentation.postprocessing import Postprocessing, postprocess


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a model draws.

    Attributes
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
        0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    evidence : mapping of str to Evidence
        By region key.
    findings : tuple of str
        What the rules of post-processing changed.
    doubts : tuple of str
        Those of them after which the result is doubtful.
    """

    labels: NDArray[np.uint8] = field(repr=False)
    evidence: Mapping[str, Evidence]
    findings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def draw(
    probabilities: NDArray[np.floating], found: RegionProbabilities, voxel_ml: float, rules: Postprocessing
) -> Drawn:
    """Labels and evidence from probabilities on the grid where the result is wanted.

    Parameters
    ----------
    probabilities : ndarray of float, shape (regions, slices, rows, columns)
        Of `found`, carried onto that grid.
    found : RegionProbabilities
        Which regions they are, and which of them are not measured.
    voxel_ml : float
        Of that grid.
    rules : Postprocessing
    """
    cleaned = postprocess(labels_from(probabilities, found.regions), voxel_ml, rules, found.not_measured)
    evidence = region_evidence(probabilities, found.regions, cleaned.labels, voxel_ml, found.not_measured)
    return Drawn(cleaned.labels, evidence, cleaned.findings, cleaned.doubts)
