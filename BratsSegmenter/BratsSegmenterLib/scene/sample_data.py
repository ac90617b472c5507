"""The synthetic patient in Slicer's Sample Data module: made on this computer, nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.paths import resource
from BratsSegmenterLib.scene.volumes import load_volume

_CATEGORY, _NAME = "BratsSegmenter", "BratsSegmenterSyntheticPatient"
_FOLDER = "BratsSegmenterSyntheticPatient"


def register_sample_data() -> None:
    """Offer the synthetic patient in the module Sample Data."""
    import SampleData  # a module of Slicer, loaded when Slicer has started

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_CATEGORY,
        sampleName=_NAME,
        thumbnailFileName=str(resource("Icons/BratsSegmenter.png")),
        uris="made on this computer",
        fileNames=_FOLDER,
        customDownloader=_offer_synthetic_patient,
    )


def make_synthetic_patient(folder: Path, spacing_mm: float = 1.0) -> list[Any]:
    """Write the DICOM study of the synthetic patient, and load its images as volumes.

    Parameters
    ----------
    folder : Path
        Gets the study in ``dicom``, to be opened in the panel, and the images in ``images``.
    spacing_mm : float
        How finely the head is made; coarser is faster.

    Returns
    -------
    list of vtkMRMLScalarVolumeNode
        T1, T1c, T2 and FLAIR.
    """
    from BratsSegmenterLib.demo.head import synthetic_head  # pydicom and scipy load here, not at start-up
    from BratsSegmenterLib.demo.study import write_study
    from BratsSegmenterLib.dicom.mr_series import StudyIdentity
    from BratsSegmenterLib.image_files import write_image

    head = synthetic_head(spacing_mm=spacing_mm)
    write_study(head, folder / "dicom", StudyIdentity())
    nodes = []
    for sequence, array in head.images.items():
        path = folder / "images" / f"{sequence.value}.nii.gz"
        write_image(head.geometry.image(array), path)
        nodes.append(load_volume(path, f"Synthetic {sequence.value}"))
    return nodes


def _offer_synthetic_patient(_source: Any = None) -> list[Any]:
    folder = Path(slicer.app.cachePath) / _FOLDER
    nodes = make_synthetic_patient(folder)
    slicer.util.infoDisplay(
        _("The synthetic study lies in {folder}. Open that folder in BratsSegmenter.").format(folder=folder / "dicom")
    )
    return nodes
