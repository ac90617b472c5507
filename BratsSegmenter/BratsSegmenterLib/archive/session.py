"""The HTTP session: one origin, no redirects, no surprises from the environment, always a time-out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from BratsSegmenterLib.archive.adapter import GuardedAdapter, OpenSockets
from BratsSegmenterLib.archive.certificates import require_usable_certificates
from BratsSegmenterLib.archive.credentials import PROXY_LOGIN, Credentials
from BratsSegmenterLib.archive.profile import Authentication, Profile
from BratsSegmenterLib.errors import ArchiveError

_LEGAL_IN_A_QUERY = {"%2A": "*", "%2C": ",", "%3F": "?"}
MAXIMUM_LISTING_BYTES = 50_000_000


class PacsSession(requests.Session):
    """A session that speaks with one archive only.

    It never follows a redirect and never sends credentials to another origin, ignores proxies, CA files and netrc
    of the environment, refuses web pages where DICOM was asked for, and caps what it reads into memory.

    Attributes
    ----------
    was_let_in : bool
        Whether the archive has answered a request with what was asked for.

    Parameters
    ----------
    profile : Profile
    credentials : Credentials
        Used as the profile's authentication says.
    """

    def __init__(self, profile: Profile, credentials: Credentials) -> None:
        super().__init__()
        self._profile = profile
        self._origin = _origin(_as_asked(profile.url))
        self._sockets = OpenSockets()
        self.was_let_in = False
        self.trust_env = False
        self.verify = profile.ca_file or True
        login = Credentials.of_proxy() if profile.proxy else Credentials()
        self._unsendable = {credentials.unsendable: profile.names.credentials, login.unsendable: PROXY_LOGIN}
        if not any(self._unsendable):
            self.auth = _authentication(profile, credentials)
            self.proxies = _proxies(profile, login)
        if profile.certificate_file:  # a gateway may want one beside a login
            self.cert = (profile.certificate_file, profile.key_file) if profile.key_file else profile.certificate_file
        self.headers["Accept-Encoding"] = "identity"  # faster on a LAN, and no decompression bombs
        for scheme in ("http://", "https://"):
            self.mount(scheme, GuardedAdapter(self._sockets, MAXIMUM_LISTING_BYTES))

    def cut(self) -> None:
        """Break off every exchange under way, from any thread; the session can be used again."""
        self._sockets.cut()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As in requests, within the bounds above.

        Raises
        ------
        ArchiveError
            A certificate file or a credential cannot be used, another origin is meant, the archive redirects or answers
            with a web page.
        """
        require_usable_certificates(self._profile)
        self._require_sendable_credentials()
        if _origin(request.url or "") != self._origin:
            raise ArchiveError(
                f"A request to another server than that of profile '{self._profile.name}' was stopped.",
                "The PACS refers to another address; ask its administrator.",
            )
        request.url = _with_readable_query(request.url or "")
        request.headers.pop("Host", None)  # dicomweb-client sets it without the port
        kwargs["allow_redirects"] = False
        kwargs["timeout"] = (self._profile.connect_timeout_s, self._profile.read_timeout_s)
        response = super().send(request, **kwargs)
        try:
            self._refuse_redirect(response)
            self._refuse_web_page(response)
        except ArchiveError:
            response.close()
            raise
        self.was_let_in |= response.ok
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, whatever the answer says: requests would read where it leads before it does not go there."""
        return None

    def _require_sendable_credentials(self) -> None:
        for what, setting in self._unsendable.items():
            if what:
                raise ArchiveError(
                    f"The {what} for the PACS '{self._profile.name}' holds characters that cannot be sent.",
                    f"Correct {setting}: invisible characters may have come with it when it was copied.",
                )

    def _refuse_redirect(self, response: requests.Response) -> None:
        if response.is_redirect:
            raise ArchiveError(
                f"The PACS '{self._profile.name}' redirects to another address, which is not followed.",
                "Open its address in a browser to see where that leads; give the final one as"
                f" {self._profile.names.address} if it is trusted.",
                f"redirects to {_host(response.headers['Location'])}",  # not in the sentence, copied for support
            )

    def _refuse_web_page(self, response: requests.Response) -> None:
        if response.ok and response.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise ArchiveError(
                f"The PACS '{self._profile.name}' answered with a web page in place of DICOM.",
                "Check the address: it may lead to a login page or a viewer.",
            )


class _BearerToken(AuthBase):
    """RFC 6750; an auth object, because requests would let netrc replace a plain header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _authentication(profile: Profile, credentials: Credentials) -> AuthBase | None:
    match profile.authentication:
        case Authentication.BASIC:
            return HTTPBasicAuth(credentials.user.encode(), credentials.password.encode())
        case Authentication.BEARER:
            return _BearerToken(credentials.token)
        case _:
            return None


def _proxies(profile: Profile, login: Credentials) -> dict[str, str]:
    proxy = profile.proxy
    if proxy and login.user:
        scheme, _, address = proxy.partition("://")
        proxy = f"{scheme}://{_quoted_for_requests(login.user)}:{_quoted_for_requests(login.password)}@{address}"
    return {"http": proxy, "https": proxy} if proxy else {}


def _quoted_for_requests(text: str) -> str:
    """So that it sends UTF-8 (RFC 7617 2.1), though it encodes a proxy's login as Latin-1."""
    return quote(text.encode().decode("latin-1"), "")


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or "another path"
    except ValueError:
        return "what is no address"


def _as_asked(url: str) -> str:
    """As requests asks it, the letters of a host beyond ASCII encoded (RFC 5891)."""
    try:
        return requests.Request("GET", url).prepare().url or url
    except requests.RequestException:
        return url  # said when it is asked


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _with_readable_query(url: str) -> str:
    """Wild cards as themselves: some archives (Debian's Orthanc) do not decode percent signs in a query."""
    parts = urlsplit(url)
    query = parts.query
    for encoded, plain in _LEGAL_IN_A_QUERY.items():
        query = query.replace(encoded, plain)
    return urlunsplit(parts._replace(query=query))
