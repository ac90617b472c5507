"""The page that a key image shows: slices side by side with outlines and diameters, legend, volumes and statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from BratsSegmenterLib.dicom.provenance import Provenance
from BratsSegmenterLib.domain import (
    ET,
    LEAF_REGIONS,
    NESTED_REGIONS,
    Diameters,
    Lesion,
    Measurements,
    Region,
    Segmentation,
)
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import NOT_MEASURABLE, lesion_count, millilitres, product_sum_text, size_text
from BratsSegmenterLib.pictures import Plane, SliceLayout, captioned, draw_regions, legend, montage, slice_image, window
from BratsSegmenterLib.reading_plane import reading_axis
from BratsSegmenterLib.slice_names import ImageNumbers, place_of, plane_name
from BratsSegmenterLib.spoken_names import spoken

RESEARCH_BANNER = "RESEARCH USE ONLY - not a medical device, not for diagnosis"

_PICTURE_HEIGHT = 480
_LINE_FONT_SIZE = 18
_LETTER_SIZE = 20
_MOST_LESIONS = 8
_NO_CHARACTER = "\uffff"
_NAMED_IN_HEADER = "the person whom this image's header names"
_BANNER_COLOUR = (255, 200, 60)
_CALIPER_COLOUR = (255, 255, 255)
_SHADOW_COLOUR = (0, 0, 0)


def acquired_plane(geometry: Geometry) -> Plane:
    """The plane of a volume's slices."""
    return _plane_across(geometry, 0)


def chosen_slices(segmentation: Segmentation, measurements: Measurements) -> list[tuple[Plane, int]]:
    """Planes and slices, each once: those of the diameters from the largest on, and the one with most labelled voxels.

    The former are axial, as diameters are, also where that plane has to be cut out of thick slices of another one.
    """
    measured = [
        (Plane.AXIAL, _axial_slice_of(lesion.diameters, segmentation.geometry))
        for lesion in _drawn_lesions(measurements)
        if lesion.diameters
    ]
    axis = reading_axis(segmentation.geometry)
    plane, across = _plane_across(segmentation.geometry, axis), {0, 1, 2} - {axis}
    most_tumour = int(np.argmax(np.count_nonzero(segmentation.labels, axis=tuple(across))))
    return list(dict.fromkeys((*measured, (plane, most_tumour))))


def outlined_regions(segmentation: Segmentation) -> list[Region]:
    """What is outlined on the pages, in the colours of the outlines: those of the leaf regions' labels."""
    told_apart = zip(segmentation.told_apart, LEAF_REGIONS, strict=True)
    return [
        replace(region, colour=leaf.colour) for region, leaf in told_apart if np.any(segmentation.labels == leaf.label)
    ]


def _plane_across(geometry: Geometry, axis: int) -> Plane:
    """The plane whose slices follow one another along an array axis."""
    return next(plane for plane in Plane if SliceLayout(geometry, plane).slice_axis == axis)


def _drawn_lesions(measurements: Measurements) -> tuple[Lesion, ...]:
    """Those whose diameters are drawn and listed: more would be more pages than anybody turns."""
    return measurements.lesions_by_size[:_MOST_LESIONS]


def _axial_slice_of(diameters: Diameters, geometry: Geometry) -> int:
    """The slice nearest to the middle of the longest diameter."""
    axis = SliceLayout(geometry, Plane.AXIAL).slice_axis
    middle = geometry.indices(np.array([diameters.middle_mm]))[0]
    return int(np.clip(np.rint(middle[2 - axis]), 0, geometry.shape[axis] - 1))


class Page:
    """Draws pages of one result.

    Parameters
    ----------
    images : mapping of str to ndarray, shape (slices, rows, columns)
        Caption to image, all on the segmentation's grid.
    segmentation : Segmentation
    measurements : Measurements
    provenance : Provenance
    numbers : ImageNumbers or None
        Of the images that the segmentation lies on.
    """

    def __init__(
        self,
        images: Mapping[str, NDArray[np.float32]],
        segmentation: Segmentation,
        measurements: Measurements,
        provenance: Provenance,
        numbers: ImageNumbers | None,
    ) -> None:
        self._images = images
        self._segmentation = segmentation
        self._measurements = measurements
        self._provenance = provenance
        self._numbers = numbers

    def draw(self, plane: Plane, index: int) -> Image.Image:
        """The page of one slice."""
        is_acquired = plane is acquired_plane(self._segmentation.geometry)
        plane_text = plane.value if is_acquired else f"{plane.value}, reformatted"
        pictures = [
            captioned(self._outlined(array, plane, index), f"{name}, {plane_text}")
            for name, array in self._images.items()
        ]
        review = replace(self._provenance, reviewer=_drawable(spoken(self._provenance.reviewer))).review_statement
        statement = f"{review}  |  {self._provenance.algorithm.title}"
        parts = [
            _line(RESEARCH_BANNER, _BANNER_COLOUR),
            _line(statement, _CALIPER_COLOUR),
            montage(pictures, columns=len(pictures)),
            legend(outlined_regions(self._segmentation), self._volume_texts()),
            *(_line(sentence, _CALIPER_COLOUR) for sentence in (self._nested_volumes(), *self.lesion_lines())),
            _line(f"Shown: {self._place(plane, index)}", _CALIPER_COLOUR),
        ]
        return _stacked(parts)

    def _measured_on(self, plane: Plane, index: int) -> list[tuple[int, Diameters]]:
        """Number and diameters of the lesions that are drawn on that slice."""
        geometry = self._segmentation.geometry
        return [
            (lesion.number, lesion.diameters)
            for lesion in _drawn_lesions(self._measurements)
            if lesion.diameters and (Plane.AXIAL, _axial_slice_of(lesion.diameters, geometry)) == (plane, index)
        ]

    def _place(self, plane: Plane, index: int) -> str:
        """Of the first diameters there; else the image of the reference, or the plane through what is drawn."""
        for _number, diameters in self._measured_on(plane, index):
            return place_of(diameters, self._numbers)
        layout = SliceLayout(self._segmentation.geometry, plane)
        if layout.slice_axis == 0 and self._numbers is not None and self._numbers.name(index):
            return self._numbers.name(index)
        middle = np.argwhere(self._segmentation.labels).mean(axis=0)
        middle[layout.slice_axis] = index
        (point_mm,) = layout.geometry.points_mm(middle[np.newaxis, ::-1])
        return plane_name(plane.normal_axis, float(point_mm[plane.normal_axis]))

    def _outlined(self, array: NDArray[np.float32], plane: Plane, index: int) -> Image.Image:
        segmentation = self._segmentation
        layout = SliceLayout(segmentation.geometry, plane)
        pixels_per_mm = _PICTURE_HEIGHT / (layout.pixels(segmentation.labels, 0).shape[0] * layout.pixel_mm[1])
        picture = slice_image(array, segmentation.geometry, plane, index, window(array), pixels_per_mm)
        picture = draw_regions(picture, segmentation.labels, segmentation.geometry, plane, index)
        for number, diameters in self._measured_on(plane, index):
            _draw_calipers(picture, diameters, layout, index)
            _draw_number(picture, number, diameters, layout, index)
        if plane is not Plane.SAGITTAL:
            _mark_right_side(picture)
        return picture

    def _volume_texts(self) -> dict[str, str]:
        return {key: f"{millilitres(volume_ml)} mL" for key, volume_ml in self._measurements.volumes_ml.items()}

    def _nested_volumes(self) -> str:
        texts = self._volume_texts()
        return "   ".join(
            f"{region.name} ({region.key}) {texts[region.key]}" for region in NESTED_REGIONS if region.key in texts
        )

    def lesion_lines(self) -> list[str]:
        """The lesions by the numbers beside their calipers, what their products add up to, and how many more there are.

        The same on all pages of a result; each draws those that lie on its slice.
        """
        listed = [
            f"{lesion.region.name} {lesion.number}: {size_text(lesion.diameters)} on "
            f"{place_of(lesion.diameters, self._numbers)}"
            f"{'' if lesion.diameters.is_measurable else f', {NOT_MEASURABLE}'}"
            for lesion in _drawn_lesions(self._measurements)
            if lesion.diameters
        ]
        lines = [*listed, product_sum_text(self._measurements)]
        if len(listed) < len(self._measurements.lesions):
            are_cut = len(listed) < len(self._measurements.lesions_by_size)
            which = f"; the first {len(listed)} by RANO are drawn and listed" if are_cut else ""
            lines.append(f"{ET.name}: {lesion_count(self._measurements)}{which}")
        return list(filter(None, lines))


def _mark_right_side(picture: Image.Image) -> None:
    """An R at the left edge: slices are shown as seen from the feet or from the front."""
    _write(picture, (_LETTER_SIZE, picture.height / 2), "R")


def _draw_calipers(picture: Image.Image, diameters: Diameters, layout: SliceLayout, index: int) -> None:
    draw = ImageDraw.Draw(picture)
    for ends in (diameters.longest_ends, diameters.perpendicular_ends):
        line = _on_screen(np.array(ends), layout, index, picture.size)
        draw.line(line, _SHADOW_COLOUR, 5)
        draw.line(line, _CALIPER_COLOUR, 2)


def _draw_number(picture: Image.Image, number: int, diameters: Diameters, layout: SliceLayout, index: int) -> None:
    """Beyond the right end of the longest diameter."""
    left, right = (
        np.array(end) for end in sorted(_on_screen(np.array(diameters.longest_ends), layout, index, picture.size))
    )
    beyond = right + _LETTER_SIZE * (right - left) / np.linalg.norm(right - left)
    x, y = np.clip(beyond, _LETTER_SIZE, np.array(picture.size) - _LETTER_SIZE)
    _write(picture, (float(x), float(y)), str(number))


def _write(picture: Image.Image, middle: tuple[float, float], text: str) -> None:
    """Letters with a shadow, which are seen on whatever they lie."""
    font = ImageFont.load_default(_LETTER_SIZE)
    draw = ImageDraw.Draw(picture)
    draw.text(middle, text, _CALIPER_COLOUR, font, "mm", stroke_width=2, stroke_fill=_SHADOW_COLOUR)


def _on_screen(
    points_mm: NDArray[np.float64], layout: SliceLayout, index: int, size: tuple[int, int]
) -> list[tuple[float, float]]:
    """Screen pixels (right, down) of LPS points, found from where the layout puts the grid's first pixels."""
    numbers = np.arange(np.prod(layout.geometry.shape)).reshape(layout.geometry.shape)
    screen = layout.pixels(numbers, index)
    first, right, down = (
        np.array(np.unravel_index(screen[place], layout.geometry.shape)) for place in ((0, 0), (0, 1), (1, 0))
    )
    offsets = layout.geometry.indices(points_mm)[:, ::-1] - first
    places = np.column_stack((offsets @ (right - first), offsets @ (down - first))) + 0.5
    scale = np.array(size) / screen.shape[::-1]
    return [(float(x), float(y)) for x, y in places * scale]


def _drawable(name: str) -> str:
    """The name, without its accents where Pillow's font lacks them; where it lacks letters, who is meant."""
    unaccented = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    return next((spelling for spelling in (name, unaccented) if _has_glyphs(spelling)), _NAMED_IN_HEADER)


def _has_glyphs(text: str) -> bool:
    font = ImageFont.load_default(_LINE_FONT_SIZE)
    no_glyph = bytes(font.getmask(_NO_CHARACTER))
    return all(bytes(font.getmask(letter)) != no_glyph for letter in set(text))


def _line(text: str, colour: tuple[int, int, int]) -> Image.Image:
    font = ImageFont.load_default(_LINE_FONT_SIZE)
    left, _, right, _ = font.getbbox(text)
    picture = Image.new("RGB", (int(right - left) + 16, 28))
    ImageDraw.Draw(picture).text((8, 14), text, colour, font, anchor="lm")
    return picture


def _stacked(parts: list[Image.Image]) -> Image.Image:
    """One below the other, from the left edge, on black."""
    page = Image.new("RGB", (max(part.width for part in parts), sum(part.height for part in parts)))
    top = 0
    for part in parts:
        page.paste(part, (0, top))
        top += part.height
    return page
