"""What went wrong between us and a PACS, as a sentence; never with a URL's query, which names patients."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3

from BratsSegmenterLib.archive.listing import MalformedListingError
from BratsSegmenterLib.archive.multipart import MalformedMultipartError, TruncatedMultipartError
from BratsSegmenterLib.archive.profile import Authentication, Profile
from BratsSegmenterLib.errors import ArchiveError

_TRY_LATER = frozenset({408, 429, 502, 503, 504})
_LONGEST_WAIT_S = 60.0
_STATUS = {
    400: ("it does not accept our request", "Check {names.address}; ask the PACS administrator."),
    401: ("user name, password or token is wrong", "Check {names.credentials}."),
    403: (
        "this account is not allowed to do that",
        "Ask the PACS administrator for the right to search, read and store.",
    ),
    404: (
        "there is nothing at this address",
        "Check {names.address}, or search again: the study may be gone.",
    ),
    406: ("it cannot send this format", "Ask the PACS administrator whether WADO-RS sends objects as they are stored."),
    409: ("it refused the object", "See the reason; ask the PACS administrator."),
    413: ("the message is larger than it accepts", "Ask the PACS administrator to raise the limit for STOW-RS."),
    429: ("it receives too many requests", "Try again in a few minutes."),
    503: ("it is busy or being restarted", "Try again in a few minutes."),
    504: ("a gateway in front of it waited too long", "Try again in a few minutes."),
}

_EXPIRED = (
    "the login is not accepted any more; it may have expired, or have no right to this",
    "Renew it in {names.credentials}, then try again; what has arrived whole is kept.",
)
_EXPIRING = (Authentication.BASIC, Authentication.BEARER)


class TemporaryArchiveError(ArchiveError):
    """The same request may succeed when it is sent again.

    Parameters
    ----------
    what, advice, cause : str
    wait_s : float
        How long the archive asks to be left alone before that; 0 when it does not say.
    """

    def __init__(self, what: str, advice: str = "", cause: str = "", wait_s: float = 0.0) -> None:
        super().__init__(what, advice, cause)
        self.wait_s = wait_s


class LoginRefusedError(ArchiveError):
    """The archive does not accept the login; asked with it again and again, it may lock the account."""


class NotFoundError(ArchiveError):
    """The archive does not know what was asked for."""


class StudyChangedError(ArchiveError):
    """The archive does not hold the study as a result was drawn on it: a person has to look before that is stored."""


class NotStoredError(TemporaryArchiveError):
    """The archive answers, but it did not take this object, or does not give it back; it may take another one."""


class StoreRefusedError(ArchiveError):
    """The archive will not take the object, however often it is sent."""


class OtherContentError(StoreRefusedError):
    """The archive holds the object with other content than was sent: under its UID it can never be proved."""


def status_error(profile: Profile, response: requests.Response, was_let_in: bool = False) -> ArchiveError:
    """The sentence for an answer whose HTTP status is not a success; `was_let_in` once others of the session were."""
    status = response.status_code
    meaning, advice = _STATUS.get(status, ("an error of its own", "Ask the PACS administrator."))
    if status == requests.codes.unauthorized and was_let_in and profile.authentication in _EXPIRING:
        meaning, advice = _EXPIRED
    what = f"The PACS '{profile.name}' answered {status}: {meaning}."
    advice, cause = advice.format(names=profile.names), f"HTTP status {status}"
    if status in _TRY_LATER:
        return TemporaryArchiveError(what, advice, cause, _asked_wait_s(response))
    kind = {requests.codes.unauthorized: LoginRefusedError, requests.codes.not_found: NotFoundError}
    return kind.get(status, ArchiveError)(what, advice, cause)


def _asked_wait_s(response: requests.Response) -> float:
    """What Retry-After says, as seconds or as a date (RFC 9110 10.2.3), at most a minute; 0 without it."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        wait_s = float(text) if text.isdecimal() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):  # not said, or neither of both
        return 0.0
    return min(max(wait_s, 0.0), _LONGEST_WAIT_S)


@contextmanager
def explaining(profile: Profile, was_let_in: bool = False) -> Iterator[None]:
    """Turn what requests, urllib3, dicomweb-client and the disk raise into an :class:`ArchiveError`.

    The original is not chained: its text holds the query.

    Parameters
    ----------
    profile : Profile
    was_let_in : bool
        Whether the archive has answered the session before: then address and login were right.

    Raises
    ------
    ArchiveError
        :class:`TemporaryArchiveError` when it is worth trying again.
    """
    try:
        yield
    except requests.HTTPError as error:
        raise status_error(profile, error.response, was_let_in) from None
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        MalformedMultipartError,
        MalformedListingError,
    ) as error:
        raise _network_error(profile, error, was_let_in) from None
    except OSError as error:
        raise _disk_error(error) from None


@contextmanager
def explaining_files() -> Iterator[None]:
    """Turn what the disk raises into an :class:`ArchiveError`."""
    try:
        yield
    except OSError as error:
        raise _disk_error(error) from None


def _network_error(profile: Profile, error: Exception, was_let_in: bool) -> ArchiveError:
    what, advice, is_temporary = _describe(profile, error, was_let_in)
    kind = TemporaryArchiveError if is_temporary else ArchiveError
    return kind(f"The PACS '{profile.name}' {what}.", advice, type(error).__name__)


def _describe(profile: Profile, error: Exception, was_let_in: bool) -> tuple[str, str, bool]:
    """Predicate, advice, and whether trying again may help."""
    text, names = str(error), profile.names
    or_wait_longer = f", or raise {names.read_timeout}" if names.read_timeout else ""
    match error:
        case requests.exceptions.SSLError() if "certificate is not valid for" in text:
            return (
                "shows a certificate that was made out to another host name",
                f"Check the host in {names.address}, or ask the PACS administrator for a certificate with this name.",
                False,
            )
        case requests.exceptions.SSLError() if "certificate has expired" in text:
            return (
                "shows a certificate that has expired",
                "Ask the PACS administrator to renew it; check the date of this computer.",
                False,
            )
        case requests.exceptions.SSLError() if "certificate is not yet valid" in text:
            return "shows a certificate that is not valid yet", "Check the date of this computer.", False
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" in text:
            trusted = f"the CA file {profile.ca_file}" if profile.ca_file else "a known authority"
            return (
                f"shows a certificate that {trusted} does not vouch for",
                f"Ask the PACS administrator for the right CA file and give it as {names.ca_file}.",
                False,
            )
        case requests.exceptions.SSLError():
            return (
                "broke off the TLS handshake",
                "It may demand a client certificate, or speak plain http: check "
                f"{names.certificate} and {names.address}.",
                False,
            )
        case requests.exceptions.ProxyError():
            return "cannot be reached through the proxy", f"Check {names.proxy}.", False
        case requests.exceptions.ConnectTimeout():
            return "does not answer at all", "Check its address, the network and the firewall.", True
        case requests.exceptions.ReadTimeout() | urllib3.exceptions.ReadTimeoutError():
            return f"sent nothing for {profile.read_timeout_s:g} seconds", f"Try again{or_wait_longer}.", True
        case requests.exceptions.ConnectionError() if "Read timed out" in text:
            return f"sent nothing for {profile.read_timeout_s:g} seconds", f"Try again{or_wait_longer}.", True
        case requests.exceptions.ConnectionError() if "NameResolution" in text or "resolve" in text:
            return "has an address that no name server knows", f"Check the host name in {names.address}.", True
        case requests.exceptions.ConnectionError() if "refused" in text:
            return "is not running at this address", f"Check host and port in {names.address}.", True
        case TruncatedMultipartError():
            return "ended its answer before it was complete", "Try again; what has arrived whole is kept.", True
        case MalformedMultipartError():
            return "did not send DICOM objects", "Check the address: it may be the one of a web page.", False
        case requests.exceptions.JSONDecodeError() | MalformedListingError():
            return "did not answer in DICOM JSON", "Check the address: it may be the one of a web page.", False
        case requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema():
            return "has an address that is not a URL", f"Check {names.address}.", False
        case _ if not profile.is_encrypted and not was_let_in:
            return (
                "cut the connection",
                f"Try again; if it happens again, it may want https: check {names.address}.",
                True,
            )
        case _:
            return "cut the connection", "Try again; what has arrived whole is kept.", True


def _disk_error(error: OSError) -> ArchiveError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ArchiveError(
            "The disk is full: not all DICOM objects could be kept.",
            "Make room or choose another folder, then try again; what is whole is kept.",
            errno.errorcode[error.errno],
        )
    missing = error.filename or "a file"
    return ArchiveError(
        f"{missing} cannot be used: {error.strerror or type(error).__name__}.", "Check the path and its rights."
    )
