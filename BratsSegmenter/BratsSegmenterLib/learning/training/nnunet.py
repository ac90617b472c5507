"""Data sets in nnU-Net's layout: dataset.json, imagesTr/<case>_0000.nii.gz ..., labelsTr/<case>.nii.gz.

The layout is described in nnU-Net's documentation/dataset_format.md; version 1 (``modality``) and 2
(``channel_names``) are read, with labels as single values or as nested regions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Region, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import SEQUENCE_NAMES, CaseFiles, LabelledCase, read_case
from BratsSegmenterLib.learning.evaluation.names import patients

_DATASET = "dataset.json"
_NAMES = (
    ("non-enhanc", NCR),
    ("non_enhanc", NCR),
    ("necro", NCR),
    ("ncr", NCR),
    ("edema", ED),
    ("oedema", ED),
    ("cavity", RC),
    ("enhanc", ET),
    ("core", TC),
    ("whole", WT),
)
"""Parts of a label's name and the region that they mean; the first that fits counts."""
_GREATEST_LABEL = 4


@dataclass(frozen=True)
class TrainingFiles:
    """The files of one training case.

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

    def read(self) -> LabelledCase:
        """The images that are there, and the labels in our values.

        Raises
        ------
        LearningError
            Something is missing or cannot be used; named.
        """
        case = read_case(self.files, self.files.images)
        if not self.values:
            return case
        table = np.zeros(_GREATEST_LABEL + 1, np.uint8)
        for theirs, ours in self.values.items():
            table[theirs] = ours
        return replace(case, labels=table[case.labels])


def is_nnunet_folder(folder: Path) -> bool:
    """Whether there is a dataset.json."""
    return (folder / _DATASET).exists()


def nnunet_cases(folder: Path) -> tuple[TrainingFiles, ...]:
    """The training cases of a data set.

    Raises
    ------
    LearningError
        dataset.json cannot be read or does not say what the channels and labels are, or there is no case.
    """
    try:
        dataset = json.loads((folder / _DATASET).read_text(encoding="utf-8"))
        names = dataset.get("channel_names") or dataset["modality"]
        channels = {int(number): _sequence(name) for number, name in names.items()}
        values = label_values(dataset["labels"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise LearningError(
            f"{_DATASET} of '{folder.name}' does not say what its channels and labels are.", "", repr(error)
        ) from error
    ending = dataset.get("file_ending", ".nii.gz")
    cases = []
    for labels in sorted((folder / "labelsTr").glob(f"*{ending}")):
        name = labels.name.removesuffix(ending)
        images = {
            sequence: file
            for number, sequence in channels.items()
            if (file := folder / "imagesTr" / f"{name}_{number:04d}{ending}").exists()
        }
        (patient,) = patients([(name,)])
        cases.append(TrainingFiles(CaseFiles(name, patient, images, labels, four_is_cavity=True), values))
    if not cases:
        raise LearningError(f"The data set '{folder.name}' has no labels in labelsTr.")
    return tuple(cases)


def label_values(labels: Mapping[str, Any]) -> dict[int, int]:
    """Our label of each of the data set's values, from the names it gives them.

    Parameters
    ----------
    labels : mapping
        As in dataset.json: name to value (version 2), value to name (version 1), or name to the values of a nested
        region.

    Raises
    ------
    LearningError
        A name means no region that is known, or a value is none of 0 to 4.
    """
    regions: list[tuple[Region, set[int]]] = []
    for key, value in labels.items():
        name, values = (value, {int(key)}) if key.isdigit() else (key, set(np.atleast_1d(value).tolist()))
        if name.lower() not in ("background", "ignore"):
            regions.append((_region(name), values))
    ours: dict[int, int] = {}
    for region, values in sorted(regions, key=lambda item: len(item[1]), reverse=True):
        for value in values:
            if not 0 < value <= _GREATEST_LABEL:
                raise LearningError(f"{_DATASET} gives the label value {value}; 1 to {_GREATEST_LABEL} can be read.")
            ours[value] = _leaf(region).label
    return ours


def _leaf(region: Region) -> Region:
    """What of a nested region is not in the next inner one."""
    return {WT: ED, TC: NCR}.get(region, region)


def _sequence(name: str) -> Sequence:
    key = name.lower().replace("-", "").replace("_", "")
    if key not in SEQUENCE_NAMES:
        raise LearningError(
            f"{_DATASET} names the channel '{name}', which is not known.", f"Known are: {', '.join(SEQUENCE_NAMES)}."
        )
    return SEQUENCE_NAMES[key]


def _region(name: str) -> Region:
    region = next((region for part, region in _NAMES if part in name.lower()), None)
    if region is None:
        parts = ", ".join(part for part, _ in _NAMES)
        raise LearningError(f"{_DATASET} names the label '{name}', which is not known.", f"Known are: {parts}.")
    return region
