"""What is known of a label map that lies in a job folder."""

from pathlib import Path

import numpy as np
import pytest

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.domain import Algorithm, Segmentation
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.labelmap import write_labelmap
from BratsSegmenterLib.slice_names import ImageNumbers
from BratsSegmenterLib.study import JobFolder, ResultRecord

_SHAPE = (6, 30, 30)
_ALGORITHM = Algorithm("glioma-synthetic", "0.1", "ab" * 32)
_NUMBERS = ImageNumbers(series=5, images=tuple(range(141, 147)))


@pytest.mark.parametrize(
    ("slices", "place"), [(slice(0, 6), "image 144 of series 5"), (slice(1, 5), "axial plane S 15 mm")]
)
def test_measured_again_a_lesion_lies_on_the_image_that_viewers_number_so_and_in_another_grid_on_a_plane(
    slices: slice, place: str, tmp_path: Path
) -> None:
    folder = JobFolder(tmp_path)
    labels = np.zeros(_SHAPE, np.uint8)
    labels[3, 5:20, 5:17] = 3
    drawn = Segmentation(labels, Geometry.from_axes(_SHAPE, (1, 1, 5), np.eye(3), np.zeros(3)), _ALGORITHM)
    write_labelmap(drawn, folder.segmentation)
    folder.write_record(ResultRecord("T1c", {"T1c": "1.2.3"}, _ALGORITHM, {}, image_numbers=_NUMBERS))
    part = slices, slice(0, 30), slice(0, 30)
    write_labelmap(Segmentation(labels[part], drawn.geometry.cropped(part), _ALGORITHM), folder.unsent)
    assert main(["measure", str(folder.unsent), "--csv", str(tmp_path / "again.csv")]) == 0
    assert place in (tmp_path / "again-lesions.csv").read_text(encoding="utf-8")
