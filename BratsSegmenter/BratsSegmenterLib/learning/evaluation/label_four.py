"""What the label 4 means in cases whose names do not say it: the cases beside them may."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace

from BratsSegmenterLib.domain import ET, RC
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation.cases import CaseFiles, stored_labels
from BratsSegmenterLib.progress import Progress


def settle_label_four(cases: Items[CaseFiles], progress: Progress) -> tuple[tuple[CaseFiles, ...], str]:
    """The cases with one meaning of 4, and what was assumed about it.

    Where one case uses 3 and 4, 3 is enhancing tumour and 4 the cavity, so they are in all cases that were labelled
    by the same hands; a tumour that was resected as a whole has 4 alone. Labels are read for this, but only of cases
    whose names do not say what 4 is, and only until one uses both.

    Returns
    -------
    tuple of CaseFiles
    str
        One sentence; empty where every name says it, or 4 is not used.
    """
    open_cases = [case for case in cases if case.four_is_cavity is None]
    found_four = False
    for number, case in enumerate(open_cases):
        progress.update(number / len(open_cases), case.name)
        try:
            labels = stored_labels(case)
        except LearningError:  # said when the case is read
            continue
        if {ET.label, RC.label} <= labels:
            settled = (replace(one, four_is_cavity=True) if one.four_is_cavity is None else one for one in cases)
            return tuple(settled), (
                f"The label 4 is taken for the resection cavity in all cases whose names do not say what it is: "
                f"the case '{case.name}' uses it beside 3."
            )
        found_four |= RC.label in labels
    if not found_four:
        return tuple(cases), ""
    return tuple(cases), (
        "The label 4 is taken for enhancing tumour in all cases whose names do not say what it is: "
        "none of them uses it beside 3."
    )
