"""An archive, or a proxy before one, that holds nothing and remembers what it was asked; for tests."""

from __future__ import annotations

import http.server
from email.message import Message
from typing import Any


class EmptyArchive(http.server.BaseHTTPRequestHandler):
    """Answers every search with nothing.

    Attributes
    ----------
    asked : list of (str, Message)
        Path and headers of every request, of all servers; a test clears it.
    """

    asked: list[tuple[str, Message]] = []  # noqa: RUF012 - shared by all requests on purpose

    def do_GET(self) -> None:
        """A search."""
        self.asked.append((self.path, self.headers))
        self.send_response(200)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are silent."""
