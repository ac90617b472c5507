"""What people call our regions."""

from __future__ import annotations

from BratsSegmenterLib.domain import NON_ENHANCING, REGIONS, Region

_OTHER_NAMES = {
    "edema": "ED",
    "snfh": "ED",
    "peritumoural oedema": "ED",
    "peritumoral edema": "ED",
    "necrosis": "NCR",
    NON_ENHANCING.name.lower(): "NCR",
    "necrotic": "NCR",
    "net": "NCR",
    "enhancing": "ET",
    "enhancing tumor": "ET",
    "enhancing lesion": "ET",
    "gd-enhancing tumor": "ET",
    "cavity": "RC",
    "tumor core": "TC",
    "whole tumor": "WT",
}
_NAMES = {region.key.lower(): key for key, region in REGIONS.items()}
_NAMES |= {region.name.lower(): key for key, region in REGIONS.items()}
_NAMES |= _OTHER_NAMES


def region_named(name: str) -> Region | None:
    """The region of ours that a ROI Name or Segment Label means; None for any other structure."""
    key = _NAMES.get(name.strip().lower().replace("_", " "))
    return REGIONS[key] if key else None
