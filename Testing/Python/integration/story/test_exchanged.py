"""Series whose names are exchanged: the result says that the images do not look like it, and keeps saying so."""

from __future__ import annotations

from dataclasses import replace

from phantoms import PhantomStudy

from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.pipeline import Settings, load_case, recognise, scan_study, segment_case
from BratsSegmenterLib.progress import Progress

_QUICK = Settings(device="cpu", steps=PreprocessingSteps(registration=False, bias_correction=False))


def test_sequences_that_were_taken_for_one_another_are_doubted(coarse_study: PhantomStudy) -> None:
    found = recognise(scan_study(coarse_study.folder, Progress()), Progress()).found
    case = load_case({sequence: choice.series for sequence, choice in found.items()}, False, Progress())
    t2, flair = case.volumes[Sequence.T2], case.volumes[Sequence.FLAIR]
    exchanged = replace(case, volumes={**case.volumes, Sequence.T2: flair, Sequence.FLAIR: t2})
    result = segment_case(exchanged, _QUICK, Progress())
    (doubt,) = (doubt for doubt in result.image_doubts if "may be exchanged" in doubt)
    assert doubt.startswith("Fluid is darker on T2 than on FLAIR")
    assert doubt in result.findings
