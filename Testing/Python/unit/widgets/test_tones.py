"""Words in colours can be read on the grounds of Slicer's light and dark styles."""

import pytest

from BratsSegmenterLib.widgets.tones import Tone

READABLE = 4.5  # WCAG 2.1, level AA
LIGHT, DARK = ("#ffffff", "#f7f7f7", "#efefef"), ("#2a2a2a", "#353535", "#424242")


@pytest.mark.parametrize("tone", Tone)
@pytest.mark.parametrize(("on_dark", "grounds"), [(False, LIGHT), (True, DARK)])
def test_every_tone_is_readable_on_every_ground(tone: Tone, on_dark: bool, grounds: tuple[str, ...]):
    assert min(_contrast(tone.colour(on_dark), ground) for ground in grounds) >= READABLE


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
