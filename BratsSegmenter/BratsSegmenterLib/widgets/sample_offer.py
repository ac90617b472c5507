"""The synthetic patient among what Slicer's module Sample Data offers; light, as it is loaded when Slicer starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from BratsSegmenterLib.paths import resource

_CATEGORY, _NAME = "BratsSegmenter", "BratsSegmenterSyntheticPatient"


class SampleOffer:
    """Registers the synthetic patient, and has it made when it is asked for; to be kept as long as Slicer runs."""

    def __init__(self) -> None:
        self._patient: Any = None

    def register(self) -> None:
        """Offer the patient; the module Sample Data has to be loaded."""
        import SampleData  # a module of Slicer, loaded when Slicer has started

        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=_CATEGORY,
            sampleName=_NAME,
            thumbnailFileName=str(resource("Icons/BratsSegmenter.png")),
            uris=_NAME,
            fileNames=_NAME,
            customDownloader=self.make,
        )

    def make(self, _source: object = None) -> None:
        """Have the patient made."""
        from BratsSegmenterLib.widgets.sample_patient import sample_patient  # here, so that Slicer starts without it

        if self._patient is None:
            self._patient = sample_patient(Path(slicer.app.cachePath) / _NAME, slicer.util.infoDisplay)
        self._patient.make()
