from __future__ import annotations

from collections.abc import Iterator

import pytest

from BratsSegmenterLib.archive.multipart import (
    MalformedMultipartError,
    TruncatedMultipartError,
    boundary_of,
    encode,
    iterate_parts,
)

PARTS = [b"first", b"", b"\r\n--almost a boundary\r\n", bytes(range(256)) * 40]


def in_pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def decoded(body: bytes, boundary: str, size: int) -> list[bytes]:
    return [b"".join(part) for part in iterate_parts(in_pieces(body, size), boundary)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1_000_000])
def test_parts_come_out_as_they_went_in_however_the_network_cuts_them(size: int) -> None:
    body, content_type = encode(PARTS)
    assert decoded(body, boundary_of(content_type), size) == PARTS


def test_a_part_that_is_not_read_is_skipped() -> None:
    body, content_type = encode(PARTS)
    parts = iterate_parts(in_pieces(body, 5), boundary_of(content_type))
    next(parts)
    next(parts)
    next(parts)
    assert b"".join(next(parts)) == PARTS[3]


def test_every_cut_before_the_closing_delimiter_is_noticed() -> None:
    body, content_type = encode([b"first", b"second"])
    closing = len(body) - len(b"--\r\n")
    for length in range(closing):
        with pytest.raises(TruncatedMultipartError):
            decoded(body[:length], boundary_of(content_type), 16)


def test_what_stands_before_and_after_the_message_is_left_out() -> None:
    body, content_type = encode([b"first"])
    assert decoded(b"preamble\r\n" + body + b"epilogue", boundary_of(content_type), 9) == [b"first"]


def test_headers_of_a_part_may_be_missing() -> None:
    assert decoded(b"--b\r\n\r\nfirst\r\n--b--", "b", 4) == [b"first"]


@pytest.mark.parametrize("header", ["", "Content-Type: application/dicom\r\n"], ids=["bare", "with headers"])
@pytest.mark.parametrize("padding", [" ", "  ", "\t\t\t"])
def test_blanks_behind_a_boundary_are_no_part_of_the_object(padding: str, header: str) -> None:
    message = "".join(f"--b{padding}\r\n{header}\r\n{part}\r\n" for part in ("first", "second")) + f"--b--{padding}"
    for size in (1, 3, 1000):
        assert decoded(message.encode(), "b", size) == [b"first", b"second"]


def test_headers_without_an_end_are_refused() -> None:
    with pytest.raises(MalformedMultipartError):
        decoded(b"--b\r\n" + b"x" * 100_000, "b", 1000)


def test_each_message_has_a_boundary_of_its_own() -> None:
    assert encode([b"x"])[1] != encode([b"x"])[1]


@pytest.mark.parametrize(
    "content_type", ['multipart/related; boundary="a b"', "multipart/related; type=x; BOUNDARY=abc"]
)
def test_a_boundary_is_found_quoted_or_not(content_type: str) -> None:
    assert boundary_of(content_type) in ("a b", "abc")


@pytest.mark.parametrize("content_type", ["text/html", "multipart/related", ""])
def test_a_type_without_a_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(MalformedMultipartError):
        boundary_of(content_type)
