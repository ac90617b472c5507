"""The words by which a series' name or Contrast/Bolus Agent says that a contrast agent was given, or denies it.

In lower case with punctuation made blank, as :mod:`~BratsSegmenterLib.dicom.recognition.vocabulary` keeps its own; of
the languages of Europe, Turkish, Chinese and Japanese. What denies is asked first: "non injecté" holds "injecté".
"""

from __future__ import annotations

import re

# What else a study may come before or after: "post resection" and "pre-op" tell nothing about an agent.
_TREATMENT = (
    r" ?(op|fossa|rt\b|sr[st]\b|rad|biops|treat|therap|tx\b|chemo|surg|rese[ck]|abla|litt\b|laser|cran(i\b|io|iect)"
    r"|kranio|debulk|ex[cz]is|exstirp|shunt|evd\b|dbs\b|implant|coil|embol|gamma|cyber|steroid|proc|trauma|ictal|partum"
    r"|infar[ck]t|stroke)"
)
_CONTRAST = r"k?[ck]ontra\w*"
_AGENT = rf"(c|ce|civ|gd|gad\w*|inj\w*|iv|(i ?v ?)?(km|mdc|{_CONTRAST}))"
_ONLY_WITHOUT = r"nicht|niet|sin|sem|senza|sans|ohne|zonder|uten|uden|utan|bez"
_WITHOUT = rf"(no|non|not|kein\w*|o|s|{_ONLY_WITHOUT})"
_WITH = r"(mit|avec|con|com|met|med|z)"
_AND = r"(und|et|e|y|en|og|och|i)"
_BEFORE = r"(before|vor|voor|przed|före|før|innan|avant)"
_ENHANCED = "([增増][强強]|[强強]化)"


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words))


WITH_CONTRAST = _any_of(
    r"\+ ?(c|k|iv)\b",
    r"\b(c|k|iv) ?\+",
    r"\bc\b",
    r"t1 ?w?(c|ce)\b",
    r"(ax|axial|cor|sag|tra)c\b",
    rf"\bpost(?!{_TREATMENT})(fil|s|gd|gad\w*|c|con|km|mdc|{_CONTRAST})?\b",
    rf"\bp[oó]s(?! ?\d)(?!{_TREATMENT})(gd|gad\w*|c|{_CONTRAST})?\b",
    rf"t1\w*post(?!{_TREATMENT})",
    r"gad(o|a|\b)",
    r"gd\b",
    r"\bce\b",
    r"\bc?mdc\b",
    r"\bciv\b",
    r"\b(iv)?km\b",
    r"\bkontras",
    r"\bcontrast",
    r"\bavec\b",
    r"\binj(?!ur)",
    # Elsewhere it may be said of the kind of object, of edges, or of what a network made clearer.
    r"t1\w*( (ax|cor|sag|tra|fs)\w*)* enhanced\b(?! mr)",
    *("magnevist", "dotarem", "dotagraf", "clariscan", "prohance", "multihance", "omniscan", "elucirem", "vueway"),
    "контраст",
    r"\bк ?у\b",
    "(?<!磁振)(?<!共振)(?<![血脈脉]管)造影",  # else MRI, or angiography
    _ENHANCED,
)
WITHOUT_CONTRAST = _any_of(
    rf"\bpr(e|é|ä|ae)(?!{_TREATMENT})(gd|gad\w*|c|con|km|mdc|{_CONTRAST})?\b",
    "without",
    rf"\bnon? ?(con|gd|gad\w*|inj\w*|{_CONTRAST})\b",
    "non ?contrast",
    r"\b(un|no[nt]?|nicht|niet|ikke|inte) ?enhanced\b",
    r"\bnative?\b",
    r"\bsans\b",
    r"\bavant\b",
    r"\bohne\b",
    rf"\b{_WITHOUT} {_AGENT}\b",
    rf"\b{_BEFORE} {_AGENT}\b",
    rf"(?<!i )\bv (km|{_CONTRAST})\b",
    r"\bsmdc\b",
    r"\bkontrasts[iı]z",
    r"\b[öo]ncesi\b",
    r"\b(без|до) (контраст|к ?у\b)",
    rf"(造影|{_ENHANCED})(前|なし)",
    rf"非(造影|{_ENHANCED})",
    "平[扫掃]",
    "単純",
)
WITH_AND_WITHOUT = _any_of(
    r"\bwwo\b",
    r"\bwow\b",
    r"with (and|&) without",
    r"without (and|&) w(ith)?\b",
    r"\bpre (and |& )?post\b",
    rf"\b{_WITHOUT} {_AND} {_WITH}\b",
    rf"\b{_WITH} {_AND} {_WITHOUT}\b",
    # As "s/c contraste", which is of the whole examination; "T1 s/c" is of one series.
    rf"\b(s c|c s)(?= {_AGENT}\b)",
    rf"平[扫掃] ?\+? ?{_ENHANCED}",
)
# With what it is said of, so that a name without these words holds no agent any more.
WITH_AND_WITHOUT_AGENT = re.compile(rf"(?:{WITH_AND_WITHOUT.pattern})(?: (?:con|{_AGENT})\b)?")

# As the whole of Contrast/Bolus Agent (0018,0010), or its first word: "none given", "NO IV"; "non-ionic" is an agent.
NO_AGENT = _any_of(
    r"(no|none|not|non|nein|kein\w*|nej|nee|nie|n[aã]o|aucune?|nessun[oa]?|ning[uú]n[oa]?|nenhum|geen|yok"
    rf"|brak|ing(en|et)|нет|без|无|無|なし|{_ONLY_WITHOUT})(?! ?i[oó]n)( .*)?",
    r"0+( 0+)?( ?(ml|cc|mmol))?",
    *("n", "n ?a", "n ?v ?t", "off", "unknown", "nil", "nihil", "false"),
)
