"""The labelled cases of a data folder, whichever of the known layouts it has."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.learning.evaluation.cases import find_cases
from BratsSegmenterLib.learning.evaluation.label_four import settle_label_four
from BratsSegmenterLib.learning.evaluation.nnunet import LabelledFiles, is_nnunet_folder, nnunet_cases
from BratsSegmenterLib.progress import Progress


def find_labelled_cases(folder: Path) -> tuple[LabelledFiles, ...]:
    """The cases of a folder in nnU-Net's layout, if it has its files, else in BraTS' layout.

    Raises
    ------
    LearningError
        There is none, or dataset.json does not say what its channels and labels are.
    """
    if is_nnunet_folder(folder):
        return nnunet_cases(folder)
    return tuple(LabelledFiles(case) for case in find_cases(folder))


def with_label_four_settled(cases: Items[LabelledFiles], progress: Progress) -> tuple[tuple[LabelledFiles, ...], str]:
    """The cases with one meaning of the label 4, and what was assumed; see :func:`settle_label_four`."""
    settled, note = settle_label_four([case.files for case in cases], progress)
    return tuple(replace(case, files=files) for case, files in zip(cases, settled, strict=True)), note
