"""What people call our regions, and by which codes."""

from __future__ import annotations

import re

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code as AnyCode

from BratsSegmenterLib.domain import LEAF_REGIONS, NCR, NON_ENHANCING, REGIONS, Region

_OTHER_NAMES = {
    "snfh": "ED",
    "peritumoral edema": "ED",
    "peritumoral edematous/invaded tissue": "ED",
    "necrosis": "NCR",
    "necrotic": "NCR",
    "necrotic tumor core": "NCR",
    "net": "NCR",
    "netc": "NCR",
    "ncr/net": "NCR",
    "non enhancing tumor": "NCR",
    "non enhancing tumor core": "NCR",
    "enhancing": "ET",
    "enhancing lesion": "ET",
    "contrast enhancing tumor": "ET",
    "gd enhancing tumor": "ET",
    "cavity": "RC",
    "surgical cavity": "RC",
}
_CODED = ((NON_ENHANCING.code, NCR), *((region.code, region) for region in LEAF_REGIONS))
"""Of the leaf regions; those of the nested ones say tumour, of which nobody knows which part was drawn."""

_NUMBER_OF_LESION = re.compile(r" \d{1,2}$")


def _spelt_alike(name: str) -> str:
    words = re.sub("[-_]", " ", name.strip().lower()).replace("tumour", "tumor").replace("oedema", "edema")
    return _NUMBER_OF_LESION.sub("", words)


_NAMES = {region.key.lower(): key for key, region in REGIONS.items()}
_NAMES |= {_spelt_alike(region.name): key for key, region in REGIONS.items()}
_NAMES |= {_spelt_alike(NON_ENHANCING.name): NCR.key}
_NAMES |= _OTHER_NAMES
_NAMES |= {f"{name} ({key.lower()})": key for name, key in _NAMES.items()}


def region_named(name: str) -> Region | None:
    """The region of ours that a ROI Name or Segment Label means; None for any other structure."""
    key = _NAMES.get(_spelt_alike(name))
    return REGIONS[key] if key else None


def region_coded(concept: Dataset) -> Region | None:
    """The leaf region of ours that a coded type means, in SNOMED's retired codes too; None for any other."""
    coded = AnyCode(str(concept.get("CodeValue") or ""), str(concept.get("CodingSchemeDesignator") or ""), "")
    return next((region for code, region in _CODED if coded == AnyCode(code.value, code.scheme, code.meaning)), None)
