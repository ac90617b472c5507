"""The words of series names, in lower case with punctuation made blank.

Names are often glued together ("BRAINSTRYKERT1SAGGAD", "ep2ddiff"), so a word has its borders (``\\b``) only where it
would be found inside others.
"""

from __future__ import annotations

import re


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words))


# "t13d" is T1 in 3-D, "t12" a vertebra; "post1", "right1" and "left1" are numbered.
_T1 = r"(?<!pos)(?<!gh)(?<!ef)t1(?!\d(?!d))"
_T2 = r"(?<!pos)(?<!gh)(?<!ef)t2(?!\d(?!d))"

T1_ITSELF = _any_of(_T1)
T1 = _any_of(
    _T1, "mp ?rage", r"\bmpr(?=sag|ax|tra|cor)", "bravo", "spgr", r"\bvibe", r"\bir tse\b", r"\b3d tfe\b", r"\bflash3d"
)
T2 = _any_of(_T2, r"\bfrfse\b")
FLAIR = _any_of("flair", "dark ?fluid", r"\bda fl\b", r"\btir2d", r"\bspcir")

WITH_CONTRAST = _any_of(
    r"\+ ?c\b",
    r"\bc ?\+",
    r"\bc\b",
    r"t1 ?w?(c|ce)\b",
    r"(ax|axial|cor|sag|tra)c\b",
    r"\bpost(?! ?(op|fossa|rt\b|rad|biops|treat|chemo|surg))(fil|s|gd|gad|c|con|contrast)?\b",
    r"t1\w*post(?!op)",
    r"gad(o|a|\b)",
    r"gd\b",
    r"\bce\b",
    r"\bkm\b",
    r"\bkontrast",
    r"\bcontrast",
    r"\bavec\b",
    r"\binj",
    "magnevist",
    "dotarem",
    "clariscan",
    "prohance",
    "multihance",
    "omniscan",
    "контраст",
    r"\bк ?у\b",
)
WITHOUT_CONTRAST = _any_of(
    r"\bpre(gd|gad|c|con|contrast)?\b",
    "without",
    r"\bnon? ?con(trast)?\b",
    "noncontrast",
    r"\bunenhanced\b",
    r"\bnative?\b",
    r"\bsans\b",
    r"\bavant\b",
    r"\bohne\b",
    r"\b(no|kein\w*|vor|o|before|sin|sem|senza|zonder|uten|uden|utan|bez) (c|ce|gd|gad\w*|km|mdc|k?[ck]ontra\w*)\b",
    "без контраст",
)
WITH_AND_WITHOUT = _any_of(
    r"\bwwo\b", r"\bwow\b", r"with (and|&) without", r"without (and|&) w(ith)?\b", r"\bpre (and |& )?post\b"
)
NO_AGENT = _any_of("no", "none", "n ?a", "without", "off", "unknown", "nil", "0", "false", "kein")

# In the order of asking: what a name is told to be is the first that fits.
EXCLUSIONS = (
    (
        "a localiser",
        _any_of(r"\bloc\b", "locali[sz]er", "scout", "survey", r"3 ?pl(ane)?\b", "aahead", "smart ?brain", "topogram"),
    ),
    (
        "a calibration scan",
        _any_of("calib", r"\bshim\b", r"\bb0 ?(map|ns)\b", "field ?map", r"\bfmap\b", "coil sens"),
    ),
    (
        "diffusion imaging",
        _any_of(
            "diff", r"\bdwi", r"dwi\b", "dwissh", r"\bdti", r"dti\b", r"\bdt high", r"\badc", r"adc\b", "apparent",
            r"\btrace", "tracew", "tensor", "tracto", "colfa", r"\bfa\b", r"\bb ?1000", "hardi", r"\bdki\b",
        ),
    ),
    (
        "perfusion imaging",
        _any_of(
            "perf", r"\bdsc\b", r"\bdce\b", r"\bp?c?asl\b", r"cb[fv]\b", r"\bmtt\b", r"ttp\b", r"\btmax\b", "ktrans",
            "presto", "dynamic", r"\bdyn\b",
        ),
    ),
    (
        "functional imaging",
        _any_of(r"\bbold\b", "fmri", r"\brest(ing)?\d*\b", r"\btask", "word ?gen", "receptive", "expressive", "finger"),
    ),
    (
        "susceptibility-weighted (T2*)",
        _any_of(
            r"\bswi", r"\bswan\b", "venbold", r"t2 ?\*", "t2 ?star", "ha?emo", r"\bmedic\b", r"t2\w* ?(gre|ffe|fl2d)",
            r"\bgre ?t2", "fgre",
        ),
    ),
    (
        "angiography",
        _any_of(
            r"\btof", "tof3d", r"\bmr[av]\b", "angio", r"\bpca\b", r"\bs?3di mc\b", r"\bflow\b", "venogr", r"\binhance"
        ),
    ),
    (
        "spectroscopy",
        _any_of(
            r"\bcsi\b", r"\bsvs\b", r"\bmrs\b", r"\bpress\b", "metabolite", "voxel spectro", "proton spectro", "probesi"
        ),
    ),
    ("magnetisation transfer", _any_of(r"\bmtc?\b", r"\bmag\w* transfer")),
    ("a map", _any_of(r"\bmaps?\b", "mapping", "quantitation", "synthetic", "symri", r"\bqt[12]\b", "singleexpo")),
    ("proton density", _any_of(r"\bpd\b", r"\bpdw", "proton ?dens")),
    ("STIR", _any_of(r"\bstir\b")),
    ("another inversion recovery", _any_of(r"\bdir\b", "double inversion", r"\bpsir\b")),
    (
        "a fluid-bright sequence",
        _any_of(r"\bciss\b", "fiesta", "trufi", "true ?fisp", r"\bssfp\b", r"\bhaste\b", r"\bbtfe\b"),
    ),
    (
        "derived from other images",
        _any_of(
            r"\bmin?ip\b", r"\bmip\b", r"(?<!t1 )\bmpr\b", "reformat", r"\bvrt\b", "3d recon", r"\bsub\b", "subtract",
            r"\broi\b", "screen ?save",
        ),
    ),
    ("a report or planning image", _any_of("posdisp", "mobiview", "report", "phoenix", "smartprep")),
    (
        "another part of the body",
        _any_of(
            "spine", r"\borbit", "retro ?orbit", r"\bsella", "pituitar", "hypoph", r"\biacs?\b", r"\bneck\b", r"\bknee",
            r"\babdom", "oberbauch", r"\bliver", r"\blever\b", "prostat", r"\bbreast", "cardi", r"\bheart", r"\bhip\b",
            "should", "pelvi", "niere", "kidney", "rheuma",
        ),
    ),
)  # fmt: skip
