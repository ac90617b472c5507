"""A page of pictures, from the worst case to the best: what the model drew beside what the experts drew."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS, Sequence
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase
from BratsSegmenterLib.learning.evaluation.run import CaseResult, Evaluation
from BratsSegmenterLib.learning.evaluation.summary import measure_rows
from BratsSegmenterLib.pictures import Plane, SliceLayout, captioned, draw_regions, montage, slice_image

if TYPE_CHECKING:
    from PIL import Image

_PIXELS_PER_MM = 1.4
_BACKGROUNDS = (Sequence.T1C, Sequence.FLAIR)

_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; color: #1c2733; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .2rem .9rem; text-align: right; }
th { border-bottom: 1px solid #9ab; }
td:first-child, th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left; }
figure { margin: 2rem 0; } figure img { max-width: 100%; background: #000; } figcaption { margin: .4rem 0; }
.legend span { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; }
</style></head><body>
<h1>{{ title }}</h1>
<p>{{ cases|length }} cases, from the worst to the best mean Dice. Each picture: the slice with the most disagreement,
on T1c and on FLAIR, the experts' outlines on the left and the model's on the right of each pair.</p>
<p class="legend">{% for region in legend %}<span style="background: rgb{{ region.colour }}"></span>{{ region.name }}
{%- endfor %}</p>
<table>
<tr><th>region</th><th>measure</th><th>mean</th><th>median</th><th>lower quartile</th><th>upper quartile</th></tr>
{% for row in measures %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>
{% if set_aside %}<h2>Not evaluated</h2>
<ul>{% for case in set_aside %}<li>{{ case.reason }}</li>{% endfor %}</ul>{% endif %}
{% for case in cases %}<figure><figcaption><b>{{ case.name }}</b>
{% for key, scores in case.scores.items() %} &nbsp; {{ key }} {{ "%.3f"|format(scores.dice) }}
({{ "%.1f"|format(scores.predicted_ml) }} of {{ "%.1f"|format(scores.true_ml) }} mL){% endfor %}</figcaption>
<img alt="{{ case.name }}" src="data:image/png;base64,{{ pictures[case.name] }}">
{% for finding in case.findings %}<div>{{ finding }}</div>{% endfor %}</figure>
{% endfor %}</body></html>
"""


class PicturePage:
    """Collects one picture a case while an evaluation runs, and writes the page at its end.

    Only the pictures are kept, so a cohort of any size needs little memory.
    """

    def __init__(self) -> None:
        self._pictures: dict[str, str] = {}

    def add(self, case: LabelledCase, labels: NDArray[np.uint8], result: CaseResult) -> None:
        """Draw a case; to be given to :func:`evaluate` as its listener."""
        buffer = io.BytesIO()
        _picture(case, labels).save(buffer, "PNG")
        self._pictures[result.name] = base64.b64encode(buffer.getvalue()).decode()

    def write(self, evaluation: Evaluation, file: Path) -> None:
        """Write the page, one self-contained HTML file."""
        import jinja2

        template = jinja2.Environment(autoescape=True).from_string(_TEMPLATE)
        text = template.render(
            title=f"{evaluation.bundle} {evaluation.version}",
            cases=sorted(evaluation.cases, key=lambda case: case.mean_dice),
            measures=measure_rows(evaluation),
            set_aside=evaluation.set_aside,
            pictures=self._pictures,
            legend=LEAF_REGIONS,
        )
        unfinished = file.with_suffix(".tmp")
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, file)


def _picture(case: LabelledCase, labels: NDArray[np.uint8]) -> Image.Image:
    geometry = case.labels_geometry
    layout = SliceLayout(geometry, Plane.AXIAL)
    differing = labels != case.labels
    index = max(range(layout.slice_count), key=lambda n: int(np.count_nonzero(layout.pixels(differing, n))))
    panels = []
    for sequence in _BACKGROUNDS:
        if sequence not in case.images or not case.geometries[sequence].is_close(geometry, tolerance_mm=0.1):
            continue
        grey = slice_image(case.images[sequence], geometry, Plane.AXIAL, index, pixels_per_mm=_PIXELS_PER_MM)
        for drawn, who in ((case.labels, "experts"), (labels, "model")):
            outlined = draw_regions(grey, drawn, geometry, Plane.AXIAL, index)
            panels.append(captioned(outlined.crop(grey.getbbox()), f"{sequence.value}, {who}"))
    return montage(panels, columns=4)
