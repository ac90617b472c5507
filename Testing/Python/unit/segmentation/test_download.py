"""A published model is downloaded after consent, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from monai.networks.nets import SegResNet

from BratsSegmenterLib import performing
from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.errors import BundleError, Cancelled
from BratsSegmenterLib.job_results import DownloadResult
from BratsSegmenterLib.jobs import DownloadJob
from BratsSegmenterLib.performing import perform
from BratsSegmenterLib.progress import Progress, ProgressEvent
from BratsSegmenterLib.segmentation import (
    BRATS_MRI_SEGMENTATION,
    PublishedModel,
    download,
    download_bundle,
    load_bundle,
    missing_model,
)


class _Server(ThreadingHTTPServer):
    """Serves one file with ranges; can cut the first answer short."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.cut_after: int | None = None
        self.ranges: list[str] = []
        self.status = 200


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.ranges.append(wanted)
        first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        body = self.server.content[first:]
        if wanted and not body:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if wanted else self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut_after])
        self.server.cut_after = None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def weights() -> bytes:
    buffer = io.BytesIO()
    torch.save(SegResNet(**BRATS_MRI_SEGMENTATION.specification.network.arguments).state_dict(), buffer)
    return buffer.getvalue()


@pytest.fixture
def server(weights: bytes) -> Iterator[_Server]:
    with _Server(weights) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def model(server: _Server) -> PublishedModel:
    return replace(
        BRATS_MRI_SEGMENTATION,
        url=f"http://127.0.0.1:{server.server_port}/model.pt",
        md5=hashlib.md5(server.content, usedforsecurity=False).hexdigest(),
        size_bytes=len(server.content),
    )


def test_nothing_is_asked_of_the_server_before_the_user_agrees(
    model: PublishedModel, server: _Server, tmp_path: Path
) -> None:
    offers: list[str] = []

    def refuse(offered: PublishedModel) -> bool:
        offers.append(offered.offer())
        return False

    with pytest.raises(Cancelled):
        download_bundle(refuse, model, tmp_path)
    assert "19 MB" in offers[0]
    assert model.url in offers[0]
    assert server.ranges == []
    assert list(tmp_path.iterdir()) == []


def test_the_download_becomes_a_bundle_that_loads(model: PublishedModel, tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    bundle = download_bundle(lambda _: True, model, tmp_path, Progress(events.append))
    assert bundle.specification == BRATS_MRI_SEGMENTATION.specification
    assert sum(p.numel() for p in bundle.load_network().parameters()) == 4_702_227
    assert [path.name for path in tmp_path.iterdir()] == ["brats_mri_segmentation"]
    assert events[-1].fraction == 1.0


def test_the_worker_brings_a_model_that_is_missing(
    model: PublishedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "models_folder", lambda: tmp_path)
    monkeypatch.setattr(download, "PUBLISHED", (model,))
    monkeypatch.setattr(performing, "PUBLISHED", (model,))
    events: list[ProgressEvent] = []
    assert missing_model(model.name) == model
    done = perform(DownloadJob(model.name), Credentials(), Progress(events.append))
    assert done == DownloadResult(model.name)
    assert missing_model(model.name) is None
    assert {event.stage for event in events} == {"download"}
    assert load_bundle(tmp_path / model.name).specification == model.specification


def test_a_model_that_nobody_publishes_is_not_offered() -> None:
    assert missing_model("glioma-synthetic") is None


def test_a_cut_download_goes_on_where_it_ended(model: PublishedModel, server: _Server, tmp_path: Path) -> None:
    server.cut_after = 5_000_000
    with pytest.raises(BundleError, match="could not be downloaded"):
        download_bundle(lambda _: True, model, tmp_path)
    download_bundle(lambda _: True, model, tmp_path)
    assert server.ranges[0] == ""
    assert 0 < int(server.ranges[1].removeprefix("bytes=").removesuffix("-")) <= 5_000_000


def test_a_cancel_keeps_what_was_received_but_makes_no_bundle(model: PublishedModel, tmp_path: Path) -> None:
    def cancel(event: ProgressEvent) -> None:
        if event.fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        download_bundle(lambda _: True, model, tmp_path, Progress(cancel))
    assert not (tmp_path / model.name).exists()
    download_bundle(lambda _: True, model, tmp_path)
    assert (tmp_path / model.name).is_dir()


@pytest.mark.parametrize("announced", [1.0, 1.05])
def test_a_cancel_after_the_last_byte_leaves_nothing_to_bring(
    model: PublishedModel, server: _Server, tmp_path: Path, announced: float
) -> None:
    model = replace(model, size_bytes=round(announced * len(server.content)))

    def cancel(event: ProgressEvent) -> None:
        if event.fraction > 1 / announced - 1e-6:
            raise Cancelled

    with pytest.raises(Cancelled):
        download_bundle(lambda _: True, model, tmp_path, Progress(cancel))
    assert download_bundle(lambda _: True, model, tmp_path).name == model.name
    assert server.ranges == ["", f"bytes={len(server.content)}-"]


def test_a_file_with_another_hash_is_deleted_and_both_hashes_are_said(
    model: PublishedModel, server: _Server, tmp_path: Path
) -> None:
    server.content = bytes(len(server.content))
    with pytest.raises(BundleError, match=f"MD5 [0-9a-f]{{32}}, expected {model.md5}"):
        download_bundle(lambda _: True, model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_sends_without_end_is_stopped(model: PublishedModel, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="sends more than"):
        download_bundle(lambda _: True, replace(model, size_bytes=1_000_000), tmp_path)


def test_a_server_that_refuses_is_a_sentence(model: PublishedModel, server: _Server, tmp_path: Path) -> None:
    server.status = 403
    with pytest.raises(BundleError, match="could not be downloaded"):
        download_bundle(lambda _: True, model, tmp_path)
    assert not (tmp_path / model.name).exists()
