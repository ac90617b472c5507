"""The variety of what lies around the brain."""

from __future__ import annotations

from BratsSegmenterLib.learning.synthesis.filters import soft_step
from BratsSegmenterLib.learning.synthesis.head import Head
from BratsSegmenterLib.learning.synthesis.randomness import Randomness

_BEYOND_MENINGES_MM = 4.0
_TISSUE = 0.2
"""Brightness above which something outside the brain is soft tissue rather than air or bone."""


def with_patchy_soft_tissue(head: Head, random: Randomness) -> Head:
    """Face, neck and scalp as the mixture of fat, muscle and glands that label maps show as one tissue."""
    outside = soft_step(head.brain_distance_mm - _BEYOND_MENINGES_MM, 1.0)
    patches = random.fractal([random.uniform(6, 12), random.uniform(14, 30)], [0.7, 1])
    images = head.images.clone()
    for channel, image in enumerate(head.images):
        lobules = soft_step(patches * random.uniform(-1, 1) + 0.6 * random.field(9)[0], 0.3)
        gain = (random.uniform(0.2, 2.2) - 1) * lobules
        images[channel] *= 1 + gain * outside * (image > _TISSUE)
    return head.with_images(images)
