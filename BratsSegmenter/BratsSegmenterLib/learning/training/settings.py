"""One YAML file that says everything a training run depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from BratsSegmenterLib.learning.limits import AT_LEAST_ONE, NOT_NEGATIVE, POSITIVE, PROBABILITY, Limits, limited
from BratsSegmenterLib.learning.synthesis.settings import SynthesisSettings
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE, SecondLook

_LEVELS = Limits(1, items=2)
"""A U-Net has a finest and a coarsest level."""


class Recipe(Enum):
    """What is trained on what."""

    WHOLE_BRAIN = "whole-brain"
    """3-D residual U-Net on the whole brain at once or on windows of it, nested regions, Dice + cross-entropy."""
    AXIAL_PATCHES = "axial-patches"
    """2-D residual U-Net on 128 x 128 axial patches, generalised Dice + weighted cross-entropy (Kermi et al. 2018)."""


class PatchSampler(Enum):
    """How the axial patches of a training step are chosen."""

    ZONES = "zones"
    """Half around tumour, at least three quarters of it tumour, half around other brain, no near-duplicates."""
    LAST_PATCH = "last-patch"
    """Slice by slice; a patch must differ from the one taken last, more so where tumour is common."""
    EXCLUSION = "exclusion"
    """At random, with a box around each patch from which no other is taken; small for rare tissue."""


@dataclass(frozen=True)
class NetworkSettings:
    """The 3-D network and how much it sees at once.

    Attributes
    ----------
    channels : tuple of int
        Features of each level, finest first.
    supervised_levels : int
        Levels, finest first, that have a loss of their own.
    window : tuple of int or None
        Slices, rows, columns of the part of the grid that a training step sees and the finished model is run on, for
        grids too fine to be held at once; None for the whole grid.
    """

    channels: tuple[int, ...] = limited((16, 32, 64, 128, 160), _LEVELS)
    supervised_levels: int = limited(3, AT_LEAST_ONE)
    window: tuple[int, int, int] | None = limited(None, AT_LEAST_ONE)


@dataclass(frozen=True)
class PatchSettings:
    """The recipe with axial patches.

    Attributes
    ----------
    channels : tuple of int
        Features of each level, finest first.
    size : int
        Side of a patch in voxels.
    per_step : int
        Patches in one training step, all from one case.
    sampler : PatchSampler
    class_weights : tuple of float
        Of background, NCR, ED and ET in the cross-entropy.
    """

    channels: tuple[int, ...] = limited((64, 128, 256), _LEVELS)
    size: int = limited(128, AT_LEAST_ONE)
    per_step: int = limited(4, AT_LEAST_ONE)
    sampler: PatchSampler = PatchSampler.ZONES
    class_weights: tuple[float, ...] = limited((1.0, 5.0, 2.0, 4.0), NOT_NEGATIVE)


@dataclass(frozen=True)
class CaseSettings:
    """How training cases are used.

    Attributes
    ----------
    block, uses : int
        Synthetic cases are made in blocks of `block`; each is used `uses` times, in another order each time.
    workers : int
        Processes that prepare cases; 0 prepares them in the training process, on its device.
    drop_sequence : float
        Probability that one more sequence is blanked at each use.
    drop_shares : tuple of float
        How often it is T1, T1c, T2 or FLAIR, relative to each other.
    standard_scale : bool
        Bring own cases onto the standard scale of their sequences (Nyul et al. 2000), learnt from them and kept in the
        bundle.
    intensity_jitter : float
        Greatest relative change of a sequence's contrast at each use.
    mirror : bool
        Exchange left and right in half of the uses; the exported model then averages with the mirrored head.
    """

    block: int = limited(64, AT_LEAST_ONE)
    uses: int = limited(3, AT_LEAST_ONE)
    workers: int = limited(1, NOT_NEGATIVE)
    drop_sequence: float = limited(0.2, PROBABILITY)
    drop_shares: tuple[float, float, float, float] = limited((1.0, 1.0, 1.0, 1.0), NOT_NEGATIVE)
    standard_scale: bool = False
    intensity_jitter: float = limited(0.15, PROBABILITY)
    mirror: bool = True


@dataclass(frozen=True)
class OptimisationSettings:
    """AdamW with warm-up, cosine decay, gradient clipping and an exponential moving average of the weights.

    Attributes
    ----------
    steps : int
        Length of the whole schedule; a run may be cut into many pieces.
    learning_rate : float
        At its highest.
    warmup_steps : int
    final_share : float
        Of the learning rate that is left at the end.
    weight_decay, clip_norm, ema_decay : float
    mixed_precision : bool
        Compute in bfloat16 where it is safe and the device has instructions for it; else in float32.
    """

    steps: int = limited(20000, AT_LEAST_ONE)
    learning_rate: float = limited(2e-3, POSITIVE)
    warmup_steps: int = limited(100, NOT_NEGATIVE)
    final_share: float = limited(0.02, PROBABILITY)
    weight_decay: float = limited(1e-4, NOT_NEGATIVE)
    clip_norm: float = limited(3.0, POSITIVE)
    ema_decay: float = limited(0.998, PROBABILITY)
    mixed_precision: bool = True


@dataclass(frozen=True)
class TransferSettings:
    """Start from another model.

    Attributes
    ----------
    bundle : str
        Name or folder of a bundle with the same network or one of fewer features; empty for random weights.
    freeze_encoder : bool
        Train the decoder alone: from many high-grade to few low-grade cases (Banerjee et al. 2018).
    """

    bundle: str = ""
    freeze_encoder: bool = False


@dataclass(frozen=True)
class TrainingSettings:
    """Everything a training run depends on.

    Attributes
    ----------
    name : str
        Of the settings, for whoever reads them; a bundle is called as its folder.
    seed : int
        Of weights, cases and augmentation.
    region_weights : mapping of str to float
        Weight of each output in the loss: region keys, and ``brain`` for the brain mask.
    checkpoint_minutes : float
        Between two checkpoints.
    second_looks : tuple of SecondLook or None
        How the trained model is to be asked; training itself does not depend on it. None for as the model is that the
        network starts from, once otherwise.
    appearance : bool or None
        Whether its answer is to be corrected by what the tumour looks like in the same images; nor on this. None for as
        of the model that the network starts from, not otherwise.
    """

    name: str = DEFAULT_BUNDLE
    seed: int = limited(0, NOT_NEGATIVE)
    recipe: Recipe = Recipe.WHOLE_BRAIN
    region_weights: dict[str, float] = field(
        default_factory=lambda: {"WT": 1.0, "TC": 1.0, "ET": 1.0, "RC": 0.4, "brain": 0.3},
        metadata=Limits(0, items=1).metadata,
    )
    checkpoint_minutes: float = limited(10.0, NOT_NEGATIVE)
    second_looks: tuple[SecondLook, ...] | None = None
    appearance: bool | None = None
    network: NetworkSettings = field(default_factory=NetworkSettings)
    patches: PatchSettings = field(default_factory=PatchSettings)
    cases: CaseSettings = field(default_factory=CaseSettings)
    optimisation: OptimisationSettings = field(default_factory=OptimisationSettings)
    transfer: TransferSettings = field(default_factory=TransferSettings)
    synthesis: SynthesisSettings = field(default_factory=SynthesisSettings)
