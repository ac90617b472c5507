"""What the doctor found, for the panel in colours and for a support desk without identities."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from BratsSegmenterLib import __version__
from BratsSegmenterLib.archive import Check, Profile
from BratsSegmenterLib.widgets.tones import Tone
from BratsSegmenterLib.widgets.translation import tr as _

_MARKS = {True: ("✓", Tone.GOOD), None: ("!", Tone.CARE), False: ("✗", Tone.BAD)}
_WORDS = {True: "fine", None: "note", False: "WRONG"}


def verdict(checks: Sequence[Check]) -> str:
    """All findings in a sentence."""
    wrong = sum(check.ok is False for check in checks)
    if wrong:
        return _("{wrong} of {count} checks failed; each says what to do.").format(wrong=wrong, count=len(checks))
    return _("All {count} checks are fine, or worth a note at most.").format(count=len(checks))


def as_html(checks: Sequence[Check], on_dark: bool) -> str:
    """A line a check: green tick, yellow mark or red cross, for a light or a dark ground, and the sentence."""
    rows = []
    for check in checks:
        mark, tone = _MARKS[check.ok]
        cell = f'<td style="color:{tone.colour(on_dark)}"><b>{mark}</b>&nbsp;&nbsp;</td>'
        rows.append(f"<tr>{cell}<td>{escape(check.sentence)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def for_support(checks: Sequence[Check], profile: Profile | None, home: Path) -> str:
    """The findings as text that may be sent to strangers.

    Names of people and patients and credentials are in no check; names of the archive, of its host and of the user's
    home folder are, and are taken out.

    Parameters
    ----------
    checks : sequence of Check
    profile : Profile or None
        The archive that was tested.
    home : Path
        The user's home folder, whose name is the user's.
    """
    lines = [
        f"BratsSegmenter {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        *(f"{_WORDS[check.ok]:5}  {check.name}: {check.sentence}" for check in checks),
    ]
    text = "\n".join(lines)
    for secret, stand_in in _to_take_out(profile, home):
        text = text.replace(secret, stand_in)
    return text


def _to_take_out(profile: Profile | None, home: Path) -> list[tuple[str, str]]:
    found = [(str(home), "~")]
    if profile is not None:
        host = urlsplit(profile.url).hostname or ""
        found += [(profile.url, "<address>"), (host, "<host>"), (f"'{profile.name}'", "<archive>")]
        files = (profile.ca_file, profile.certificate_file, profile.key_file, profile.proxy)
        found += [(text, "<setting>") for text in files]
    meant = [(secret, stand_in) for secret, stand_in in found if secret and secret != "/"]
    return sorted(meant, key=lambda pair: -len(pair[0]))  # a file before the folder that its path begins with
