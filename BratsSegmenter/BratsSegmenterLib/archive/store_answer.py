"""What an archive's answer to STOW-RS means (DICOM PS3.18 10.5.3 and annex I)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import requests

from BratsSegmenterLib.archive.failures import (
    NotStoredError,
    OtherContentError,
    StoreRefusedError,
    TemporaryArchiveError,
    status_error,
)
from BratsSegmenterLib.archive.profile import Profile
from BratsSegmenterLib.errors import ArchiveError

_OUT_OF_RESOURCES = range(0xA700, 0xA800)
_FAILURE_REASONS = {  # PS3.18 table I.2-2, PS3.4 table B.2-1
    0x0110: "a processing failure of its own",
    0x0111: "another object with the same UID is stored already",
    0x0117: "the UID of the object is invalid",
    0x0122: "it does not take this kind of object",
    0x0124: "this account may not store",
    0xA900: "the object does not belong into this study",
    0xC000: "it cannot understand the object",
}
_OF_THE_KIND = (0x0122, 0xC000)
_KEPT = "The object is kept here"
_ASK = "ask the PACS administrator."
_WITHOUT_IT = f"send without this kind, or {_ASK}"
_NO_RIGHT = (401, 403)
_OF_THE_OBJECT = (400, 409, 415)  # PS3.18 table 10.5.3-1; the address has answered searches before


def doubt_of(profile: Profile, response: requests.Response, sop_class: str, was_let_in: bool) -> ArchiveError:
    """What to say should the archive not list what was sent; an answer alone, good or bad, proves nothing.

    Parameters
    ----------
    profile : Profile
    response : requests.Response
    sop_class : str
        Name of the SOP Class of what was sent.
    was_let_in : bool
        Whether the archive has answered the session before.

    Returns
    -------
    ArchiveError
        :class:`StoreRefusedError` when sending again is useless; when it is not, :class:`TemporaryArchiveError` where
        the archive is busy, :class:`NotStoredError` where it may be the object; else an error of the account.
    """
    reasons = _failure_reasons(response)
    final = [reason for reason in reasons if reason not in _OUT_OF_RESOURCES]
    status = response.status_code
    cause = f"STOW-RS status {status}, failure reasons {[f'{reason:04X}H' for reason in reasons]}"
    if final:
        words = _FAILURE_REASONS.get(final[0], f"its reason is code {final[0]:04X}H")
        what = f"The PACS '{profile.name}' refused an object ({sop_class}): {words}."
        advice = _WITHOUT_IT if final[0] in _OF_THE_KIND else _ASK
        return StoreRefusedError(what, f"{_KEPT}; {advice}", cause)
    error = status_error(profile, response, was_let_in)
    is_server_error = status >= requests.codes.server_error
    if reasons or is_server_error:
        what = f"The PACS '{profile.name}' could not take an object ({sop_class}) now (status {status})."
        advice = f"{_KEPT}; try again in a few minutes."
        if isinstance(error, TemporaryArchiveError):
            return TemporaryArchiveError(what, advice, cause, error.wait_s)
        return NotStoredError(what, advice, cause)
    if response.ok:
        what = f"The PACS '{profile.name}' said that it stored an object ({sop_class}) but does not list it."
        return NotStoredError(what, f"{_KEPT}; try again, or {_ASK}", cause)
    if isinstance(error, TemporaryArchiveError):
        return error
    if status in _NO_RIGHT:  # not a login that is refused: with it the study was fetched
        return ArchiveError(error.what, error.advice, error.cause)
    if status in _OF_THE_OBJECT:
        what = f"The PACS '{profile.name}' refused an object ({sop_class}) and gave no reason (status {status})."
        return StoreRefusedError(what, f"{_KEPT}; {_WITHOUT_IT}", cause)
    return StoreRefusedError(error.what, error.advice, cause)


def refusal_of(refusals: Sequence[StoreRefusedError], arrived: Iterable[str]) -> StoreRefusedError:
    """What to say when objects were refused and the others went on: each reason once, and what arrived.

    Parameters
    ----------
    refusals : sequence of StoreRefusedError
        One for each refused object; at least one.
    arrived : iterable of str
        Names of the SOP Classes of what the archive holds now.

    Returns
    -------
    StoreRefusedError
        :class:`OtherContentError` where one of them is.
    """
    first = next((one for one in refusals if isinstance(one, OtherContentError)), refusals[0])
    counts = Counter(arrived)
    held = ", ".join(f"{count} x {name}" if count > 1 else name for name, count in counts.items())
    sentences = dict.fromkeys(one.what for one in refusals)
    what = " ".join([*sentences, f"What arrived: {held}."] if held else sentences)
    return type(first)(what, first.advice, first.cause)


def _failure_reasons(response: requests.Response) -> list[int]:
    """Failure Reason (0008,1197) of every item of the Failed SOP Sequence (0008,1198), from a JSON answer."""
    if "json" not in response.headers.get("Content-Type", ""):
        return []
    try:
        failed = response.json()["00081198"]["Value"]
        return [int(item["00081197"]["Value"][0]) for item in failed]
    except (ValueError, KeyError, IndexError, TypeError):
        return []
