"""How well sequences are recognised: on real series names, on real headers, on specimens and on a real study.

    python Testing/benchmarks/recognise_series.py [--misses]

Every item goes through `recognise` alone, as a study of one series; a name becomes a header that holds nothing but its
Series Description. Four sources:

names of TCGA-GBM
    587 names, labelled by their publisher with substring rules. Those labels are corrected here, by these rules, before
    anything is counted: (1) "FLAIR" labels whose name says T1 and not T2 become T1. (2) Names that say diffusion,
    trace, hemo, GRE, FFE or fl2d with T2, quantitation, map, DCE, scout, localiser, 3-plane, topogram, a functional
    task, orbits or inner ear become "other". (3) T1 with and without agent follow the words post, gd, gad or a lone c,
    not a "postop" or the exam's name ("BRAIN WOW", "BRAINCONTRAST"); "pre" means without.
names of HMRRC
    228 names with their classes. (1) Names that stand in several classes are dropped: the name cannot tell. (2) The
    class Other holds plain names of other parts of the body; only those are kept whose name says it is none of the
    four. (3) As rules 1 and 3 above: that hospital's fat saturation means contrast to those who know it, not to others.
headers
    268 headers from public repositories, most of them not of patients; labelled by hand, by row, with the answers of
    the rules in view: a check of the reasons, not a blind reading.
specimens
    Headers written for the tests by the author of the rules: an upper bound, no estimate.

The rules for names were refined while looking at the misses of these very lists, and the labels are corrected from the
same words: read these figures as "the rules do what they mean to", not as an accuracy on unseen hospitals.
"""

from __future__ import annotations

import argparse
import ast
import csv
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_has_tag

_REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_REPOSITORY / "Testing" / "Python"))

from header_specimens import SPECIMENS, series_of  # noqa: E402

from BratsSegmenterLib.dicom import recognise, scan  # noqa: E402
from BratsSegmenterLib.domain import Sequence, Series  # noqa: E402

_T1_WORD = re.compile(r"(?<!gh)(?<!ef)t1(?!\d(?!d))|mp ?rage", re.I)
_T2_WORD = re.compile(r"t2", re.I)
_NO_WEIGHTING = re.compile(
    r"diff|trace|hemo|t2.*gre(fil)?\b|gre t2|fgre|t2w?ffe|t2fl2d|quantit|singleexpo|\bmap|\bdce|scout|si ?loc|locali"
    r"|3-pl|topogram|word ?gen|receptive|orbit|iacs",
    re.I,
)
_WITH = re.compile(
    r"post(?!op)|\bgd|gd\b|gad|(?<!\w)c\b(?!-?spine)|t1 ?c\b|(?:ax|axial|cor)c\b|contrast agent|\+ ?c", re.I
)
_WITHOUT = re.compile(r"\bpre|pre\b|prefil", re.I)
_NAMES_NONE = re.compile(r"mra|tof|dwi|adc|loc|haste|stir|trufi|pd_|3di|spine", re.I)

# Rows of the header file, counted from 0, by what they show; all others are none of the four.
_HEADER_LABELS: dict[Sequence, tuple[int, ...]] = {
    Sequence.T1: (
        *(3, 20, 33, 37, 53, 54, 62, 97, 106, 125, 126, 128, 129, 132, 133, 135, 143, 151, 152, 155, 156),
        *(163, 164, 167, 168, 177, 259, 261, 267),
    ),
    Sequence.T1C: (2, 107, 108, 144, 145, 160, 161, 162),
    Sequence.T2: (1, 19, 21, 98, 105, 122, 127, 131, 142, 147, 150, 154, 166, 184, 185),
    Sequence.FLAIR: (0, 8, 95, 141, 165, 174, 176, 180, 181, 182, 196, 197, 266),
}


@dataclass(frozen=True)
class Item:
    """One labelled series; `occurs` counts its name, `published` is its label before it was corrected."""

    text: str
    series: Series
    expected: Sequence | None
    published: Sequence | None
    occurs: int = 1


def named(name: str) -> Series:
    """A series of which only the name is known."""
    header = Dataset()
    header.Modality, header.SeriesDescription = "MR", name
    header.Rows = header.Columns = 256
    return series_of(header)


def with_contrast_of_its_name(name: str) -> Sequence:
    """T1 or T1c, by the words of a name."""
    plain = name.replace("_", " ")
    return Sequence.T1C if _WITH.search(plain) and not _WITHOUT.search(plain) else Sequence.T1


def corrected(name: str, label: Sequence | None) -> Sequence | None:
    """The label after the rules in this file's docstring."""
    if label is None or _NO_WEIGHTING.search(name.replace("_", " ")):
        return None
    if label in (Sequence.T1, Sequence.T1C):
        return with_contrast_of_its_name(name)
    if label is Sequence.FLAIR and _T1_WORD.search(name) and not _T2_WORD.search(name):
        return with_contrast_of_its_name(name)
    return label


def tcga_names(folder: Path) -> tuple[list[Item], str]:
    """Names of TCGA-GBM and a sentence about their labels."""
    labels = {"0": Sequence.FLAIR, "1": Sequence.T1, "2": Sequence.T1C, "3": Sequence.T2, "4": None}
    items, changed = [], 0
    for row in _rows(folder / "tcga_gbm_series_descriptions.csv"):
        name, label = row["series_description"], labels[row["repo_label"]]
        expected = corrected(name, label)
        changed += expected is not label
        items.append(Item(name, named(name), expected, label, int(row["n_series"])))
    return items, f"{changed} of {len(items)} labels corrected"


def hmrrc_names(folder: Path) -> tuple[list[Item], str]:
    """Names of HMRRC and a sentence about their labels."""
    rows = list(_rows(folder / "hmrrc_series_descriptions.csv"))
    classes = Counter(row["series_description"] for row in rows)
    labels = {sequence.value.upper(): sequence for sequence in Sequence}
    items, changed, dropped = [], 0, 0
    for row in rows:
        name, label = row["series_description"], labels.get(row["class"].split("_")[0].upper())
        if classes[name] > 1 or (row["class"] == "Other" and not _NAMES_NONE.search(name)):
            dropped += 1
            continue
        expected = corrected(name, label)
        changed += expected is not label
        items.append(Item(name, named(name), expected, label, int(row["n"])))
    return items, f"{dropped} of {len(rows)} names dropped, {changed} of the others' labels corrected"


def real_headers(folder: Path) -> tuple[list[Item], str]:
    """Headers of public repositories, labelled by hand."""
    labels = {row: sequence for sequence, rows in _HEADER_LABELS.items() for row in rows}
    items = []
    for index, row in enumerate(_rows(folder / "real_mr_headers_from_repos.csv")):
        text = f"row {index}: {row['SeriesDescription']} TR {row['RepetitionTime']} TE {row['EchoTime']}"
        items.append(Item(text, series_of(_header(row)), labels.get(index), labels.get(index)))
    return items, "labelled by hand"


def specimens() -> tuple[list[Item], str]:
    """The specimens of the tests."""
    return [
        Item(one.description, one.series(), one.expected, one.expected) for one in SPECIMENS
    ], "written by the rules' author"


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        yield from csv.DictReader(stream)


@disable_value_validation()
def _header(row: dict[str, str]) -> Dataset:
    header = Dataset()
    header.Modality = "MR"
    for keyword, value in row.items():
        if (
            value not in ("", "None")
            and dictionary_has_tag(keyword)
            and keyword not in ("Rows", "Columns", "NumberOfFrames")
        ):
            setattr(header, keyword, ast.literal_eval(value) if value.startswith("[") else value)
    header.Rows = header.Columns = 256
    return header


def recognised(series: Series) -> tuple[Sequence | None, str]:
    """What a study of this one series is recognised as, and why."""
    recognition = recognise([series])
    candidates = [*recognition.found.values(), *(one for many in recognition.alternatives.values() for one in many)]
    if candidates:
        return candidates[0].sequence, "; ".join(candidates[0].reasons)
    return None, recognition.excluded[0][1]


def report(title: str, items: list[Item], note: str, show_misses: bool) -> None:
    """Print precision and recall of every class, the confusion, and what was missed."""
    classes: list[Sequence | None] = [*Sequence, None]
    confusion: Counter[tuple[Sequence | None, Sequence | None]] = Counter()
    misses, right_series, as_published = [], 0, 0
    for item in items:
        answer, reason = recognised(item.series)
        confusion[item.expected, answer] += 1
        right_series += item.occurs * (answer is item.expected)
        as_published += answer is item.published
        if answer is not item.expected:
            misses.append(f"  {item.text!r} x{item.occurs}: {_name(item.expected)} taken as {_name(answer)} ({reason})")
    right = sum(confusion[one, one] for one in classes)
    print(f"\n{title}: {right} of {len(items)} right ({100 * right / len(items):.1f} %); {note}")
    series_count = sum(item.occurs for item in items)
    print(f"  counted by series {right_series} of {series_count}; {as_published} agree with the uncorrected labels")
    print(f"{'':8}{'n':>5}{'precision':>11}{'recall':>8}   taken as " + "".join(f"{_name(one):>7}" for one in classes))
    for one in classes:
        actual = sum(confusion[one, other] for other in classes)
        taken = sum(confusion[other, one] for other in classes)
        precision = f"{confusion[one, one] / taken:.3f}" if taken else "-"
        recall = f"{confusion[one, one] / actual:.3f}" if actual else "-"
        counts = "".join(f"{confusion[one, other]:>7}" for other in classes)
        print(f"{_name(one):8}{actual:>5}{precision:>11}{recall:>8}            {counts}")
    if show_misses:
        print("\n".join(misses))


def _name(sequence: Sequence | None) -> str:
    return "other" if sequence is None else sequence.value


def report_study(folder: Path) -> None:
    """Print what is taken from a real study, and why the rest is not."""
    scanned = scan(folder)
    recognition = recognise(scanned.series)
    print(f"\nstudy {folder.name}: {len(scanned.series)} MR series")
    for sequence, candidate in recognition.found.items():
        print(
            f"  {sequence.value:6}{candidate.series.label:11}{candidate.confidence:.2f}  {'; '.join(candidate.reasons)}"
        )
    for sequence, others in recognition.alternatives.items():
        for candidate in others:
            print(f"  ({sequence.value}) {candidate.series.label:11}{candidate.confidence:.2f}  alternative")
    for series, reason in recognition.excluded:
        print(f"  other {series.label:11}      {reason}")
    for item in scanned.set_aside:
        print(f"  other {item.sentence}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--misses", action="store_true", help="list every item that is taken for something else")
    show_misses = parser.parse_args().misses
    data = Path(os.environ.get("BRATS_SEGMENTER_DATA", _REPOSITORY.parent / "shared" / "data"))
    report("specimens", *specimens(), show_misses)
    if not data.is_dir():
        print(f"no real data at {data}; set BRATS_SEGMENTER_DATA")
        return
    descriptions = data / "series-descriptions"
    report("names of TCGA-GBM", *tcga_names(descriptions), show_misses)
    report("names of HMRRC", *hmrrc_names(descriptions), show_misses)
    report("headers", *real_headers(descriptions), show_misses)
    report_study(data / "dicom" / "brtum")


if __name__ == "__main__":
    main()
