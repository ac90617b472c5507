"""Pillow images of slices, outlines, legends and checkerboards: for key images, reports and quality pages."""

from BratsSegmenterLib.pictures.grey import Window, window
from BratsSegmenterLib.pictures.montage import captioned, checkerboard, legend, montage
from BratsSegmenterLib.pictures.outlines import draw_mask, draw_regions
from BratsSegmenterLib.pictures.planes import Plane, SliceLayout, slice_image

__all__ = [
    "Plane",
    "SliceLayout",
    "Window",
    "captioned",
    "checkerboard",
    "draw_mask",
    "draw_regions",
    "legend",
    "montage",
    "slice_image",
    "window",
]
