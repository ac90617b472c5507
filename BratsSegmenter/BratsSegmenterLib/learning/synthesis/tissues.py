"""The tissues of a head and the label values under which anatomists file them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.errors import LearningError


class Tissue(IntEnum):
    """Tissues that differ in at least one of the four sequences; the values index every table of intensities."""

    AIR = 0
    WHITE_MATTER = 1
    CORTEX = 2
    VENTRICLE = 3
    CSF = 4
    CEREBELLAR_WHITE_MATTER = 5
    CEREBELLAR_CORTEX = 6
    THALAMUS = 7
    CAUDATE = 8
    PUTAMEN = 9
    PALLIDUM = 10
    HIPPOCAMPUS = 11
    BRAINSTEM = 12
    CHOROID_PLEXUS = 13
    WHITE_MATTER_LESION = 14
    VEIN = 15
    ARTERY = 16
    BONE = 17
    MARROW = 18
    SOFT_TISSUE = 19
    SKIN = 20
    MUCOSA = 21
    EYE = 22
    MUSCLE = 23
    OPTIC_NERVE = 24
    SPINAL_CORD = 25
    PERIVASCULAR_SPACE = 26
    DURA = 27


BRAIN = (
    Tissue.WHITE_MATTER,
    Tissue.CORTEX,
    Tissue.VENTRICLE,
    Tissue.CEREBELLAR_WHITE_MATTER,
    Tissue.CEREBELLAR_CORTEX,
    Tissue.THALAMUS,
    Tissue.CAUDATE,
    Tissue.PUTAMEN,
    Tissue.PALLIDUM,
    Tissue.HIPPOCAMPUS,
    Tissue.BRAINSTEM,
    Tissue.CHOROID_PLEXUS,
    Tissue.WHITE_MATTER_LESION,
    Tissue.PERIVASCULAR_SPACE,
)
"""What a brain mask encloses."""

DEEP_GREY_MATTER = (Tissue.THALAMUS, Tissue.CAUDATE, Tissue.PUTAMEN, Tissue.PALLIDUM, Tissue.BRAINSTEM)

LEFT_HEMISPHERE = (2, 3, 7, 8)
RIGHT_HEMISPHERE = (41, 42, 46, 47)
"""White matter and cortex of cerebrum and cerebellum in FreeSurfer's numbering."""

_FREESURFER = {
    Tissue.WHITE_MATTER: (2, 41),
    Tissue.CORTEX: (3, 42),
    Tissue.VENTRICLE: (4, 5, 14, 15, 43, 44, 72),
    Tissue.CSF: (24,),
    Tissue.CEREBELLAR_WHITE_MATTER: (7, 46),
    Tissue.CEREBELLAR_CORTEX: (8, 47),
    Tissue.THALAMUS: (10, 49),
    Tissue.CAUDATE: (11, 26, 50, 58),
    Tissue.PUTAMEN: (12, 51),
    Tissue.PALLIDUM: (13, 52),
    Tissue.HIPPOCAMPUS: (17, 18, 53, 54),
    Tissue.BRAINSTEM: (16, 28, 60),
    Tissue.CHOROID_PLEXUS: (31, 63, 136, 137, 163, 164),
    Tissue.WHITE_MATTER_LESION: (25, 57, 77),
    Tissue.VEIN: (514,),
    Tissue.ARTERY: (502,),
    Tissue.BONE: (515,),
    Tissue.MARROW: (516,),
    Tissue.SOFT_TISSUE: (507,),
    Tissue.SKIN: (511,),
    Tissue.MUCOSA: (509,),
    Tissue.EYE: (506,),
    Tissue.MUSCLE: (508,),
    Tissue.OPTIC_NERVE: (85, 530),
    Tissue.SPINAL_CORD: (512,),
    Tissue.PERIVASCULAR_SPACE: (30, 62),
}
"""FreeSurferColorLUT.txt below 500; above that the extra-cerebral labels of SynthSeg's training label maps
(Billot et al. 2023, doi:10.1016/j.media.2023.102789)."""


def tissues_of_labels(labels: NDArray[np.integer], source: str) -> NDArray[np.uint8]:
    """Tissue of every voxel of a FreeSurfer or SynthSeg label map; labels of no tissue become air.

    Parameters
    ----------
    labels : ndarray of int, any shape
    source : str
        Name of the file, for the message.

    Raises
    ------
    LearningError
        The map has no white matter or no cortex: its numbering is another one.
    """
    table = np.zeros(max(int(labels.max(initial=0)), 1023) + 1, np.uint8)
    for tissue, values in _FREESURFER.items():
        table[list(values)] = tissue
    tissues = table[np.clip(labels, 0, None)]
    missing = [tissue for tissue in (Tissue.WHITE_MATTER, Tissue.CORTEX) if not (tissues == tissue).any()]
    if missing:
        raise LearningError(
            f"The label map '{source}' has no voxel of {missing[0].name.lower().replace('_', ' ')}.",
            "Give label maps in FreeSurfer's numbering (2 and 41 white matter, 3 and 42 cortex).",
        )
    return tissues
