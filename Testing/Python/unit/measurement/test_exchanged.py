"""Series that were taken for one another are doubted for what their images show."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from head_phantom import ISOTROPIC, brain_at, points_of, tissue_values
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.measurement import exchange_findings

_T1, _T1C, _T2, _FLAIR = Sequence
_T1_EXCHANGED, _T2_EXCHANGED = "More is brighter on T1 than on T1c", "Fluid is darker on T2 than on FLAIR"
Images = dict[Sequence, NDArray[np.float32]]


@pytest.fixture(scope="module")
def images() -> Images:
    points = points_of(ISOTROPIC)
    noise = np.random.default_rng(1).normal(0, 2, (4, len(points)))
    values = {sequence: tissue_values(points, sequence) + noise[sequence.channel] for sequence in Sequence}
    return {sequence: one.reshape(ISOTROPIC.shape).astype(np.float32) for sequence, one in values.items()}


@pytest.fixture(scope="module")
def brain() -> NDArray[np.bool_]:
    return brain_at(points_of(ISOTROPIC)).reshape(ISOTROPIC.shape)


def _exchanged(images: Images, one: Sequence, other: Sequence) -> Images:
    return images | {one: images[other], other: images[one]}


def _without(images: Images, *left_out: Sequence) -> Images:
    return {sequence: image for sequence, image in images.items() if sequence not in left_out}


def _begin(found: tuple[str, ...], *beginnings: str) -> bool:
    return len(found) == len(beginnings) and all(map(str.startswith, found, beginnings))


def test_nothing_is_doubted_in_the_right_order(images: Images, brain: NDArray[np.bool_]) -> None:
    assert exchange_findings(images, brain) == ()
    assert exchange_findings({sequence: 7 * image - 100 for sequence, image in images.items()}, brain) == ()
    for left_out in Sequence:
        assert exchange_findings(_without(images, left_out), brain) == ()


def test_a_t1_that_is_brighter_than_t1c_is_doubted_and_a_t1c_without_contrast_agent_is_not(
    images: Images, brain: NDArray[np.bool_]
) -> None:
    assert _begin(exchange_findings(_exchanged(images, _T1, _T1C), brain), _T1_EXCHANGED)
    assert exchange_findings(images | {_T1C: images[_T1]}, brain) == ()


@pytest.mark.parametrize("left_out", [(), (_T1,), (_T1C,)])
def test_a_t2_that_suppresses_fluid_is_doubted(
    images: Images, brain: NDArray[np.bool_], left_out: tuple[Sequence, ...]
) -> None:
    found = exchange_findings(_without(_exchanged(images, _T2, _FLAIR), *left_out), brain)
    assert _begin(found, _T2_EXCHANGED)


def test_what_shows_nothing_to_compare_is_not_doubted(images: Images, brain: NDArray[np.bool_]) -> None:
    assert exchange_findings(_without(_exchanged(images, _T2, _FLAIR), _T1, _T1C), brain) == ()
    assert exchange_findings(_exchanged(images, _T2, _FLAIR), np.zeros_like(brain)) == ()


def test_the_real_tumour_that_enhances_least_is_doubted_only_when_exchanged(real_data: Path) -> None:
    folder = real_data / "glioma-dev" / "BraTS2021_01478"
    names = {_T1: "t1", _T1C: "t1c", _T2: "t2", _FLAIR: "flair"}
    real = {
        sequence: sitk.GetArrayFromImage(sitk.ReadImage(folder / f"{name}.nii.gz", sitk.sitkFloat32))
        for sequence, name in names.items()
    }
    brain = np.logical_and.reduce([image > 0 for image in real.values()])
    assert exchange_findings(real, brain) == ()
    both = _exchanged(_exchanged(real, _T1, _T1C), _T2, _FLAIR)
    assert _begin(exchange_findings(both, brain), _T1_EXCHANGED, _T2_EXCHANGED)
