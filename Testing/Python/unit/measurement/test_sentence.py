"""The sentence for the report, the table beside it, and which regions a correction changed."""

from dataclasses import replace

import numpy as np

from BratsSegmenterLib.domain import ED, ET, WT, Algorithm, Diameters, Lesion, Measurements, RegionVolume
from BratsSegmenterLib.measurement import changed_regions, report_sentence
from BratsSegmenterLib.slice_names import ImageNumbers

_MODEL = Algorithm("glioma-synthetic", "0.1", "")
_ENDS = ((0.0, 0.0, -20.4), (1.0, 0.0, -20.4))
_DIAMETERS = Diameters(2, 32.0, 21.0, _ENDS, _ENDS, is_measurable=True)
_LESION = Lesion(ET, 1, 12.3, _DIAMETERS)
_SPECK = Lesion(ET, 2, 0.001, None)
_NUMBERS = ImageNumbers(5, (12, 11, 10, None))


def _sentence(*lesions: Lesion, numbers: ImageNumbers | None = _NUMBERS) -> str:
    return report_sentence(Measurements((RegionVolume(ET, 12.34),), lesions), _MODEL, False, numbers)


def test_a_report_names_volumes_interval_diameters_image_model_and_correction() -> None:
    volumes = (RegionVolume(ET, 12.34, (10.9, 14.1)), RegionVolume(WT, 80.0), RegionVolume(ED, 6.5))
    assert report_sentence(Measurements(volumes, (_LESION,)), _MODEL, True, _NUMBERS) == (
        "Enhancing tumour 12.3 mL (90 % interval 10.9 to 14.1 mL), largest measurable lesion 32.0 x 21.0 mm (product"
        " 672 mm2) on image 10 of series 5; oedema 6.50 mL; whole tumour 80.0 mL. Intervals were fitted on synthetic"
        " cases. Segmented by glioma-synthetic 0.1, corrected by hand."
    )


def test_a_report_names_what_was_not_measured_and_what_the_images_cut_off() -> None:
    reasons = {key: f"{key} needs T1c." for key in ("NCR", "TC", "ET")}
    cut_off = "The whole tumour reaches the last slice of FLAIR: neither its volume nor the interval counts it."
    measured = Measurements((RegionVolume(WT, 125.1),))
    assert report_sentence(measured, _MODEL, False, _NUMBERS, reasons, (cut_off,)) == (
        "Whole tumour 125.1 mL. Not measured: enhancing tumour, necrotic core, tumour core."
        f" {cut_off} Segmented by glioma-synthetic 0.1, not corrected."
    )


def test_what_no_image_shows_or_an_image_without_a_number_is_named_by_its_place_in_the_patient() -> None:
    reformatted, interpolated = (
        replace(_LESION, diameters=replace(_DIAMETERS, **changes))
        for changes in ({"is_reformatted": True}, {"slice_index": 3})
    )
    for text in (_sentence(reformatted), _sentence(interpolated), _sentence(_LESION, numbers=None)):
        assert "(product 672 mm2) on axial plane I 20 mm." in text


def test_lesions_are_counted_apart_from_specks_and_an_untouched_result_is_not_called_corrected() -> None:
    text = _sentence(_LESION, replace(_LESION, number=2), _SPECK, _SPECK)
    assert "12.3 mL in 2 lesions and 2 specks shorter than 5 mm, largest measurable lesion 32.0" in text
    assert text.endswith("0.1, not corrected.")


def test_specks_alone_have_no_diameters_in_the_report() -> None:
    assert _sentence(_SPECK).startswith("Enhancing tumour 12.3 mL in 1 speck shorter than 5 mm. Segmented")


def test_the_largest_is_the_measurable_lesion_with_the_largest_product_whatever_its_volume() -> None:
    small = replace(_LESION, volume_ml=20.0, diameters=replace(_DIAMETERS, longest_mm=13.0, perpendicular_mm=13.0))
    thin = replace(_LESION, diameters=replace(_DIAMETERS, longest_mm=90.0, perpendicular_mm=9.0, is_measurable=False))
    assert "3 lesions, largest measurable lesion 32.0 x 21.0 mm" in _sentence(small, thin, _LESION)
    assert "largest lesion 90.0 x 9.0 mm (product 810 mm2) on image 10 of series 5, not measurable by RANO." in (
        _sentence(thin)
    )


_SMALL = replace(_LESION, number=2, diameters=replace(_DIAMETERS, longest_mm=20.0, perpendicular_mm=11.0))
_THIN = replace(_LESION, number=3, diameters=replace(_DIAMETERS, perpendicular_mm=9.0, is_measurable=False))


def test_the_products_of_all_measurable_lesions_are_summed_and_no_others() -> None:
    assert "Sum of the products of all 2 measurable lesions: 892 mm2." in _sentence(_LESION, _SMALL, _THIN, _SPECK)
    measurements = Measurements((RegionVolume(ET, 12.34),), (_LESION, _SMALL, _THIN, _SPECK))
    assert measurements.product_sum_mm2 == 32 * 21 + 20 * 11


def test_one_measurable_lesion_has_no_sum_beside_its_product() -> None:
    assert "Sum" not in _sentence(_LESION, _THIN, _SPECK)


def test_over_time_the_sum_is_followed_also_of_one_lesion_and_of_none() -> None:
    volume = RegionVolume(ET, 12.34)
    assert Measurements((volume,), (_LESION, _THIN)).product_sum_mm2 == 32 * 21
    assert Measurements((volume,), (_THIN, _SPECK)).product_sum_mm2 == 0
    assert Measurements(()).product_sum_mm2 is None, "nobody looked for it"


def test_without_any_region_the_report_says_so() -> None:
    assert report_sentence(Measurements(()), _MODEL, False).startswith("No region was measured.")


def test_a_voxel_from_one_region_to_another_changes_both_and_not_what_holds_them() -> None:
    before = np.zeros((2, 3, 3), np.uint8)
    before[0] = ET.label
    after = before.copy()
    after[0, 0, 0] = ED.label
    assert changed_regions(before, after) == {"ET", "ED", "TC"}
    assert changed_regions(before, before.copy()) == frozenset()
