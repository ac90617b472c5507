"""Where networks learn and heads are made: on a CUDA GPU or the CPU."""

from __future__ import annotations

DEVICES = ("auto", "cuda", "cpu")


def learning_device(name: str) -> str:
    """The device called `name`; with "auto" a CUDA GPU, else the CPU: on Apple's GPU none of this was ever tried.

    Raises
    ------
    InferenceError
        The device is not known or not there.
    """
    from BratsSegmenterLib.segmentation import choose_device  # torch loads here, not for the names

    chosen = choose_device(name).type
    return chosen if chosen in DEVICES else "cpu"
