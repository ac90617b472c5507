"""The sentence for the report, and which regions a correction changed."""

import numpy as np

from BratsSegmenterLib.domain import ED, ET, WT, Algorithm, Diameters, Lesion, Measurements, RegionVolume
from BratsSegmenterLib.measurement import changed_regions, report_sentence

_MODEL = Algorithm("glioma-synthetic", "0.1", "")
_ENDS = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
_LARGEST = Lesion(ET, 1, 12.3, Diameters(83, 32.0, 21.0, _ENDS, _ENDS))


def test_a_report_names_volumes_interval_diameters_slice_model_and_correction() -> None:
    volumes = (RegionVolume(ET, 12.34, (10.9, 14.1)), RegionVolume(WT, 80.0), RegionVolume(ED, 6.5))
    assert report_sentence(Measurements(volumes, (_LARGEST,)), _MODEL, is_edited=True) == (
        "Enhancing tumour 12.3 mL (interval 10.9 to 14.1 mL), largest lesion 32.0 x 21.0 mm (product 672 mm2) on slice"
        " 84; oedema 6.50 mL; whole tumour 80.0 mL. Segmented by glioma-synthetic 0.1, corrected by hand."
    )


def test_several_lesions_are_counted_and_an_untouched_result_is_not_called_corrected() -> None:
    measurements = Measurements((RegionVolume(ET, 12.34),), (_LARGEST, Lesion(ET, 2, 0.1, None)))
    text = report_sentence(measurements, _MODEL, is_edited=False)
    assert "12.3 mL in 2 lesions, largest lesion 32.0" in text
    assert text.endswith("0.1, not corrected.")


def test_lesions_too_small_for_calipers_have_no_diameters_in_the_report() -> None:
    text = report_sentence(Measurements((RegionVolume(ET, 0.1),), (Lesion(ET, 1, 0.1, None),)), _MODEL, False)
    assert text.startswith("Enhancing tumour 0.10 mL. Segmented")


def test_without_any_region_the_report_says_so() -> None:
    assert report_sentence(Measurements(()), _MODEL, False).startswith("No region was measured.")


def test_a_voxel_from_one_region_to_another_changes_both_and_not_what_holds_them() -> None:
    before = np.zeros((2, 3, 3), np.uint8)
    before[0] = ET.label
    after = before.copy()
    after[0, 0, 0] = ED.label
    assert changed_regions(before, after) == {"ET", "ED", "TC"}
    assert changed_regions(before, before.copy()) == frozenset()
