"""Cases as the challenges give them, registered and without skull: turned and scaled, nothing else."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase
from BratsSegmenterLib.learning.evaluation.stripping import refuse_what_is_no_brain
from BratsSegmenterLib.preprocessing import PreparedCase, z_score

_TOLERANCE_MM = 0.1


def prepared_from_challenge(case: LabelledCase) -> PreparedCase:
    """What preprocessing would make of the case if it had nothing to do.

    The brain is every voxel in which some sequence is not zero; each sequence is z-scored in it.

    Raises
    ------
    LearningError
        The images and the labels do not share one grid, or an image shows more than the brain or has one value
        everywhere in it.
    """
    refuse_what_is_no_brain(case, "Or evaluate it with the whole chain, which finds the brain.")
    for sequence, geometry in case.geometries.items():
        if not geometry.is_close(case.labels_geometry, _TOLERANCE_MM):
            raise LearningError(
                f"The {sequence.value} image of the case '{case.name}' does not lie in the grid of its labels.",
                "Evaluate it with the whole chain, which registers the images, or repair the case.",
            )
    turned = {
        sequence: sitk.DICOMOrient(case.labels_geometry.image(array), "LPS") for sequence, array in case.images.items()
    }
    geometry = Geometry.of_image(next(iter(turned.values())))
    arrays = {sequence: sitk.GetArrayFromImage(image) for sequence, image in turned.items()}
    mask = np.any([array != 0 for array in arrays.values()], axis=0)
    channels = np.zeros((len(Sequence), *geometry.shape), np.float32)
    for sequence, array in arrays.items():
        if np.ptp(array[mask]) == 0:
            raise LearningError(
                f"The {sequence.value} image of the case '{case.name}' has one value everywhere in the brain.",
                "Repair the case or leave it out.",
            )
        channels[sequence.channel] = z_score(array, mask)
    return PreparedCase(
        images=channels,
        present=tuple(sequence for sequence in Sequence if sequence in arrays),
        mask=mask,
        geometry=geometry,
        reference_geometry=case.labels_geometry,
        transforms={},
        bias_fields={},
    )
