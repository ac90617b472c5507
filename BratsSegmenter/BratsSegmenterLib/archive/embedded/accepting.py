"""Which answers a client takes: its Accept header (RFC 9110 12.5.1, DICOM PS3.18 8.4.1.1)."""

from __future__ import annotations

from email.message import Message
from fnmatch import fnmatchcase


def takes(accept: str, media_type: str, part_type: str = "") -> bool:
    """Whether an Accept header lets an answer through.

    Parameters
    ----------
    accept : str
        Media ranges with commas between them; an empty one takes everything. Their weights are not looked at.
    media_type : str
        Of the answer.
    part_type : str
        What its parts are, where it is a multipart one.
    """
    return not accept or any(_includes(one, media_type, part_type) for one in accept.split(","))


def _includes(media_range: str, media_type: str, part_type: str) -> bool:
    message = Message()
    message["Content-Type"] = media_range
    wanted_part = str(message.get_param("type", part_type)).lower()
    return fnmatchcase(media_type, message.get_content_type()) and wanted_part == part_type
