"""An HTTP proxy on loopback that stands before a real archive and does wrong what it is told to."""

from __future__ import annotations

import http.client
import http.server
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

_CHUNK_BYTES = 65_536
_LOGIN_PAGE = b"<html>Please log in</html>"
_NOT_FORWARDED = ("connection", "transfer-encoding", "content-length", "host", "keep-alive")


class Fault(Enum):
    """What can go wrong between a client and an archive."""

    NONE = auto()
    STATUS = auto()  # answers with a status of its own; the archive sees nothing
    STATUS_AFTER = auto()  # the archive did its work, the answer is replaced by a status
    RESET_BEFORE = auto()  # connection reset before the archive sees anything
    RESET_AFTER = auto()  # the archive did its work, then the connection is reset before the answer
    CUT = auto()  # the connection ends in the middle of an answer with a stated length
    CUT_WITHOUT_LENGTH = auto()  # the same without a stated length: looks like a regular end
    WEB_PAGE = auto()  # status 200 with HTML
    WEB_PAGE_AFTER = auto()  # the archive did its work, the answer is replaced by HTML
    HANG = auto()  # the archive did its work, then nothing comes for a while
    PARTIAL = auto()  # 202 that names a failure; the archive sees nothing
    CLAIM = auto()  # 200 that claims success; the archive sees nothing
    REDIRECT = auto()  # 302 to another origin
    GZIP_BOMB = auto()  # a small answer that inflates to a giant one
    BODY = auto()  # an answer made up by the test
    NONE_IS_NOT_FOUND = auto()  # 404 in the place of an empty list
    COERCED = auto()  # the archive keeps the object with something else in the place of what it was to hold


@dataclass(frozen=True)
class Plan:
    """One fault, for requests of one method (or any), with its details.

    Attributes
    ----------
    fault : Fault
    method : str
        ``GET`` or ``POST``; empty for both.
    path_end : str
        The fault applies to paths that end so, without the query.
    holding : bytes
        The fault applies to requests whose body holds this.
    status : int
    seconds : float
        How long HANG keeps silent.
    body, content_type : bytes, str
        Of BODY and GZIP_BOMB; of COERCED what stands in the place of `holding`, as long as that.
    location : str
        Of REDIRECT.
    retry_after : str
        Of STATUS.
    """

    fault: Fault
    method: str = ""
    path_end: str = ""
    holding: bytes = b""
    status: int = 503
    seconds: float = 2.0
    body: bytes = b""
    content_type: str = "application/dicom+json"
    location: str = ""
    retry_after: str = ""

    def applies(self, method: str, path: str, body: bytes) -> bool:
        """Whether a request is meant."""
        is_there = path.partition("?")[0].endswith(self.path_end)
        return self.method in ("", method) and is_there and self.holding in body


class FaultyProxy:
    """Forwards to `upstream_url` and works off a list of plans, each once, in order, when its request comes.

    Attributes
    ----------
    url : str
        What to give to the client.
    requests : list of (method, path)
        What came in.
    """

    def __init__(self, upstream_url: str) -> None:
        parts = urlsplit(upstream_url)
        self.requests: list[tuple[str, str]] = []
        self._plans: deque[Plan] = deque()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._server.upstream = (parts.hostname or "", parts.port or 80)
        self.url = f"http://127.0.0.1:{self._server.server_port}{parts.path}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def plan(self, *plans: Plan) -> None:
        """Do these next."""
        with self._lock:
            self._plans.extend(plans)

    def behave(self) -> None:
        """Forget what was still planned."""
        with self._lock:
            self._plans.clear()

    def take(self, method: str, path: str, body: bytes) -> Plan:
        """The fault for a request that just came in."""
        with self._lock:
            self.requests.append((method, path))
            for plan in self._plans:
                if plan.applies(method, path, body):
                    self._plans.remove(plan)
                    return plan
        return Plan(Fault.NONE)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: FaultyProxy
    upstream: tuple[str, int]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are what this is for."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        plan = self.server.proxy.take(self.command, self.path, body)
        match plan.fault:
            case Fault.STATUS:
                self._answer(plan.status, b"", retry_after=plan.retry_after)
            case Fault.RESET_BEFORE:
                self._reset()
            case Fault.WEB_PAGE:
                self._answer(200, _LOGIN_PAGE, "text/html")
            case Fault.PARTIAL:
                self._answer(202, _failed_sop_sequence())
            case Fault.CLAIM:
                self._answer(200, b"{}")
            case Fault.REDIRECT:
                self._answer(302, b"", location=plan.location)
            case Fault.GZIP_BOMB:
                self._answer(200, plan.body, plan.content_type, encoding="gzip")
            case Fault.BODY:
                self._answer(200, plan.body, plan.content_type)
            case Fault.COERCED:
                self._forward(body.replace(plan.holding, plan.body), plan)
            case _:
                self._forward(body, plan)

    def _forward(self, body: bytes, plan: Plan) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
        with closing(http.client.HTTPConnection(*self.server.upstream, timeout=60)) as upstream:
            try:
                upstream.request(self.command, self.path, body or None, headers)
                response = upstream.getresponse()
            except OSError:
                self._reset()
                return
            with response:
                self._return(response, plan)

    def _return(self, response: http.client.HTTPResponse, plan: Plan) -> None:
        match plan.fault:
            case Fault.STATUS_AFTER:
                response.read()
                self._answer(plan.status, b"")
            case Fault.WEB_PAGE_AFTER:
                response.read()
                self._answer(200, _LOGIN_PAGE, "text/html")
            case Fault.RESET_AFTER:
                response.read()
                self._reset()
            case Fault.HANG:
                content = response.read()
                time.sleep(plan.seconds)
                self._pass_on(response, content, len(content))
            case Fault.NONE_IS_NOT_FOUND:
                content = response.read()
                if content.strip() == b"[]":
                    self._answer(404, b"")
                else:
                    self._pass_on(response, content, len(content))
            case Fault.CUT | Fault.CUT_WITHOUT_LENGTH:
                content = response.read()
                stated = len(content) if plan.fault is Fault.CUT else None
                self._pass_on(response, content[: len(content) * 3 // 5], stated)
                self.close_connection = True
            case _:
                self._stream(response)

    def _stream(self, response: http.client.HTTPResponse) -> None:
        if response.length is None:
            content = response.read()
            self._pass_on(response, content, len(content))
            return
        self._pass_on(response, b"", response.length)
        while piece := response.read(_CHUNK_BYTES):
            self.wfile.write(piece)

    def _pass_on(self, response: http.client.HTTPResponse, content: bytes, stated_length: int | None) -> None:
        self.send_response(response.status)
        for name, value in _forwarded(response.getheaders()):
            self.send_header(name, value)
        if stated_length is None:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(stated_length))
        self.end_headers()
        self.wfile.write(content)

    def _answer(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/dicom+json",
        location: str = "",
        encoding: str = "",
        retry_after: str = "",
    ) -> None:
        self.send_response(status)
        for name, value in (("Location", location), ("Content-Encoding", encoding), ("Retry-After", retry_after)):
            if value:
                self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


def _forwarded(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return (pair for pair in headers if pair[0].lower() not in _NOT_FORWARDED)


def _failed_sop_sequence() -> bytes:
    """Out of resources (A700H) for an object: PS3.18 annex I."""
    item = {"00081197": {"vr": "US", "Value": [0xA700]}}
    return json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode()
