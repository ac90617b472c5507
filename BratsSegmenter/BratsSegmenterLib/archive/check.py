"""What one test of the connection, or of the machine, found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes
    ----------
    name : str
        What was tried, in a word or two.
    ok : bool or None
        None: could not be tried, or deserves attention without being wrong.
    sentence : str
        For the user.
    """

    name: str
    ok: bool | None
    sentence: str
