"""Which steps of the pre-processing are done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Steps:
    """The steps that can be switched off; a switched-off step is named in the findings.

    Attributes
    ----------
    registration : bool
        Move the other sequences rigidly onto the reference. Off: the positions in the headers are believed.
    bias_correction : bool
        Remove the slow shading of the coils (N4).
    brain_mask : bool
        Remove skull, scalp, eyes and neck. Off: the whole head is kept.
    normalisation : bool
        Bring each sequence to mean 0 and standard deviation 1 inside the mask.
    """

    registration: bool = True
    bias_correction: bool = True
    brain_mask: bool = True
    normalisation: bool = True
