"""The labelled cases of a data folder, whichever of the known layouts it has."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Items
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.folder_tree import folders_below
from BratsSegmenterLib.learning.evaluation.cases import find_cases
from BratsSegmenterLib.learning.evaluation.label_four import settle_label_four
from BratsSegmenterLib.learning.evaluation.nnunet import LabelledFiles, is_nnunet_folder, nnunet_cases
from BratsSegmenterLib.progress import Progress


def find_labelled_cases(folder: Path) -> tuple[LabelledFiles, ...]:
    """The cases of a folder in nnU-Net's layout, if it has its files, else all in BraTS' layout in it and below.

    With the latter come those of each data set of nnU-Net below; there a case is called by the path of its data set and
    its own name: "Dataset137_BraTS2021-BraTS2021_00001".

    Raises
    ------
    LearningError
        There is none, or a dataset.json does not say what its channels and labels are.
    """
    if is_nnunet_folder(folder):
        return nnunet_cases(folder)
    data_sets = sorted(filter(is_nnunet_folder, folders_below(folder)))
    own = (LabelledFiles(case) for case in find_cases(folder, apart_from=data_sets))
    return (*own, *(case for data_set in data_sets for case in _cases_of(data_set, folder)))


def _cases_of(data_set: Path, folder: Path) -> Iterator[LabelledFiles]:
    path = "-".join(data_set.relative_to(folder).parts)
    for case in nnunet_cases(data_set):
        yield replace(case, files=replace(case.files, name=f"{path}-{case.name}"))


def with_label_four_settled(cases: Items[LabelledFiles], progress: Progress) -> tuple[tuple[LabelledFiles, ...], str]:
    """The cases with one meaning of the label 4, and what was assumed; see :func:`settle_label_four`."""
    settled, note = settle_label_four([case.files for case in cases], progress)
    return tuple(replace(case, files=files) for case, files in zip(cases, settled, strict=True)), note
