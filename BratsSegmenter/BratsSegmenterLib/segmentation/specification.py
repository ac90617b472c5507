"""What a model expects and returns: the part of a bundle that is not weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from BratsSegmenterLib.domain import REGIONS, Region, Sequence
from BratsSegmenterLib.segmentation.postprocessing import Postprocessing
from BratsSegmenterLib.segmentation.standard_scale import StandardScale


class Normalisation(Enum):
    """How the intensities of one sequence are scaled before the network sees them."""

    MASK_ZSCORE = "mask_zscore"
    """Zero mean, unit variance over the brain mask; as preprocessing leaves them."""
    NONZERO_ZSCORE = "nonzero_zscore"
    """Zero mean, unit variance over all voxels that are not zero: MONAI's NormalizeIntensity(nonzero=True)."""
    STANDARD_SCALE = "standard_scale"
    """On the standard scale of each sequence (Nyul et al. 2000), learnt from the training cases."""


@dataclass(frozen=True)
class NetworkDefinition:
    """A network class of the whitelist and the keyword arguments to build it with."""

    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Need:
    """A region can be measured only if at least one of `any_of` was acquired; never where there is none."""

    region: str
    any_of: tuple[Sequence, ...]

    def is_met_by(self, present: Collection[Sequence]) -> bool:
        """Whether one of the alternatives is among `present`."""
        return any(sequence in present for sequence in self.any_of)

    def sentence(self) -> str:
        """Why the region is not measured when the need is not met."""
        alternatives = " or ".join(sequence.value for sequence in self.any_of)
        needs = f"it needs {alternatives}, which the study lacks"
        return REGIONS[self.region].unmeasured.of(
            needs if alternatives else "no image that the model learnt from shows it"
        )


@dataclass(frozen=True)
class SecondLook:
    """The network is asked again with some sequences blanked; the regions named are the mean of all answers.

    A network that was trained with sequences missing answers such a question as well as the first. Where images of one
    sequence mislead it more than they help, the mean is closer to the truth.

    Attributes
    ----------
    without : tuple of Sequence
    regions : tuple of str
        Keys.
    """

    without: tuple[Sequence, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True)
class ModelSpecification:
    """What a model expects and returns.

    Attributes
    ----------
    version : str
        Of the bundle.
    description : str
        One sentence for the user.
    network : NetworkDefinition
    sequences : tuple of Sequence
        Of the input channels, in order.
    outputs : tuple of Region
        Of the output channels, in order; each a sigmoid of its own.
    outputs_brain : bool
        Whether one more output channel, behind those of the regions, is the brain; such a model was trained on images
        with skull too and finds the brain mask itself.
    orientation : str
        Direction in which the index of each spatial axis of the network's input grows, as in nibabel and MONAI:
        "RAS" means that the first axis grows to the right, the second to the front, the third upwards.
    spacing_mm : float
        Of the isotropic grid the network works on.
    multiple_of : int
        Every side of that grid is a multiple of it.
    field_of_view : tuple of int or None
        Least size of that grid, in its own axes; None where it only has to hold the brain.
    window : tuple of int or None
        Sides of the sliding window in the grid's axes; None where the network sees the whole grid at once.
    overlap : float
        Of neighbouring windows, 0 to below 1.
    normalisation : Normalisation
    standard_scales : mapping of Sequence to StandardScale
        For the normalisation of that name; a sequence without one was in no training case.
    clip : tuple of float or None
        Limits of the normalised intensities.
    tolerates_missing : bool
        Whether a sequence that was not acquired may be given as zeros.
    needs : tuple of Need
        What each region cannot be measured without. A region may have several needs, all of which must be met.
    second_looks : tuple of SecondLook
        Further questions to the network; only of a model that tolerates missing sequences.
    flip_averaging : bool
        Whether every answer is the mean of those for the head and for its mirror image: twice the time, and steadier
        where the network learnt from mirrored heads too.
    appearance : bool
        Whether the answer is corrected by what the tumour looks like in the same images (see `appearance.py`).
    postprocessing : Postprocessing
        What is too small to be believed of this model.
    data_source : str
        What it was trained on.
    scores : mapping of str to float
        What its makers measured, by name.
    """

    version: str
    description: str
    network: NetworkDefinition
    sequences: tuple[Sequence, ...]
    outputs: tuple[Region, ...]
    orientation: str
    spacing_mm: float
    multiple_of: int
    field_of_view: tuple[int, int, int] | None = None
    window: tuple[int, int, int] | None = None
    overlap: float = 0.5
    normalisation: Normalisation = Normalisation.MASK_ZSCORE
    standard_scales: Mapping[Sequence, StandardScale] = field(default_factory=dict)
    clip: tuple[float, float] | None = None
    tolerates_missing: bool = False
    needs: tuple[Need, ...] = ()
    outputs_brain: bool = False
    second_looks: tuple[SecondLook, ...] = ()
    flip_averaging: bool = False
    appearance: bool = False
    postprocessing: Postprocessing = field(default_factory=Postprocessing)
    data_source: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)

    def not_measured(self, present: Collection[Sequence]) -> dict[str, str]:
        """Region key to the reason why the model can say nothing about it when only `present` was acquired."""
        reasons: dict[str, str] = {}
        for need in self.needs:
            if not need.is_met_by(present):
                reasons.setdefault(need.region, need.sentence())
        return reasons

    def second_looks_at(self, present: Collection[Sequence]) -> tuple[SecondLook, ...]:
        """The second looks that say something new about images of `present`, each with the regions it can measure."""
        looks = []
        for look in self.second_looks:
            left = [sequence for sequence in present if sequence not in look.without]
            blind = self.not_measured(left)
            regions = tuple(key for key in look.regions if key not in blind)
            if regions and 0 < len(left) < len(present):
                looks.append(replace(look, regions=regions))
        return tuple(looks)
