"""HTTP connections that can be cut from another thread, and answers in UTF-8 that cannot fill the memory."""

from __future__ import annotations

import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from BratsSegmenterLib.errors import ArchiveError

_UTF_8 = "utf-8-sig"  # a mark at the beginning is left out


class OpenSockets:
    """The sockets in use, so that a cancel does not have to wait for a server that sends nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def add(self, opened: socket.socket) -> None:
        """Remember a connected socket for as long as it lives."""
        with self._lock:
            self._sockets.add(opened)

    def cut(self) -> None:
        """Shut every connection; threads that wait on one see its end at once."""
        with self._lock:
            for opened in self._sockets:
                with suppress(OSError):  # already closed
                    opened.shutdown(socket.SHUT_RDWR)


class GuardedAdapter(HTTPAdapter):
    """Registers its sockets; caps the size of answers that are read whole, and hands them on in UTF-8.

    Parameters
    ----------
    sockets : OpenSockets
    maximum_answer_bytes : int
        For answers that are not streamed, counted after decompression.
    """

    def __init__(self, sockets: OpenSockets, maximum_answer_bytes: int) -> None:
        self._sockets = sockets
        self._maximum_answer_bytes = maximum_answer_bytes
        super().__init__(pool_maxsize=8)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As in requests, with pools that register their sockets."""
        super().init_poolmanager(*args, **kwargs)
        self._register(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """As in requests, with pools that register their sockets."""
        manager = super().proxy_manager_for(*args, **kwargs)
        self._register(manager)
        return manager

    def send(self, request: PreparedRequest, stream: bool = False, *args: Any, **kwargs: Any) -> Response:
        """As in requests; an answer that is not streamed is cut off at the cap."""
        response = super().send(request, stream, *args, **kwargs)
        if not stream:
            response.raw = _WholeAnswer(response.raw, self._maximum_answer_bytes, response.encoding or _UTF_8)
        return response

    def _register(self, manager: PoolManager) -> None:
        sockets = self._sockets

        class Connection(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class SecureConnection(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = SecureConnection

        manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}


class _WholeAnswer:
    """urllib3's response, of which at most so many bytes are read, in a character set that it may state wrongly."""

    def __init__(self, raw: Any, maximum_bytes: int, stated_encoding: str) -> None:
        self._raw = raw
        self._maximum_bytes = maximum_bytes
        self._stated_encoding = stated_encoding

    def stream(self, amt: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """The body, as requests asks for it."""
        body = bytearray()
        for piece in self._raw.stream(amt, decode_content=decode_content):
            body += piece
            if len(body) > self._maximum_bytes:
                self._raw.close()
                raise ArchiveError(
                    f"The PACS sent more than {self._maximum_bytes / 1e6:.0f} MB where a list was expected.",
                    "Narrow the search; if that does not help, ask the PACS administrator.",
                )
        yield _in_utf_8(bytes(body), self._stated_encoding)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def _in_utf_8(body: bytes, stated_encoding: str) -> bytes:
    """The text of an answer as JSON has to be (RFC 8259 8.1), which dicomweb-client relies on.

    Some archives send it in Latin-1 and say so; others say so of what is UTF-8, which is told by its bytes.
    """
    for encoding in (_UTF_8, stated_encoding):
        with suppress(LookupError, ValueError):
            return body.decode(encoding).encode()
    return body
