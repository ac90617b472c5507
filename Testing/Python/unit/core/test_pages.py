"""Pages tell their colours and abbreviations, and hold together on paper."""

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from BratsSegmenterLib.domain import ED, ET, LEAF_REGIONS, NESTED_REGIONS, REGIONS
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.unattended.rows import StudyRow

NOTHING = {
    "cases": [],
    "claims": [],
    "claim_headings": [],
    "set_aside": [],
    "pictures": {},
    "title": "model 1",
    "conventions": "",
    "notes": [],
}
MEASURES = ("Dice", "HD95, mm")


@pytest.fixture
def evaluation_page(tmp_path: Path) -> str:
    measures = [[region.key, name, "0.9", "0.9", "0.8", "1.0"] for region in REGIONS.values() for name in MEASURES]
    regions = tuple(REGIONS.values())
    write_page(
        tmp_path / "p.html", "evaluation.html", regions=regions, measures=measures, leaves=LEAF_REGIONS, **NOTHING
    )
    return (tmp_path / "p.html").read_text(encoding="utf-8")


@pytest.fixture
def studies_page(tmp_path: Path) -> str:
    study = SimpleNamespace(day=date(2026, 4, 1), study_date="20260401")
    row = SimpleNamespace(
        folder="00ff",
        origin=SimpleNamespace(study=study),
        state=SimpleNamespace(value="segmented"),
        volumes_of="model",
        volumes_ml={"ET": 1.0},
        quality_page="",
        reason="",
        doubts=(),
        remarks=(),
        picture="",
    )
    assert {name for name in vars(row) if not hasattr(StudyRow, name)} <= {*StudyRow.__dataclass_fields__}
    regions = tuple(REGIONS.values())
    write_page(tmp_path / "p.html", "studies.html", rows=[row], counts={}, regions=regions, leaves=LEAF_REGIONS)
    return (tmp_path / "p.html").read_text(encoding="utf-8")


def test_the_legend_says_what_the_abbreviations_of_the_headings_are(studies_page: str, evaluation_page: str) -> None:
    for page in (studies_page, evaluation_page):
        for region in LEAF_REGIONS:
            assert (
                f'<span class="swatch" style="background: rgb{region.colour}"></span>{region.name} ({region.key})'
                in page
            )
        for region in NESTED_REGIONS:
            assert f"{region.name} ({region.key}):" in page
        assert "WT): ET + NCR + ED" in re.sub(r"\s+", " ", page)


def test_days_are_written_as_everywhere_else(studies_page: str) -> None:
    assert "<td>2026-04-01</td>" in studies_page


def test_printed_pages_keep_the_colours_of_the_legend_and_part_no_picture_from_its_caption(studies_page: str) -> None:
    assert re.search(r"\.swatch[^{}]*{[^{}]*print-color-adjust: exact", studies_page)
    assert re.search(r"figure[^{}]*{ break-inside: avoid", studies_page)
    assert re.search(r"h2[^{}]*{ break-after: avoid", studies_page)


def test_the_table_of_measures_is_as_narrow_with_a_cavity_as_without(evaluation_page: str) -> None:
    rows = re.findall(r"<tr>.*?</tr>", evaluation_page, re.DOTALL)
    assert len(rows) == 1 + len(REGIONS) * len(MEASURES)
    assert {len(re.findall(r"<t[dh]", row)) for row in rows} == {5, 6}
    assert [row.count(f"<b>{ED.key}</b>") + row.count(f"<b>{ET.key}</b>") for row in rows].count(1) == 2
