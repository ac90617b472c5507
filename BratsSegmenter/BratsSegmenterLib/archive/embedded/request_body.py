"""The body of an HTTP request as it arrives (RFC 9112 6)."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from io import BufferedIOBase

_PIECE_BYTES = 262_144
_MAXIMUM_CHUNK_BYTES = 64_000_000


class BodyLengthError(Exception):
    """A length is none, or that of a chunk larger than any client sends: where the body ends is not known."""


def request_body(headers: Message, stream: BufferedIOBase) -> Iterator[bytes]:
    """The body in pieces, chunked or of a stated length.

    Raises
    ------
    BodyLengthError
    """
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        return _chunks(stream)
    return _pieces(stream, headers.get("Content-Length", "0"))


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    while size := _length(stream.readline().split(b";")[0] or b"0", 16):
        if size > _MAXIMUM_CHUNK_BYTES:
            raise BodyLengthError
        yield stream.read(size)
        stream.readline()
    stream.readline()


def _pieces(stream: BufferedIOBase, stated: str) -> Iterator[bytes]:
    remaining = _length(stated, 10)
    while remaining > 0 and (piece := stream.read(min(_PIECE_BYTES, remaining))):
        remaining -= len(piece)
        yield piece


def _length(text: str | bytes, base: int) -> int:
    try:
        length = int(text, base)
    except ValueError:
        raise BodyLengthError from None
    if length < 0:
        raise BodyLengthError
    return length
