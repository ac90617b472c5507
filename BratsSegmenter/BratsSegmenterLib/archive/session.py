"""The HTTP session: one origin, no redirects, no surprises from the environment, always a time-out."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from BratsSegmenterLib.archive.adapter import GuardedAdapter, OpenSockets
from BratsSegmenterLib.archive.credentials import Credentials
from BratsSegmenterLib.archive.profile import Authentication, Profile
from BratsSegmenterLib.errors import ArchiveError

_LEGAL_IN_A_QUERY = {"%2A": "*", "%2C": ",", "%3F": "?"}
MAXIMUM_LISTING_BYTES = 50_000_000


class PacsSession(requests.Session):
    """A session that speaks with one archive only.

    It never follows a redirect and never sends credentials to another origin, ignores proxies, CA files and netrc
    of the environment, refuses web pages where DICOM was asked for, and caps what it reads into memory.

    Parameters
    ----------
    profile : Profile
    credentials : Credentials
        Used as the profile's authentication says.
    """

    def __init__(self, profile: Profile, credentials: Credentials) -> None:
        super().__init__()
        self._profile = profile
        self._origin = _origin(profile.url)
        self._sockets = OpenSockets()
        self.trust_env = False
        self.verify = profile.ca_file or True
        self.auth = _authentication(profile, credentials)
        if profile.certificate_file:  # a gateway may want one beside a login
            self.cert = (profile.certificate_file, profile.key_file) if profile.key_file else profile.certificate_file
        if profile.proxy:
            self.proxies = {"http": profile.proxy, "https": profile.proxy}
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
            A certificate file is missing, another origin is meant, the archive redirects or answers with a web page.
        """
        self._require_certificates()
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
        return response

    def _require_certificates(self) -> None:
        profile, names = self._profile, self._profile.names
        files = {profile.ca_file: names.ca_file, profile.certificate_file: names.certificate}
        for path, name in (files | {profile.key_file: names.certificate}).items():
            if path and not Path(path).is_file():
                raise ArchiveError(
                    f"The certificate file {path} of the PACS '{profile.name}' is not there.", f"Correct {name}."
                )

    def _refuse_redirect(self, response: requests.Response) -> None:
        if response.is_redirect:
            host = urlsplit(response.headers["Location"]).hostname or "another path"
            raise ArchiveError(
                f"The PACS '{self._profile.name}' redirects to another address, which is not followed.",
                "Open its address in a browser to see where that leads; give the final one as"
                f" {self._profile.names.address} if it is trusted.",
                f"redirects to {host}",  # not in the sentence, which is copied for support
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
