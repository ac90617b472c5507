"""Text is read as the standard says it is written, the examples of its annexes first, or it is not read at all."""

import pytest

from BratsSegmenterLib.dicom.character_sets import UTF_8, can_hold, decoded


@pytest.mark.parametrize(
    ("value", "stated", "text"),
    [
        (  # PS3.5 H.3.1
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            ["", "ISO 2022 IR 87"],
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (  # PS3.5 H.3.2
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
            ["ISO 2022 IR 13", "ISO 2022 IR 87"],
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        ),
        (  # PS3.5 I.2
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            ["", "ISO 2022 IR 149"],
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (  # PS3.5 K.2
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            ["", "ISO 2022 IR 58"],
            "Zhang^XiaoDong=张^小东=",
        ),
        ("ﾔﾏﾀﾞ ﾀﾛｳ\\A".encode("shift_jis"), "ISO_IR 13", "ﾔﾏﾀﾞ ﾀﾛｳ\\A"),
        (b"M\xfcller=\x1b-F\xc4\xe9\xef\xed", ["ISO 2022 IR 100", "ISO 2022 IR 126"], "Müller=Διον"),
        ("王^小东".encode("gb18030"), "GB18030", "王^小东"),
        (b"Doe^Jane \0", "", "Doe^Jane"),
    ],
    ids=repr,
)
def test_a_name_is_read_as_the_standard_says(value: bytes, stated: str | list[str], text: str) -> None:
    assert decoded(value, stated, is_name=True) == text


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        ("Müller".encode("latin-1"), ""),
        ("Müller".encode("latin-1"), "ISO_IR 6"),
        ("Müller".encode("latin-1"), UTF_8),
        ("山田".encode("shift_jis"), "ISO_IR 13"),
        ("홍^길동".encode("euc_kr"), ["", "ISO 2022 IR 149"]),
        (b"\x1b$)C\xc8\xab^\xb1\xe6\xb5\xbf", ["", "ISO 2022 IR 149"]),
        (b"\x1b$B;3ED\x1b(B", ""),
    ],
    ids=repr,
)
def test_a_name_that_is_not_in_the_stated_set_is_not_read(value: bytes, stated: str | list[str]) -> None:
    with pytest.raises(ValueError, match=r"decode|holds|escape"):
        decoded(value, stated, is_name=True)


@pytest.mark.parametrize(
    ("text", "stated", "is_held"),
    [
        ("Röntgen", "", False),
        ("Röntgen", "ISO_IR 100", True),
        ("Röntgen", ["", "ISO 2022 IR 87"], False),
        ("v1 (AI, reviewed by 鈴木, 花)", ["", "ISO 2022 IR 87"], True),
        ("v1 (AI, reviewed by 김, 민수)", ["", "ISO 2022 IR 149"], True),
        ("김\r\n민수", ["", "ISO 2022 IR 149"], False),
        ("李", ["", "ISO 2022 IR 58"], False),  # pydicom writes no escape sequence before it
        ("MRI ﾄｳﾌﾞ", "ISO_IR 13", False),
        ("M\N{REPLACEMENT CHARACTER}ller", UTF_8, False),
    ],
)
def test_a_set_holds_what_is_read_again_as_it_was_written(text: str, stated: str | list[str], is_held: bool) -> None:
    assert can_hold(text, stated) is is_held
