"""How a PACS is reached: profiles without secrets."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from BratsSegmenterLib.archive.credentials import PROXY_LOGIN
from BratsSegmenterLib.errors import ArchiveError

_STUDY_UID = "{study_uid}"


class Authentication(Enum):
    """How we prove to the PACS who we are; the value is the name in JSON."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class SettingNames:
    """What the user calls the settings of a profile, for advice: where she made them decides.

    Attributes
    ----------
    address, credentials, ca_file, certificate, proxy : str
        As in "Check ...".
    read_timeout : str
        Empty where it cannot be set.
    """

    address: str = "the address of the profile"
    credentials: str = "user, password and token of the profile"
    ca_file: str = "the CA file of the profile"
    certificate: str = "the client certificate of the profile"
    proxy: str = "the proxy of the profile"
    read_timeout: str = ""


@dataclass(frozen=True)
class Profile:
    """Everything needed to reach one DICOMweb archive, except secrets.

    Attributes
    ----------
    name : str
        What the user calls it; credentials and outbox transactions refer to it.
    url : str
        Base URL of the DICOMweb service, for example ``https://pacs.example/dicom-web``.
    authentication : Authentication
    ca_file : str
        PEM file with the certificate authority of the PACS; empty for the authorities that ship with Python.
    certificate_file, key_file : str
        PEM files of our client certificate and its key (one file may hold both; then `key_file` is empty).
    connect_timeout_s, read_timeout_s : float
        How long to wait for a connection, and for the next bytes.
    proxy : str
        URL of an HTTP proxy, without a login; empty for none. Proxies of the environment are ignored.
    qido_prefix, wado_prefix, stow_prefix : str
        Path between base URL and ``studies`` where a PACS serves search, retrieval and storage apart.
    viewer_url : str
        Address at which a viewer shows a study, with ``{study_uid}`` in the place of its UID; empty for none.
    names : SettingNames
        Of the place where the profile was entered; never kept.

    Raises
    ------
    ArchiveError
        The URL is not one of http or https, or carries a user name or password, a query or a fragment; the proxy's
        is none or carries a login; the viewer's address has no place for the study.
    """

    name: str
    url: str
    authentication: Authentication = Authentication.NONE
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 60.0
    proxy: str = ""
    qido_prefix: str = ""
    wado_prefix: str = ""
    stow_prefix: str = ""
    viewer_url: str = ""
    names: SettingNames = field(default=SettingNames(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", url_in_one_form(self.url))
        object.__setattr__(self, "proxy", url_in_one_form(_with_scheme(self.proxy)))
        self._require_base_url()
        self._require_proxy()
        if self.viewer_url and (_STUDY_UID not in self.viewer_url or "://" not in self.viewer_url):
            raise ArchiveError(
                f"The viewer's address of profile '{self.name}' does not say where the study's UID belongs.",
                f"Enter it with {_STUDY_UID}, for example https://viewer.example/?StudyInstanceUIDs={_STUDY_UID}.",
            )

    def _require_base_url(self) -> None:
        if not _is_url(self.url):
            raise ArchiveError(
                f"The address of the PACS '{self.name}' is not an http or https URL.",
                "Enter the base URL of the DICOMweb service, for example https://pacs.example/dicom-web.",
            )
        if "@" in urlsplit(self.url).netloc:
            raise ArchiveError(
                f"The address of the PACS '{self.name}' carries a user name or password.",
                f"Remove it from the address; it belongs into {self.names.credentials}.",
            )
        if "?" in self.url or "#" in self.url:
            raise ArchiveError(
                f"The address of the PACS '{self.name}' goes on with ? or # after its path.",
                f"Remove what follows; a key belongs into {self.names.credentials}.",
            )

    def _require_proxy(self) -> None:
        if "@" in self.proxy:
            raise ArchiveError(
                f"The address of the proxy to the PACS '{self.name}' carries a user name or password.",
                f"Remove them from {self.names.proxy} and set {PROXY_LOGIN} in the environment.",
            )
        if self.proxy and not _is_url(self.proxy):
            raise ArchiveError(
                f"The address of the proxy to the PACS '{self.name}' is not an http or https URL.",
                f"Correct {self.names.proxy}, for example http://proxy.example:3128.",
            )

    def viewer_address(self, study_uid: str) -> str:
        """Where the archive's viewer shows a study; empty when it has none."""
        return self.viewer_url.replace(_STUDY_UID, study_uid)

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is https."""
        return urlsplit(self.url).scheme == "https"

    @property
    def is_loopback(self) -> bool:
        """Whether the PACS runs on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know before using the profile."""
        if self.is_encrypted or self.is_loopback:
            return ()
        return (
            f"The PACS '{self.name}' is reached by plain http: "
            "patient data and passwords cross the network readable by anyone.",
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; holds no secret."""
        values = asdict(self) | {"authentication": self.authentication.value}
        del values["names"]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Profile:
        """The profile that :meth:`to_json` described; missing values take their defaults.

        Raises
        ------
        ArchiveError
            Name, URL or authentication are missing or unknown.
        """
        known = {one.name for one in fields(cls)} - {"names"}
        given = {key: value for key, value in values.items() if key in known}
        try:
            authentication = Authentication(given.pop("authentication", Authentication.NONE.value))
            return cls(authentication=authentication, **given)
        except (TypeError, ValueError, AttributeError) as error:
            raise ArchiveError(
                "A PACS profile is incomplete or names an unknown kind of authentication.",
                "Enter the profile again.",
                str(error),
            ) from error


def url_in_one_form(url: str) -> str:
    """Without blanks around it and slashes at its end, its scheme in small letters as libraries look for it."""
    scheme, separator, rest = url.strip().partition("://")
    return f"{scheme.lower()}{separator}{rest}".rstrip("/")


def _with_scheme(proxy: str) -> str:
    """People name proxies by host and port."""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
