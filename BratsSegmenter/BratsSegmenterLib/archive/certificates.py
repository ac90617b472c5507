"""The PEM files of a profile, tried before a connection is: what TLS says of them later names no file."""

from __future__ import annotations

import ssl
from pathlib import Path

from BratsSegmenterLib.archive.profile import Profile
from BratsSegmenterLib.errors import ArchiveError

_CERTIFICATE, _KEY = b"CERTIFICATE-----", b"PRIVATE KEY-----"  # end the first lines in PEM (RFC 7468, RFC 1421)
_MISMATCH = "KEY_VALUES_MISMATCH"  # OpenSSL's name for it
_WEAK = ("KEY_TOO_SMALL", "MD_TOO_WEAK")  # its names for what its security level refuses (SSL_CTX_set_security_level)


class CertificateFileError(ArchiveError):
    """A file with certificates or a key, named by the profile, cannot be used."""


def require_usable_certificates(profile: Profile) -> None:
    """Load the CA file, our certificate and its key as a connection does; nobody is asked for a passphrase.

    Raises
    ------
    CertificateFileError
        A file is missing or holds something else, the key is locked, too weak or another certificate's.
    """
    if profile.ca_file:
        _require_authority(profile)
    if profile.certificate_file:
        _require_client_certificate(profile)


def _require_authority(profile: Profile) -> None:
    path, setting = Path(profile.ca_file), profile.names.ca_file
    _require_file(profile, path, setting)
    try:
        _context().load_verify_locations(path)
    except OSError as error:  # ssl.SSLError is one
        raise CertificateFileError(
            f"The CA file {path} of the PACS '{profile.name}' {_fault(path, _CERTIFICATE, error)}.",
            f"Give the certificate of the authority in PEM form as {setting}; one in DER form becomes that by"
            " 'openssl x509 -inform DER -in FILE -out FILE.pem'.",
            str(error),
        ) from None


def _require_client_certificate(profile: Profile) -> None:
    path, setting = Path(profile.certificate_file), profile.names.certificate
    key = Path(profile.key_file) if profile.key_file else path
    for file in (path, key):
        _require_file(profile, file, setting)
    asked = []

    def no_passphrase() -> str:
        asked.append(True)
        return ""

    try:
        _context().load_cert_chain(path, key, no_passphrase)
    except OSError as error:
        what, advice = _client_fault(path, key, bool(asked), error)
        raise CertificateFileError(
            f"The client certificate for the PACS '{profile.name}' cannot be used: {what}.",
            f"{advice}, and give it as {setting}.",
            str(error),
        ) from None


def _client_fault(path: Path, key: Path, is_locked: bool, error: OSError) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    if is_locked:
        advice = "Take the passphrase off with 'openssl pkey -in FILE -out KEY', put certificate and KEY into one file"
        return f"the key in {key} is locked by a passphrase", advice
    if _MISMATCH in str(error):
        return f"the key in {key} is not the one of the certificate in {path}", "Put the certificate with its own key"
    if any(name in str(error) for name in _WEAK):
        what = f"the key or the signature of the certificate in {path} is too weak for an encrypted connection"
        return what, "Ask for a new one with a key of at least 2048 bits, signed with SHA-256"
    if not _holds(path, _CERTIFICATE) or _holds(key, _KEY):
        return f"{path} {_fault(path, _CERTIFICATE, error)}", "Ask for it in PEM form, with its key"
    return f"{key} {_fault(key, _KEY, error)}", "Put certificate and key into one file in PEM form"


def _fault(path: Path, wanted: bytes, error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return f"cannot be read: {error.strerror}"
    if not _holds(path, wanted):
        return "holds no certificate in PEM form" if wanted is _CERTIFICATE else "holds no private key in PEM form"
    return "is damaged"


def _holds(path: Path, wanted: bytes) -> bool:
    try:
        return wanted in path.read_bytes()
    except OSError:
        return False


def _require_file(profile: Profile, path: Path, setting: str) -> None:
    if not path.is_file():
        raise CertificateFileError(
            f"The certificate file {path} of the PACS '{profile.name}' is not there.", f"Correct {setting}."
        )


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
