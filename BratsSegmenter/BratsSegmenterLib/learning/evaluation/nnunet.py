"""Data sets in nnU-Net's layout: dataset.json, imagesTr/<case>_0000.nii.gz ..., labelsTr/<case>.nii.gz.

The layout is described in nnU-Net's documentation/dataset_format.md; version 1 (``modality``) and 2
(``channel_names``) are read, with labels as single values or as nested regions.
"""

from __future__ import annotations

import glob
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Region, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation.cases import CaseFiles, LabelledCase, read_case
from BratsSegmenterLib.learning.evaluation.names import patients
from BratsSegmenterLib.learning.evaluation.roles import SEQUENCE_NAMES

_DATASET = "dataset.json"
_IMAGES, _LABELS = "imagesTr", "labelsTr"
_ABBREVIATIONS = {"et": ET, "ed": ED, "net": NCR, "netc": NCR, "rc": RC, "tc": TC, "wt": WT}
"""Whole names, as BraTS abbreviates them; others of its abbreviations are parts of names."""
_NAMES = (
    ("edema", ED),
    ("snfh", ED),
    ("hyperintens", ED),
    ("nonenhanc", NCR),
    ("noncontrastenhanc", NCR),
    ("unenhanc", NCR),
    ("necro", NCR),
    ("ncr", NCR),
    ("cavity", RC),
    ("enhanc", ET),
    ("core", TC),
    ("whole", WT),
)
"""Parts of a label's name without spaces, "-" and "_", and the region that they mean; the first that fits counts.

Oedema comes before what does not enhance, for BraTS 2024's "surrounding non-enhancing FLAIR hyperintensity", and that
before what does."""
_CHANNEL = "[0-9]" * 4
_SPLIT = "A file of four dimensions must be split into one a channel; nnU-Net's nnUNetv2_convert_MSD_dataset does it."
_AS_NAMED = "Name the images as nnU-Net does, with the ending that dataset.json says, or leave the case out."
_OUTERMOST_FIRST = (WT, TC)
_GREATEST_LABEL = 4


@dataclass(frozen=True)
class LabelledFiles:
    """The files of one case, and what its label values mean.

    Attributes
    ----------
    files : CaseFiles
    values : mapping of int to int
        From the data set's label values to ours; empty where they are BraTS' own.
    """

    files: CaseFiles
    values: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """Of the case."""
        return self.files.name

    def state(self) -> str:
        """Another text once a file or the meaning of the labels changed."""
        return repr((self.files.state(), sorted(self.values.items())))

    def read(self, sequences: Iterable[Sequence] | None = None) -> LabelledCase:
        """The images, and the labels in our values.

        Parameters
        ----------
        sequences : iterable of Sequence, optional
            The ones that must be there; when not given those that are there.

        Raises
        ------
        LearningError
            Something is missing or cannot be used, or a label value has no meaning in the data set; named.
        """
        case = read_case(self.files, self.files.images if sequences is None else sequences)
        if not self.values:
            return case
        if unnamed := sorted({*np.unique(case.labels).tolist()} - {0, *self.values}):
            raise LearningError(
                f"The case '{self.name}' has voxels of the label {unnamed[0]}, which {_DATASET} does not name.",
                "Name it there, or correct the label file.",
            )
        table = np.zeros(_GREATEST_LABEL + 1, np.uint8)
        for theirs, ours in self.values.items():
            table[theirs] = ours
        return replace(case, labels=table[case.labels])


def is_nnunet_folder(folder: Path) -> bool:
    """Whether there are a dataset.json, which other data sets have too, and one of nnU-Net's folders."""
    return (folder / _DATASET).exists() and any((folder / inner).is_dir() for inner in (_IMAGES, _LABELS))


def nnunet_cases(folder: Path) -> tuple[LabelledFiles, ...]:
    """The cases of a data set that have labels, those that nnU-Net trains on.

    Raises
    ------
    LearningError
        dataset.json cannot be read or does not say what the channels and labels are, or there is no case.
    """
    try:
        dataset = json.loads((folder / _DATASET).read_text(encoding="utf-8"))
        names = dataset.get("channel_names") or dataset["modality"]
        channels = {int(number): _sequence(name) for number, name in names.items()}
        _refuse_twins(channels)
        values = label_values(dataset["labels"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LearningError(
            f"{_DATASET} of '{folder.name}' does not say what its channels and labels are.",
            "Write its 'channel_names', 'labels' and 'file_ending' as nnU-Net's documentation/dataset_format.md says.",
            repr(error),
        ) from error
    ending = dataset.get("file_ending", ".nii.gz")
    found = [file for file in sorted((folder / _LABELS).glob(f"*{ending}")) if not file.name.startswith(".")]
    if not found:
        raise LearningError(
            f"The data set '{folder.name}' has no labels in {_LABELS}.", f"Put them there; their names end in {ending}."
        )
    return tuple(LabelledFiles(_case_files(folder / _IMAGES, labels, ending, channels), values) for labels in found)


def _case_files(folder: Path, labels: Path, ending: str, channels: Mapping[int, Sequence]) -> CaseFiles:
    """The labels of a case and its images in a folder."""
    name = labels.name.removesuffix(ending)
    images = {
        sequence: file
        for number, sequence in channels.items()
        if (file := folder / f"{name}_{number:04d}{ending}").exists()
    }
    strangers = tuple(sorted({*folder.glob(f"{glob.escape(name)}_{_CHANNEL}.*")} - {*images.values()}))
    (patient,) = patients([(name,)])
    files = CaseFiles(name, patient, images, labels, four_is_cavity=True, strangers=strangers)
    if images:
        return files
    remedy = _SPLIT if (folder / labels.name).exists() else _AS_NAMED
    return replace(files, problem=f"has no image named {name}_0000{ending}", remedy=remedy)


def label_values(labels: Mapping[str, Any]) -> dict[int, int]:
    """Our label of each of the data set's values, from the names it gives them.

    Several values may mean one label of ours: necrosis and non-enhancing tumour, each with a value of its own, are both
    our 1.

    Parameters
    ----------
    labels : mapping
        As in dataset.json: name to value (version 2), value to name (version 1), or name to the values of a nested
        region.

    Raises
    ------
    LearningError
        A name means no region that is known or is "ignore", a value is none of 0 to 4, or two names that share a value
        leave open what it means.
    """
    named = [_Named.read(key, value) for key, value in labels.items() if "background" not in (_key(key), _key(value))]
    named.sort(key=lambda label: label.depth)
    for outer, inner in itertools.combinations(named, 2):
        if not inner.leaves_clear_what_is_in(outer):
            shared = min(outer.values & inner.values)
            raise LearningError(
                f"{_DATASET} gives the value {shared} to both '{outer.name}' and '{inner.name}', "
                "and the second does not lie in the first.",
                "Give each label a value of its own, or nest them: whole tumour, tumour core, enhancing tumour.",
            )
    return {value: label.leaf.label for label in named for value in label.values}


@dataclass(frozen=True)
class _Named:
    """A label of the data set: its name, the region that the name means, and its values."""

    name: str
    region: Region
    values: frozenset[int]

    @classmethod
    def read(cls, key: str, value: Any) -> _Named:
        name, numbers = (value, [int(key)]) if key.isdigit() else (key, np.atleast_1d(value).tolist())
        for number in numbers:
            if not 0 < number <= _GREATEST_LABEL:
                raise LearningError(
                    f"{_DATASET} gives the label value {number}; 1 to {_GREATEST_LABEL} can be read.",
                    "Number the labels anew, in it and in the label maps.",
                )
        return cls(name, _region(name), frozenset(numbers))

    @property
    def depth(self) -> int:
        """0 for the whole tumour, the highest for what nothing else lies in."""
        return _OUTERMOST_FIRST.index(self.region) if self.region in _OUTERMOST_FIRST else len(_OUTERMOST_FIRST)

    @property
    def leaf(self) -> Region:
        """What of a nested region is not in the next inner one."""
        return {WT: ED, TC: NCR}.get(self.region, self.region)

    def leaves_clear_what_is_in(self, outer: _Named) -> bool:
        """Whether each value of both means one thing: it is in one alone, they are the same, or this lies inside."""
        if not self.values & outer.values or self.leaf is outer.leaf:
            return True
        return outer.depth < self.depth and self.values <= outer.values


def _sequence(name: str) -> Sequence:
    key = _key(name)
    if key not in SEQUENCE_NAMES:
        raise LearningError(
            f"{_DATASET} names the channel '{name}', which is not known.", f"Known are: {', '.join(SEQUENCE_NAMES)}."
        )
    return SEQUENCE_NAMES[key]


def _refuse_twins(channels: Mapping[int, Sequence]) -> None:
    for one, other in itertools.combinations(channels, 2):
        if channels[one] is channels[other]:
            raise LearningError(
                f"{_DATASET} names both the channel {one} and the channel {other} as {channels[one].value}.",
                "Name each sequence once.",
            )


def _region(name: str) -> Region:
    if _key(name) == "ignore":
        raise LearningError(
            f"{_DATASET} has the label '{name}', and the training would take its voxels for healthy.",
            "Label them, or take out the cases that have them and the label.",
        )
    key = _key(name)
    region = _ABBREVIATIONS.get(key) or next((region for part, region in _NAMES if part in key), None)
    if region is None:
        parts = ", ".join((*_ABBREVIATIONS, *(part for part, _ in _NAMES)))
        raise LearningError(f"{_DATASET} names the label '{name}', which is not known.", f"Known are: {parts}.")
    return region


def _key(name: object) -> str:
    """A name as it is looked up; of a value, which may stand in its place, its digits."""
    return re.sub(r"[\s_-]+", "", str(name).lower())
