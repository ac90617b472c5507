"""The head that comes with an ordinary dependency: nilearn's copy of the ICBM 2009a symmetric atlas."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.synthesis.distances import signed_distance_mm
from BratsSegmenterLib.learning.synthesis.skull import with_skull
from BratsSegmenterLib.learning.synthesis.tissues import Tissue

_PADDING_MM = 24
_BRAIN_THRESHOLD = 0.02
_LEAST_VENTRICLE_VOXELS = 150


def icbm152_tissues() -> NDArray[np.uint8]:
    """Tissues of the ICBM 152 atlas (Fonov et al. 2011, doi:10.1016/j.neuroimage.2010.07.033) at 1 mm.

    The atlas has a T1 image and maps of grey and white matter of a skull-stripped head. Ventricles, deep nuclei,
    cerebellum and brainstem are told apart by where they lie in the atlas's own coordinates; skull and scalp are added.

    Returns
    -------
    ndarray of uint8, shape (slices, rows, columns)
        Values of :class:`Tissue`; slices go up, rows to the back, columns to the left.

    Raises
    ------
    LearningError
        nilearn is not installed.
    """
    t1, position = _read("t1")
    grey, _ = _read("gm")
    white, _ = _read("wm")
    right, front, up = position
    brain = ndimage.binary_fill_holes(t1 > _BRAIN_THRESHOLD)
    depth = -signed_distance_mm(brain)

    tissues = np.zeros(t1.shape, np.uint8)
    tissues[brain] = Tissue.CSF
    matter = brain & (grey + white > 0.5)
    tissues[matter & (white >= grey)] = Tissue.WHITE_MATTER
    tissues[matter & (grey > white)] = Tissue.CORTEX
    tissues[_ventricles(tissues == Tissue.CSF, depth, position)] = Tissue.VENTRICLE

    nuclei = (
        (tissues == Tissue.CORTEX)
        & (np.abs(right) < 36)
        & (np.abs(front + 5) < 30)
        & (np.abs(up - 5) < 17)
        & (depth > 28)
    )
    tissues[nuclei & (np.abs(right) >= 17)] = Tissue.PUTAMEN
    tissues[nuclei & (np.abs(right) < 17)] = Tissue.CAUDATE
    tissues[nuclei & (np.abs(right) < 18) & (front < 0)] = Tissue.THALAMUS

    cerebellum = (front < -38) & (up < -14 + 0.05 * (front + 38))
    tissues[cerebellum & (tissues == Tissue.WHITE_MATTER)] = Tissue.CEREBELLAR_WHITE_MATTER
    tissues[cerebellum & (tissues == Tissue.CORTEX)] = Tissue.CEREBELLAR_CORTEX
    brainstem = (np.abs(right) < 16) & (up < -6) & (np.abs(front + 25) < 20)
    tissues[brainstem & np.isin(tissues, (Tissue.WHITE_MATTER, Tissue.CORTEX))] = Tissue.BRAINSTEM

    csf = tissues == Tissue.CSF
    tissues[csf & ~ndimage.binary_erosion(brain, iterations=2)] = Tissue.DURA
    tissues[csf & (np.abs(right) < 1.5) & (up > -5)] = Tissue.DURA
    return with_skull(np.pad(tissues, _PADDING_MM))


def _ventricles(
    csf: NDArray[np.bool_], depth: NDArray[np.float32], position: tuple[NDArray[np.float64], ...]
) -> NDArray[np.bool_]:
    """CSF deep inside the brain near its middle, without single stray voxels."""
    right, front, up = position
    inside = csf & (depth > 18) & (np.abs(right) < 45) & (np.abs(front + 10) < 50) & (np.abs(up - 2.5) < 32.5)
    components, _ = ndimage.label(ndimage.binary_opening(inside))
    large = np.bincount(components.ravel()) > _LEAST_VENTRICLE_VOXELS
    large[0] = False
    return large[components]


def _read(kind: str) -> tuple[NDArray[np.float32], tuple[NDArray[np.float64], ...]]:
    """One map of the atlas, 0 to 1, and the open-grid positions (right, front, up) of its voxels in millimetres."""
    try:
        import nilearn
    except ImportError as error:
        raise LearningError(
            "The built-in anatomy needs the Python package nilearn, which is not installed.",
            "Install it (pip install nilearn), or give a folder of label maps.",
        ) from error
    file = Path(nilearn.__file__).parent / "datasets" / "data" / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz"
    image = sitk.DICOMOrient(sitk.ReadImage(str(file)), "LPS")
    left, back, up = (
        start + step * np.arange(count)
        for start, step, count in zip(image.GetOrigin(), image.GetSpacing(), image.GetSize(), strict=True)
    )
    values = cast("NDArray[np.float32]", sitk.GetArrayFromImage(sitk.Cast(image, sitk.sitkFloat32)))
    return values / np.float32(255), (-left[None, None, :], -back[None, :, None], up[:, None, None])
