"""The HTTP side of the embedded archive: QIDO-RS, WADO-RS and STOW-RS (DICOM PS3.18) on loopback behind a token."""

from __future__ import annotations

import http.server
import re
import secrets
import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlsplit

from pydicom.datadict import keyword_for_tag

from BratsSegmenterLib.archive.embedded.accepting import takes
from BratsSegmenterLib.archive.embedded.filling import NotTaken, fill
from BratsSegmenterLib.archive.embedded.index import Level
from BratsSegmenterLib.archive.embedded.messages import metadata_answer, query_answer, store_answer
from BratsSegmenterLib.archive.embedded.request_body import BodyLengthError, request_body
from BratsSegmenterLib.archive.embedded.storage import OUT_OF_RESOURCES, Outcome, Storage
from BratsSegmenterLib.archive.multipart import (
    MalformedMultipartError,
    boundary_of,
    closing_delimiter,
    content_type,
    iterate_parts,
    part_header,
)
from BratsSegmenterLib.logs import keep_identities_out_of_logs
from BratsSegmenterLib.progress import Progress

_ROOT = "/dicom-web"
_JSON = "application/dicom+json"
_KINDS_OF_JSON = (_JSON, "application/json")
_COUNT = re.compile(r"[0-9]{1,18}")
_ALL = "9" * 18
_UID = r"[0-9.]{1,64}"
_RESOURCE = re.compile(
    rf"{_ROOT}(?:/studies(?:/(?P<study>{_UID}))?)?(?:/series(?:/(?P<series>{_UID}))?)?"
    rf"(?:/instances(?:/(?P<instance>{_UID}))?)?(?P<metadata>/metadata)?/?"
)
_IGNORED_PARAMETERS = ("includefield", "fuzzymatching")
_CHUNK_BYTES = 262_144
_POLL_S = 0.05


class EmbeddedArchive:
    """A running archive. Use it as a context manager, or :meth:`close` it.

    Attributes
    ----------
    url : str
        Base URL for a profile.
    token : str
        Bearer token for the credentials.
    """

    def __init__(self, storage: Storage, port: int, token: str) -> None:
        self._storage = storage
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.storage = storage
        self._server.token = token
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="embedded archive", daemon=True
        )
        self.token = token
        self.url = self._server.base_url = f"http://127.0.0.1:{self._server.server_port}{_ROOT}"
        self._thread.start()

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._thread.join()

    def add(self, files: Sequence[Path], progress: Progress) -> tuple[NotTaken, ...]:
        """See :func:`~BratsSegmenterLib.archive.embedded.filling.fill`."""
        return fill(self._storage, files, progress)

    def close(self) -> None:
        """Stop listening and let go of the files; objects stored so far stay."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._storage.close()

    def __enter__(self) -> EmbeddedArchive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def serve(folder: Path, port: int = 0, token: str = "") -> EmbeddedArchive:
    """Start an archive on 127.0.0.1.

    Parameters
    ----------
    folder : Path
        Where its objects live; made when missing.
    port : int
        0 for any free one.
    token : str
        What clients must show; a random one when empty.

    Raises
    ------
    ArchiveError
        The folder holds something else.
    OSError
        The port is taken, or the folder cannot be used.
    """
    keep_identities_out_of_logs()
    return EmbeddedArchive(Storage(folder), port, token or secrets.token_urlsafe(24))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    storage: Storage
    token: str
    base_url: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no event."""


class _Answer(NamedTuple):
    status: int
    body: bytes = b""
    kind: str = "text/plain"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    @property
    def _archive(self) -> _Server:
        return cast(_Server, self.server)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests name patients: nothing is logged."""

    def do_GET(self) -> None:
        """QIDO-RS and WADO-RS."""
        url = urlsplit(self.path)
        match = _RESOURCE.fullmatch(url.path)
        if not self._is_authorised():
            self._answer(401)
        elif match is None:
            self._answer(404)
        elif url.path.rstrip("/").endswith(("studies", "series", "instances")):
            self._query(url.path.rstrip("/").rsplit("/", 1)[1], _identifiers(match), url.query)
        else:
            self._retrieve(_identifiers(match), match["metadata"] is not None)

    def do_POST(self) -> None:
        """STOW-RS."""
        match = _RESOURCE.fullmatch(urlsplit(self.path).path)
        body = request_body(self.headers, self.rfile)
        try:
            if not self._is_authorised():
                answer = _Answer(401)
            elif match is None or match["series"] or match["instance"] or match["metadata"]:
                answer = _Answer(404)
            else:
                answer = self._store(body, match["study"] or "")
            for _ in body:  # what is left unread would be taken for the next request
                pass
        except BodyLengthError:
            self.close_connection = True
            answer = _Answer(400, b"a length of the body is none")
        self._answer(*answer)

    def _is_authorised(self) -> bool:
        shown = self.headers.get("Authorization", "").encode()
        return secrets.compare_digest(shown, f"Bearer {self._archive.token}".encode())

    def _query(self, resource: str, identifiers: dict[str, str], query: str) -> None:
        if not self._takes_json():
            self._answer(406)
            return
        level = {"studies": Level.STUDY, "series": Level.SERIES, "instances": Level.INSTANCE}[resource]
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        limit, offset = parameters.pop("limit", _ALL), parameters.pop("offset", "0")
        if not (_COUNT.fullmatch(limit) and _COUNT.fullmatch(offset)):
            self._answer(400, b"limit and offset are whole numbers", "text/plain")
            return
        filters = {_keyword(name): value for name, value in parameters.items() if name not in _IGNORED_PARAMETERS}
        unknown = filters.keys() - set(level.matchable)
        if unknown:
            self._answer(400, f"cannot match {', '.join(sorted(unknown))}".encode(), "text/plain")
            return
        results = self._archive.storage.index.query(level, identifiers, filters, int(limit), int(offset))
        self._answer(200, query_answer(level, results, self._archive.base_url), _JSON)

    def _retrieve(self, identifiers: dict[str, str], metadata: bool) -> None:
        paths = self._archive.storage.paths(identifiers) if identifiers else []
        if not paths:
            self._answer(404)
        elif not (self._takes_json() if metadata else self._takes_objects()):
            self._answer(406)
        elif metadata:
            self._answer(200, b"".join(metadata_answer(paths)), _JSON)
        else:
            self._send_files(paths)

    def _takes_json(self) -> bool:
        return any(takes(self._accept, kind) for kind in _KINDS_OF_JSON)

    def _takes_objects(self) -> bool:
        return takes(self._accept, "multipart/related", "application/dicom")

    @property
    def _accept(self) -> str:
        return ",".join(self.headers.get_all("Accept", []))

    def _send_files(self, paths: list[Path]) -> None:
        """Always as stored: transcoding is the business of larger archives."""
        boundary = secrets.token_hex(16)
        head, tail = part_header(boundary), closing_delimiter(boundary)
        length = sum(len(head) + path.stat().st_size + 2 for path in paths) + len(tail)
        self.send_response(200)
        self.send_header("Content-Type", content_type(boundary))
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for path in paths:
            self.wfile.write(head)
            with path.open("rb") as file:
                shutil.copyfileobj(file, self.wfile, _CHUNK_BYTES)
            self.wfile.write(b"\r\n")
        self.wfile.write(tail)

    def _store(self, body: Iterator[bytes], study_uid: str) -> _Answer:
        storage = self._archive.storage
        received: list[Path] = []
        try:
            for part in iterate_parts(body, boundary_of(self.headers.get("Content-Type", ""))):
                received.append(storage.new_incoming())
                with received[-1].open("wb") as file:
                    file.writelines(part)
            outcomes = storage.add(received, study_uid)
        except MalformedMultipartError:
            return _Answer(400, b"the body is not a whole multipart/related message")
        except OSError:
            outcomes = [Outcome(None, OUT_OF_RESOURCES)]
        finally:
            for path in received:
                path.unlink(missing_ok=True)
        if not outcomes:
            return _Answer(400, b"the message holds no object")
        failed = sum(one.failure_reason is not None for one in outcomes)
        status = 200 if not failed else 409 if failed == len(outcomes) else 202
        return _Answer(status, store_answer(outcomes, self._archive.base_url), _JSON)

    def _answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        if status == http.HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Bearer realm="BratsSegmenter"')  # RFC 9110 15.5.2, RFC 6750 3
        if self.close_connection:
            self.send_header("Connection", "close")
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the client no longer wants it
            self.wfile.write(body)


def _identifiers(match: re.Match[str]) -> dict[str, str]:
    named = {"StudyInstanceUID": "study", "SeriesInstanceUID": "series", "SOPInstanceUID": "instance"}
    return {keyword: match[group] for keyword, group in named.items() if match[group]}


def _keyword(name: str) -> str:
    """Keyword of an attribute given as such or as eight hexadecimal digits (PS3.18 8.3.4.1)."""
    return keyword_for_tag(int(name, 16)) if re.fullmatch("[0-9a-fA-F]{8}", name) else name
