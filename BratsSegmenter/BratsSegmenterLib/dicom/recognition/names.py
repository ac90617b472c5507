"""What a series' name says: weighting, contrast agent, or that it is no anatomical series at all.

Names are free text of hospitals and vendors in several languages, often glued together ("BRAINSTRYKERT1SAGGAD"). They
are read after the numbers and count less than them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Weighting(Enum):
    """What an anatomical MR image shows, contrast agent aside."""

    T1 = "T1"
    T2 = "T2"
    FLAIR = "FLAIR"


@dataclass(frozen=True)
class NameReading:
    """What was read from a name.

    Attributes
    ----------
    weighting : Weighting or None
    exclusion : str
        What the name says the series is instead of T1, T2 or FLAIR; empty when nothing.
    contrast : bool or None
        With (True) or without (False) contrast agent; None when the name does not say.
    """

    weighting: Weighting | None
    exclusion: str
    contrast: bool | None


def read_name(*texts: str) -> NameReading:
    """Read series description, protocol name and the like as one name.

    Examples
    --------
    >>> read_name("AX T1 FLAIR +C")
    NameReading(weighting=<Weighting.T1: 'T1'>, exclusion='', contrast=True)
    """
    name = _plain(" ".join(texts))
    return NameReading(_weighting(name), _exclusion(name), _contrast(name))


def is_contrast_agent(agent: str) -> bool:
    """Whether Contrast/Bolus Agent (0018,0010) names an agent: some sites type "NO" or "PRE" into it."""
    plain = _plain(agent).strip()
    return bool(plain) and not _NO_AGENT.fullmatch(plain) and _contrast(plain) is not False


def _plain(text: str) -> str:
    text = re.sub(r"(?<=[\s_])-c\b|\bw/?o\b(?!w)", " without ", text.lower())
    return re.sub(r"[_\-./,;:()\[\]<>|]+", " ", text)


def _weighting(name: str) -> Weighting | None:
    t1, t2, flair = _T1.search(name), _T2.search(name), _FLAIR.search(name)
    if flair and not (_T1_WORD.search(name) and not t2):
        return Weighting.FLAIR
    if t1:
        return Weighting.T1
    return Weighting.T2 if t2 else None


def _exclusion(name: str) -> str:
    for pattern, meaning in _EXCLUSIONS:
        if pattern.search(name):
            return meaning
    return ""


def _contrast(name: str) -> bool | None:
    if _WITHOUT.search(name):
        return False
    return True if _WITH.search(name) else None


# "t13D" is T1 in 3-D, "T12" a vertebra, "POST1" and "RIGHT1" are numbered.
_T1_WORD = re.compile(r"(?<!pos)(?<!gh)(?<!ef)t1(?![0-9](?!d))")
_T1 = re.compile(
    _T1_WORD.pattern + r"|mp ?rage|\bmpr(?=sag|ax|tra|cor)|bravo|spgr|\bvibe|\bir tse\b|\b3d tfe\b|\bflash3d|\btfl\b"
)
_T2 = re.compile(r"(?<!pos)(?<!gh)(?<!ef)t2(?![0-9](?!d))|\bfrfse\b")
_FLAIR = re.compile(r"flair|dark ?fluid|\bda fl\b|\btir2d|\bspcir")

_NO_AGENT = re.compile(r"no(ne)?|n ?a|without|off|unknown|nil|0|false|kein")
_WITHOUT = re.compile(
    r"\bpre(gd|gad|c|contrast| ?gd)?\b|without|\bnon? ?con(trast)?\b|noncontrast|\bunenhanced\b|\bnativ[e]?\b|\bsans\b"
    r"|\bohne\b|\bavant\b|без контраст"
)
_WITH = re.compile(
    r"\+ ?c\b|\bc ?\+|(?<!\w)c(?!\w)|\bpost(?! ?op)(fil|s\b|gd|gad|c|con|contrast)?\b|t1\w*post(?!op)"
    r"|gad(o|a|\b)|gd\b|t1 ?w?(c|ce)\b|\bce\b|\bkm\b|\bkontrast|(?<!\w)contrast|\bcontraste|\bavec\b|\bmit km\b|\binj\w*|\benhanced\b"
    r"|(?:ax|axial|cor|sag|tra)c\b|magnevist|dotarem|clariscan|prohance|multihance|omniscan|контраст|\bк/?у\b"
)

_EXCLUSIONS = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"\bloc\b|locali[sz]er|scout|survey|3 ?-?pl(ane)?\b|aahead|smart ?brain|topogram|plan scan", "a localiser"),
        (r"calib|\basset cal|\bshim\b|b0 ?map|field ?map|fieldmap|\bfmap\b|\bb0 ns\b|coil sens", "a calibration scan"),
        (
            r"diff|\bdwi|dwi\b|dwissh|\bdti|dti\b|\bdt high|\badc|adc\b|apparent|\btrace|trace\w* *\d*$|tracew|tensor"
            r"|tracto|colfa|\bfa\b|\bb ?1000|diffus|hardi|\bdki\b|dir\d+ (pa|ap)",
            "diffusion imaging",
        ),
        (
            r"perf|\bdsc\b|\bdce\b|\basl\b|pcasl|\bpasl\b|r?cb[fv]\b|\bmtt\b|\bttp\b|\btmax\b|ktrans|presto|"
            r"dynamic|\bdyn\b|\d ?x ?dyn",
            "perfusion imaging",
        ),
        (r"\bbold\b|fmri|\brest(ing)?\d*\b|task|word ?gen|receptive|expressive|finger", "functional imaging"),
        (
            r"\bswi|\bswan\b|venbold|swip|t2 ?\*|t2 ?star|hemo|haemo|\bmedic\b|t2\w* ?(gre|ffe|fl2d)\b|gre ?t2"
            r"|fl2d\w*hemo|t2 fl2d|\bt2w? ?ffe|t2\w*fl2d|t2gre|fgre",
            "susceptibility-weighted (T2*)",
        ),
        (r"\btof|tof3d|\bmra\b|\bmrv\b|angio|\bpca\b|\bs?3di mc\b|\bflow\b|venogra|\binhance", "angiography"),
        (r"\bcsi\b|\bsvs\b|\bmrs\b|\bpress\b|metabolite|spectro(?!scopy planning)|probesi|\bsteam\b", "spectroscopy"),
        (r"\bmt\b|\bmtc\b|mag\w* transfer|\bmt (on|off)\b", "magnetisation transfer"),
        (r"\bmap\b|mapping|\bmaps\b|t[12] ?map|quantitation|synthetic|symri|\bqt[12]\b|singleexpo|\brms ms\b", "a map"),
        (r"\bpd\b|\bpdw|proton ?dens", "proton density"),
        (r"\bstir\b|\bspair stir", "STIR"),
        (r"\bdir\b|double inversion|\bpsir\b", "another inversion recovery"),
        (r"\bciss\b|fiesta|trufi|true ?fisp|\bssfp\b|\bhaste\b|balanced|\bbtfe\b", "a fluid-bright (SSFP) sequence"),
        (
            r"\bmin?ip\b|\bmip\b|<mip|\bmpr\b(?! ?age)|reformat|\bvrt\b|3d recon|\bsub\b|subtract|screen ?save",
            "derived",
        ),
        (r"easy ?guide|posdisp|mobiview|report|protocol|phoenix|head ?frame|smartprep|bolus", "a planning image"),
        (
            r"spine|\borbit|retro ?orbit|\bsella|pituitar|hypoph|\biacs?\b|\bneck\b|\bknee|\babdomen|oberbauch|\bliver"
            r"|\blever\b|prostat|\bbreast|cardi|\bheart|\bhip\b|should|pelvi|niere|rheuma|\bkidney",
            "another part of the body",
        ),
    )
)
