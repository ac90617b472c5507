"""The head against the air."""

from __future__ import annotations

import SimpleITK as sitk

from BratsSegmenterLib.errors import PreprocessingError, explaining_memory

_WORKING_SPACING_MM = 3.0


def coarse(image: sitk.Image, spacing_mm: float) -> sitk.Image:
    """The image averaged in whole voxels to about `spacing_mm`; axes that are coarser already stay as they are."""
    factors = [
        min(size, max(1, round(spacing_mm / own)))
        for size, own in zip(image.GetSize(), image.GetSpacing(), strict=True)
    ]
    return sitk.BinShrink(image, factors) if max(factors) > 1 else image


@explaining_memory()
def head_mask(image: sitk.Image, name: str) -> sitk.Image:
    """The head without holes, at about 3 mm, as 0 and 1.

    Parameters
    ----------
    image : SimpleITK.Image
        Any MR contrast, float32.
    name : str
        What the image is called in a message.

    Raises
    ------
    PreprocessingError
        The image is empty, or shows no head.
    BratsSegmenterError
        The memory is not enough.
    """
    small = sitk.DiscreteGaussian(coarse(image, _WORKING_SPACING_MM), variance=[4.0] * 3, maximumKernelWidth=9)
    statistics = sitk.MinimumMaximumImageFilter()
    statistics.Execute(small)
    if not statistics.GetMaximum() > statistics.GetMinimum():
        raise PreprocessingError(
            f"The {name} image is empty: all its voxels have one value.", "Choose another series for this sequence."
        )
    # The triangle threshold suits one tall peak (air) with a long tail (head); Otsu's would cut between brain and fat.
    is_head = sitk.TriangleThreshold(small, 0, 1, 128)
    opened = sitk.BinaryMorphologicalOpening(is_head, _voxels(is_head, 3.0))
    is_head = opened if _has_voxels(opened) else is_head  # an image of few voxels has nothing thick enough to stay
    is_head = sitk.BinaryMorphologicalClosing(is_head, _voxels(is_head, 9.0))
    if not _has_voxels(is_head):
        raise PreprocessingError(f"No head was found in the {name} image.", "Choose another series for this sequence.")
    largest = sitk.RelabelComponent(sitk.ConnectedComponent(is_head)) == 1
    return sitk.BinaryFillhole(largest)


def _has_voxels(mask: sitk.Image) -> bool:
    return bool(sitk.GetArrayViewFromImage(mask).any())


def _voxels(image: sitk.Image, radius_mm: float) -> list[int]:
    return [round(radius_mm / spacing) for spacing in image.GetSpacing()]
