"""The demo: the synthetic patient's whole way and the page at its end."""

from pathlib import Path

from BratsSegmenterLib.demo.page import write_demo_page
from BratsSegmenterLib.demo.story import travel
from BratsSegmenterLib.dicom import ObjectKind
from BratsSegmenterLib.progress import Progress


def test_the_synthetic_patient_goes_all_the_way_and_leaves_a_page_that_says_so(tmp_path: Path) -> None:
    journey = travel(tmp_path, Progress(), spacing_mm=4.0)
    page = write_demo_page(journey, tmp_path / "index.html")
    html = page.read_text(encoding="utf-8")

    assert {sent.kind for sent in journey.sent.objects} == {kind.name for kind in ObjectKind}
    assert set(journey.sent.pushed) == {sent.sop_instance_uid for sent in journey.sent.objects}
    assert html.count("stored in the study, read back and equal") == len(journey.sent.pushed)
    assert all(description in html for description in ("T1 MPRAGE +C", "Ax T2 FLAIR"))
    assert f"{journey.segmented.volumes_ml['WT']:.1f}" in html
    assert (tmp_path / "job" / "quality").is_dir()
