"""What a person's drawing leaves not measured of the regions that the model could not see."""

import pytest

from BratsSegmenterLib.measurement import still_not_measured

_WITHOUT_T1C = {"ET", "NCR", "TC", "ED"}
_WITHOUT_FLAIR = {"ED", "WT"}


@pytest.mark.parametrize(
    ("not_measured", "changed", "left"),
    [
        (_WITHOUT_T1C, set(), _WITHOUT_T1C),
        (_WITHOUT_T1C, {"ED", "WT"}, _WITHOUT_T1C),
        (_WITHOUT_T1C, {"ET", "ED", "TC"}, {"NCR", "TC", "ED"}),
        (_WITHOUT_T1C, {"NCR", "ED", "TC"}, {"ET", "TC", "ED"}),
        (_WITHOUT_T1C, {"ET", "NCR", "ED", "TC"}, set()),
        (_WITHOUT_FLAIR, set(), _WITHOUT_FLAIR),
        (_WITHOUT_FLAIR, {"ET", "TC", "WT"}, _WITHOUT_FLAIR),
        (_WITHOUT_FLAIR, {"ED", "WT"}, set()),
        ({"ET"}, {"NCR", "TC"}, {"ET"}),
        ({"ET", "NCR"}, {"ET", "NCR"}, set()),
        ({"ED"}, {"ET", "TC"}, {"ED"}),
        ({"RC"}, {"RC", "ED", "WT"}, set()),
    ],
    ids=[
        "nothing was drawn",
        "the whole tumour was corrected",
        "enhancing tumour was drawn in the whole tumour",
        "necrosis was drawn in the whole tumour",
        "the core was drawn, so the rest of the whole tumour is oedema",
        "nothing was drawn beside the core",
        "the core was corrected",
        "oedema was drawn beside the core",
        "another region was drawn",
        "enhancing tumour was drawn in the core, so the rest is necrosis",
        "oedema was not drawn",
        "a cavity was drawn",
    ],
)
def test_a_region_is_known_once_it_was_drawn_or_follows_from_what_was(
    not_measured: set[str], changed: set[str], left: set[str]
) -> None:
    reasons = {key: f"no {key}" for key in not_measured}
    assert still_not_measured(reasons, changed) == {key: f"no {key}" for key in left}
