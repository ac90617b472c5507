"""A reference whose slices end within the tumour: what is measured is doubtful, and what was not looked at is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from phantoms import PhantomStudy

from BratsSegmenterLib.domain import WT, Case, PreprocessingSteps, Sequence
from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.pipeline import Settings, load_case, recognise, scan_study, segment_case
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, keep_result

_QUICK = Settings(device="cpu", steps=PreprocessingSteps(registration=False, bias_correction=False))


def _up_to(case: Case, end: int) -> Case:
    """The case with the reference's slices below `end` alone."""
    whole = case.reference_volume
    _slices, rows, columns = whole.array.shape
    box = (slice(0, end), slice(0, rows), slice(0, columns))
    cut = replace(
        whole,
        array=np.ascontiguousarray(whole.array[box]),
        geometry=whole.geometry.cropped(box),
        frames=whole.frames[:end],
    )
    return replace(case, volumes={**case.volumes, case.reference: cut})


def test_a_tumour_that_goes_on_where_t1c_ends_is_doubted(phantom_study: PhantomStudy, tmp_path: Path) -> None:
    study = scan_study(phantom_study.folder, Progress())
    found = recognise(study, Progress()).found
    case = load_case({sequence: choice.series for sequence, choice in found.items()}, False, Progress())
    assert case.reference is Sequence.T1C
    truth = phantom_study.head.truth_on(case.reference_volume.geometry)
    tumour = bounding_box(np.isin(truth, WT.labels))[0]

    cut = segment_case(_up_to(case, (tumour.start + tumour.stop) // 2), _QUICK, Progress())

    assert any(text.startswith("The whole tumour reaches the last slice of T1c") for text in cut.doubts)
    assert any(text.startswith("The brain goes on beyond the last slice of T1c") for text in cut.findings)
    kept = keep_result(cut, JobFolder(tmp_path), Progress(), resampled_gaps=False)
    record = JobFolder(tmp_path).record()
    assert kept.image_numbers is not None
    assert kept.image_numbers.name(3) == f"image 4 of series {cut.case.reference_volume.series.number}"
    assert record.doubts == kept.doubts == cut.doubts
    assert set(record.image_doubts) == {text for text in cut.doubts if not text.startswith("The whole tumour")}
    assert any(text.startswith("The brain mask") for text in kept.routine)
    assert set(kept.routine).isdisjoint(kept.doubts)
    assert {*kept.routine, *kept.warnings_to_heed} == {*kept.warnings}
    assert kept.warnings_to_heed[: len(kept.doubts)] == kept.doubts
