"""Images of a volume go by the numbers that viewers show."""

from pathlib import Path

import pytest
import result_samples as samples
from pydicom import Dataset
from series_samples import change, classic, oblique

from BratsSegmenterLib.dicom import image_numbers, load_volume, scan
from BratsSegmenterLib.domain import Volume


def _load(folder: Path) -> Volume:
    (series,) = scan(folder).series
    return load_volume(series, resample_gaps=True)


def test_a_classic_image_goes_by_its_instance_number_whichever_way_the_slices_run(tmp_path: Path) -> None:
    files = classic(tmp_path, geometry=oblique(), number=7)
    for number, file in enumerate(reversed(files), 1):
        change(file, lambda dataset, number=number: setattr(dataset, "InstanceNumber", number))
    numbers = image_numbers(_load(tmp_path))
    assert numbers is not None
    assert numbers.images == tuple(range(len(files), 0, -1))
    assert numbers.name(2) == "image 10 of series 7"


def test_an_image_of_a_multi_frame_object_goes_by_its_frame(tmp_path: Path) -> None:
    numbers = image_numbers(samples.enhanced_out_of_order(tmp_path))
    assert numbers is not None
    assert numbers.name(7) == "image 1 of series 1"


def test_a_slice_that_was_interpolated_has_no_number(tmp_path: Path) -> None:
    classic(tmp_path)[4].unlink()
    numbers = image_numbers(_load(tmp_path))
    assert numbers is not None
    assert numbers.images == (1, 2, 3, 4, None, 6, 7, 8, 9, 10, 11, 12)
    assert numbers.name(4) == ""


@pytest.mark.parametrize("value", ["", "A1", None])
def test_without_a_number_that_can_be_read_an_image_is_as_good_as_any(tmp_path: Path, value: str | None) -> None:
    def damage(dataset: Dataset) -> None:
        del dataset.InstanceNumber
        if value is not None:
            dataset.add_new("InstanceNumber", "LO", value)

    change(classic(tmp_path)[0], damage)
    numbers = image_numbers(_load(tmp_path))
    assert numbers is not None
    assert numbers.images[:2] == (None, 2)


def test_a_number_that_two_images_share_names_neither(tmp_path: Path) -> None:
    change(classic(tmp_path)[0], lambda dataset: setattr(dataset, "InstanceNumber", 2))
    numbers = image_numbers(_load(tmp_path))
    assert numbers is not None
    assert numbers.images[:3] == (None, None, 3)


def test_a_series_without_a_number_names_no_image(tmp_path: Path) -> None:
    for file in classic(tmp_path):
        change(file, lambda dataset: delattr(dataset, "SeriesNumber"))
    assert image_numbers(_load(tmp_path)) is None
