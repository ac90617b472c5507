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

PROTON_DENSITY = "proton density"
OTHER_PART = "another part of the body"

# Beside another part of the body: "BRAIN/ORBITS", "HEAD AND NECK".
HEAD = _any_of(
    "brain", r"\bhead", "skull", "hirn", r"sch(ä|ae?)del", r"kopf\b", r"\b[ck]r[aâá]n", "cereb", "cerv(eau|ello)",
    r"enc[eéè](f|ph)al", "hersen", r"hj(e|ä)rn", r"\bm[oó]zg", r"beyin", "мозг", "голов", "[头頭脑腦脳]",
)  # fmt: skip

# In the order of asking: what a name is told to be is the first that fits.
EXCLUSIONS = (
    (
        "a localiser",
        _any_of(
            r"\bloc\b", "locali[sz](er|ad|ateu|zat)", "scout", "survey", r"3 ?pl(ane)?\b", "aahead", "smart ?brain",
            "topogram", r"\brep[eé]rage", r"\bpilot\b", r"(^|\| )auto ?align",
        ),
    ),
    (
        "a calibration scan",
        _any_of(
            "calib", r"\bshim\b", r"\bb0 ?(map|ns)\b", r"\bb1 ?map", r"\bb1\b(?! ?(corr|filt|norm|shim))", "field ?map",
            r"\bfmap\b", "coil sens", r"\bcoil ref", r"\bref ?scan",
        ),
    ),
    (
        "diffusion imaging",
        _any_of(
            "diff", r"\bdwi", r"dwi\b", "dwissh", r"\bdti", r"dti\b", r"\bdt high", r"\badc", r"adc\b", "apparent",
            r"\btrace", "tracew", "tensor", "tracto", "colfa", r"\bfa\b(?! \d)", r"\bb ?=? ?1000", "hardi", r"\bdki\b",
            r"\bdw\b", r"\bdifu(si|z)", r"\bdyfuz", "拡散", "[弥扩擴]散",
        ),
    ),
    (
        "perfusion imaging",
        _any_of(
            "perf", r"\bdsc\b", r"\bdce\b", r"\bp?c?asl\b", r"cb[fv]\b", r"\bmtt\b", r"ttp\b", r"\btmax\b", "ktrans",
            "presto", "dynamic", r"\bdyn\b", "permeab",
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
            r"\bgre ?t2", "fgre", r"\bqsm",
        ),
    ),
    (
        "angiography",
        _any_of(
            r"\btof", "tof3d", r"\bmr[av]\b", "angio", r"\bpca\b", r"\bs?3di mc\b", r"\bflow\b", "venogr", r"\binhance",
            r"\bvenous", r"\bphl[eé]b", r"\bwillis", r"\barteri(?!oven)", "motsa", r"\btricks\b", r"\btwist\b",
        ),
    ),
    (
        "spectroscopy",
        _any_of(
            r"\bcsi\b", r"\bsvs\b", r"\bmrs\b", r"\bpress\b", "metabolite", "voxel spectro", "proton spectro", "probesi"
        ),
    ),
    ("magnetisation transfer", _any_of(r"\bmt(c| ?sat)?\b", r"\bmag\w* transfer")),
    ("a map", _any_of(r"\bmaps?\b", "mapping", "quantitation", "synthetic", "symri", r"\bqt[12]\b", "singleexpo")),
    ("STIR", _any_of(r"\bstir\b")),
    (
        "another inversion recovery",
        _any_of(
            # "T1 DIR." is a direction: a double inversion leaves no T1.
            r"(?<!t1 )(?<!t1w )\bdir(?=\dd|\b)", "double inversion", r"\bpsir\b", r"\bfgatir", r"\bwmn\b",
            r"\binv ?[12]\b",
        ),
    ),
    ("bone imaging at almost no echo time", _any_of(r"\bpetra\b", r"\b[zu]te\b")),
    (
        "a fluid-bright sequence",
        _any_of(r"\bciss\b", "fiesta", "trufi", "true ?fisp", r"\bssfp\b", r"\bhaste\b", r"\bbtfe\b"),
    ),
    (
        "derived from other images",
        _any_of(
            r"\bmin?ip\b", r"\bmip\b", r"(?<!t1 )\bmpr\b", "reformat", r"\brfmt\b", r"\bvrt\b", "3d recon",
            r"\bsubs?\b", r"\bsubtr", "soustr", "sottraz", r"\broi\b", "screen ?save",
        ),
    ),
    ("a report or planning image", _any_of("posdisp", "mobiview", "report", "phoenix", "smartprep")),
    (
        OTHER_PART,
        _any_of(
            "spine", r"\b[hbl]ws\b", r"\bcervical\b", r"\bthorac", r"\blumb[ao]", r"\brachis\b", r"\borbit",
            "retro ?orbit", r"\bsella", r"\bselle\b", "pituitar", "hypoph", "hypofys", "hipofi", r"\bipofis",
            r"\b(iacs?|iam|cai|cpa|khbw)\b", "felsenbein", r"\bneck\b", r"\bknee", r"\babdom", "oberbauch", r"\bliver",
            r"\blever\b", "prostat", r"\bbreast", "cardi", r"\bheart", r"\bhip\b", "should", "pelvi", "niere", "kidney",
            "rheuma",
        ),
    ),
    # Last: beside "T2" it may be the name of two echoes, and what else the name says counts more.
    (PROTON_DENSITY, _any_of(r"\bpd\b", r"\bpdw", "proton ?dens")),
)  # fmt: skip
