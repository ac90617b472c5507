"""HTML pages for people: one look for the quality page, evaluations and the demo."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.paths import resource

if TYPE_CHECKING:
    from PIL import Image


def write_page(path: Path, template: str, **values: Any) -> Path:
    """Fill a template of Resources/Templates and write it, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made when missing.
    template : str
        File name; the template extends ``base.html``.
    **values
        What the template shows; text is escaped.
    """
    import jinja2

    loader = jinja2.FileSystemLoader(resource("Templates"))
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["picture"] = picture_uri
    html = environment.get_template(template).render(**values)
    write_atomically(path, html.encode(), is_private=False)
    return path


def picture_uri(image: Image.Image) -> str:
    """The picture as a data URI, so that a page is one file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
