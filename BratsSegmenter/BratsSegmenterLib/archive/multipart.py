"""multipart/related messages (RFC 2387, DICOM PS3.18 8.7.1) as streams that notice when they are cut short."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from email.message import Message

_LINE_END = b"\r\n"
_MAXIMUM_HEADER_BYTES = 16_384


class MalformedMultipartError(Exception):
    """The message has no boundary, a part without an end of headers, or absurdly long headers."""


class TruncatedMultipartError(MalformedMultipartError):
    """The message ended before its closing delimiter: parts may be missing and the last one is incomplete."""


def boundary_of(content_type: str) -> str:
    """The boundary parameter of a Content-Type.

    Raises
    ------
    MalformedMultipartError
        It is not multipart or names no boundary.
    """
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_maintype() != "multipart" or not boundary:
        raise MalformedMultipartError(message.get_content_type())
    return boundary


def encode(parts: Sequence[bytes]) -> tuple[bytes, str]:
    """Join DICOM files to one message.

    Returns
    -------
    tuple of (bytes, str)
        Body and its Content-Type, with a boundary made for this message alone.
    """
    boundary = secrets.token_hex(16)
    pieces = []
    for part in parts:
        pieces += [part_header(boundary), part, _LINE_END]
    return b"".join([*pieces, closing_delimiter(boundary)]), content_type(boundary)


def content_type(boundary: str) -> str:
    """Content-Type of a message of DICOM files."""
    return f'multipart/related; type="application/dicom"; boundary="{boundary}"'


def part_header(boundary: str) -> bytes:
    """What stands before each DICOM file; a line end follows the file."""
    return f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()


def closing_delimiter(boundary: str) -> bytes:
    """What ends the message."""
    return f"--{boundary}--\r\n".encode()


def iterate_parts(chunks: Iterable[bytes], boundary: str) -> Iterator[Iterator[bytes]]:
    """The parts of a message, each as a stream of bytes that never needs more memory than a chunk.

    A part must be read before the next is asked for; what is left of it is skipped.

    Parameters
    ----------
    chunks : iterable of bytes
        The body as it arrives.
    boundary : str
        Of :func:`boundary_of`.

    Raises
    ------
    TruncatedMultipartError
        The body ended without the closing delimiter.
    MalformedMultipartError
        The body is not a multipart message.
    """
    reader = _Reader(chunks)
    delimiter = _LINE_END + b"--" + boundary.encode()
    reader.skip_to(delimiter)
    while not reader.is_at(b"--"):
        reader.skip_part_header()
        content = reader.read_to(delimiter)
        yield content
        for _ in content:
            pass
    reader.finish()


class _Reader:
    """A buffer over chunks; starts with a line end because the first delimiter needs none before it."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = bytearray(_LINE_END)

    def _fill(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise TruncatedMultipartError("the message ended before its closing delimiter")
        self._buffer += chunk

    def finish(self) -> None:
        """Look for the end of the body, so that its connection can be used again; an epilogue is not waited for."""
        next(self._chunks, None)

    def is_at(self, text: bytes) -> bool:
        """Whether `text` comes next; it is not taken."""
        while len(self._buffer) < len(text):
            self._fill()
        return self._buffer.startswith(text)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._buffer) < count:
            self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def read_to(self, mark: bytes) -> Iterator[bytes]:
        """Everything before `mark`, piece by piece; the mark itself is consumed."""
        while (end := self._buffer.find(mark)) < 0:
            certain = len(self._buffer) - len(mark) + 1
            if certain > 0:
                yield self.take(certain)
            self._fill()
        yield self.take(end)
        self.take(len(mark))

    def skip_to(self, mark: bytes) -> None:
        """Leave out everything up to and with `mark`."""
        for _ in self.read_to(mark):
            pass

    def skip_part_header(self) -> None:
        """Leave out the rest of the delimiter's line, where blanks may stand (RFC 2046 5.1.1), and the header lines."""
        skipped = 0
        for piece in self.read_to(2 * _LINE_END):
            skipped += len(piece)
            if skipped > _MAXIMUM_HEADER_BYTES:
                raise MalformedMultipartError("a part has no end of its headers")
