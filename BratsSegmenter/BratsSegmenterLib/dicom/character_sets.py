"""Text of DICOM elements in the character sets that are stated for it (PS3.5 6.1), strictly: nothing is replaced."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from pydicom.charset import convert_encodings, decode_bytes, default_encoding, encode_string
from pydicom.config import strict_reading
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from BratsSegmenterLib.chinese_text import without_escapes

UTF_8 = "ISO_IR 192"
_ESCAPE = "\x1b"
_SHIFT_JIS = "shift_jis"
_BETWEEN_VALUES = {ord("\\"), *TEXT_VR_DELIMS}
_IN_NAMES = {ord("="), *PN_DELIMS, *_BETWEEN_VALUES}

CharacterSet = str | Sequence[str]
"""Value of Specific Character Set (0008,0005); empty where none is stated."""


def decoded(value: bytes, stated: CharacterSet, is_name: bool = False) -> str:
    """The text of an element, without padding.

    Where no set is stated text is ASCII (DICOM PS3.3 C.12.1.1.2), not Latin-1.

    Parameters
    ----------
    value : bytes
        All values of the element.
    stated : str or sequence of str
    is_name : bool
        Of a Person Name, in which each component begins in the first of the sets (PS3.5 6.1.2.5.3).

    Raises
    ------
    ValueError
        It is not written in that set.
    """
    value = value.rstrip(b"\0 ")
    encodings = ["ascii" if encoding == default_encoding else encoding for encoding in _encodings(stated)]
    if encodings[0] == _SHIFT_JIS:
        _require_single_bytes(value.partition(_ESCAPE.encode())[0])
    with strict_reading():
        text = without_escapes(decode_bytes(value, encodings, _IN_NAMES if is_name else _BETWEEN_VALUES))
    if _ESCAPE in text:
        raise ValueError("It holds an escape sequence of a set that is not stated.")
    return text


def can_hold(text: str, stated: CharacterSet) -> bool:
    """Whether the text, as pydicom writes it in that set, is read as the same by whoever goes by the standard.

    What pydicom read with loss holds replacement characters, and is held nowhere.
    """
    if "\N{REPLACEMENT CHARACTER}" in text:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that characters were lost is seen when the text is read
        written = encode_string(text, _encodings(stated))
    try:
        return decoded(written, stated) == text.rstrip("\0 ")
    except ValueError:
        return False


def _encodings(stated: CharacterSet) -> list[str]:
    return convert_encodings(stated if isinstance(stated, str) else list(stated))


def _require_single_bytes(value: bytes) -> None:
    """That text in JIS X 0201 has no kanji, which Shift JIS, the codec that stands in for it, does have."""
    if len(value.decode(_SHIFT_JIS)) < len(value):
        raise ValueError("It holds characters of two bytes in a set of single bytes.")
