"""A bundle is loaded only when it is whole, unchanged and asks for nothing but a known network."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from model_samples import TINY, WITH_BRAIN, model_zoo_bundle, tiny_bundle

from BratsSegmenterLib.domain import ET, RC, TC, WT, Algorithm, Sequence
from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.segmentation import (
    POSTOPERATIVE,
    Normalisation,
    SecondLook,
    available_bundles,
    installed_bundles,
    load_bundle,
    load_bundle_for,
    stand_in_finding,
)


def _edit(folder: Path, file: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "configs" / file
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.fixture
def bundle_folder(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "tiny").folder


def test_a_bundle_that_was_written_says_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    assert load_bundle(tmp_path / "tiny").specification == TINY
    assert bundle.algorithm == Algorithm("tiny", "1.0", bundle.weights_sha256)


def test_a_bundle_that_finds_the_brain_says_so(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny", WITH_BRAIN)
    assert load_bundle(tmp_path / "tiny").specification == WITH_BRAIN
    metadata = json.loads((tmp_path / "tiny/configs/metadata.json").read_text())
    channels = metadata["network_data_format"]["outputs"]["pred"]["channel_def"]
    assert list(channels.values()) == ["Whole tumor", "Tumor core", "Enhancing tumor", "Brain"]


def test_a_brain_among_the_regions_is_refused(tmp_path: Path) -> None:
    folder = tiny_bundle(tmp_path / "tiny", WITH_BRAIN).folder

    def move_the_brain(metadata: dict[str, Any]) -> None:
        channels = metadata["network_data_format"]["outputs"]["pred"]["channel_def"]
        channels["0"], channels["3"] = channels["3"], channels["0"]

    _edit(folder, "metadata.json", move_the_brain)
    with pytest.raises(BundleError, match="brain before a region"):
        load_bundle(folder)


def test_rules_of_post_processing_that_are_unknown_are_refused(bundle_folder: Path) -> None:
    _edit(bundle_folder, "metadata.json", lambda m: m["brats_segmenter"].update(postprocessing={"magic": 1}))
    with pytest.raises(BundleError, match="postprocessing"):
        load_bundle(bundle_folder)


def test_second_looks_are_kept(tmp_path: Path) -> None:
    looks = (SecondLook((Sequence.T1C, Sequence.T2), ("WT", "TC")), SecondLook((Sequence.T1,), ("ET",)))
    tiny_bundle(tmp_path / "tiny", replace(TINY, second_looks=looks))
    assert load_bundle(tmp_path / "tiny").specification.second_looks == looks


@pytest.mark.parametrize(
    "change",
    [
        {"second_looks": [{"without": ["T9"], "regions": ["WT"]}]},
        {"second_looks": [{"without": ["T1"], "regions": ["skull"]}]},
        {"second_looks": [{"without": ["T1"], "regions": ["ED"]}]},
        {"second_looks": [{"without": ["T1"]}]},
        {"second_looks": [{"without": ["T1"], "regions": ["WT"]}], "tolerates_missing": False},
    ],
)
def test_second_looks_that_make_no_sense_are_refused(bundle_folder: Path, change: dict[str, Any]) -> None:
    _edit(bundle_folder, "metadata.json", lambda m: m["brats_segmenter"].update(change))
    with pytest.raises(BundleError, match="second_looks"):
        load_bundle(bundle_folder)


@pytest.mark.parametrize("scales", [{"T1": [1, 2]}, {"T9": [0] * 11}, {"T1": None}])
def test_a_standard_scale_that_is_none_is_refused(bundle_folder: Path, scales: object) -> None:
    _edit(bundle_folder, "metadata.json", lambda m: m["brats_segmenter"].update(standard_scales=scales))
    with pytest.raises(BundleError, match="standard"):
        load_bundle(bundle_folder)


@pytest.mark.parametrize(
    ("file", "block", "key"),
    [
        ("metadata.json", "", "brats_segmenter"),
        ("metadata.json", "", "eval_metrics"),
        ("metadata.json", "brats_segmenter", "spacing_mm"),
        ("metadata.json", "brats_segmenter", "clip"),
        ("metadata.json", "brats_segmenter", "sha256"),
        ("inference.json", "", "inferer"),
        ("inference.json", "inferer", "overlap"),
    ],
)
def test_a_value_of_another_kind_is_refused(bundle_folder: Path, file: str, block: str, key: str) -> None:
    for value in ("x", -1, [1], True, float("inf"), *([] if key == "clip" else [None])):

        def put(content: dict[str, Any], value: object = value) -> None:
            (content[block] if block else content)[key] = value

        _edit(bundle_folder, file, put)
        with pytest.raises(BundleError):
            load_bundle(bundle_folder)


def test_writing_a_bundle_leaves_nothing_but_the_bundle(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_the_shipped_bundle_is_whole_and_small() -> None:
    assert "glioma-synthetic" in available_bundles()
    bundle = load_bundle("glioma-synthetic")
    assert bundle.specification.outputs == (WT, TC, ET, RC)
    assert sum(parameter.numel() for parameter in bundle.load_network().parameters()) > 4_000_000
    assert bundle.weights.stat().st_size <= 20_000_000
    assert (bundle.folder / "README.md").is_file()
    assert "Apache License" in (bundle.folder / "LICENSE").read_text()


def test_after_an_operation_the_bundle_for_it_takes_the_place_of_the_one_beside_it(tmp_path: Path) -> None:
    for name in ("tiny", f"tiny{POSTOPERATIVE}", "alone"):
        tiny_bundle(tmp_path / name)
    assert load_bundle_for(tmp_path / "tiny", is_postoperative=True).name == "tiny-postoperative"
    assert load_bundle_for(tmp_path / "tiny", is_postoperative=False).name == "tiny"
    assert load_bundle_for(tmp_path / "alone", is_postoperative=True).name == "alone"


def test_the_user_is_told_which_model_stood_in(tmp_path: Path) -> None:
    asked, stand_in = (tiny_bundle(tmp_path / name) for name in ("tiny", f"tiny{POSTOPERATIVE}"))
    (sentence,) = stand_in_finding(asked.folder, stand_in)
    assert sentence == "After an operation the model tiny-postoperative takes the place of tiny."
    assert stand_in_finding(asked.folder, asked) == ()


@pytest.mark.parametrize("name", ["glioma-synthetic", "brain-synthetic"])
def test_the_shipped_models_have_one_for_after_an_operation_which_is_not_chosen_by_hand(name: str) -> None:
    assert load_bundle_for(name, is_postoperative=True).name == name + POSTOPERATIVE
    assert name + POSTOPERATIVE in installed_bundles()
    assert name + POSTOPERATIVE not in available_bundles()


def test_the_model_zoos_layout_is_understood(tmp_path: Path) -> None:
    network = model_zoo_bundle(tmp_path / "brats_mri_segmentation")
    bundle = load_bundle(tmp_path / "brats_mri_segmentation")
    specification = bundle.specification
    assert specification.sequences == (Sequence.T1C, Sequence.T1, Sequence.T2, Sequence.FLAIR)
    assert specification.outputs == (TC, WT, ET)
    assert specification.window == (240, 240, 160)
    assert specification.normalisation is Normalisation.NONZERO_ZSCORE
    assert not specification.tolerates_missing
    for ours, theirs in zip(bundle.load_network().parameters(), network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def _changed_zoo_bundle(folder: Path, block: str, changed: list[dict[str, Any]]) -> Path:
    """A Model Zoo bundle with other transforms; those of the same name take the place of its own, others come first."""
    model_zoo_bundle(folder)

    def change(inference: dict[str, Any]) -> None:
        names = {transform["_target_"] for transform in changed}
        transforms = inference[block]["transforms"]
        inference[block]["transforms"] = [*changed, *(one for one in transforms if one["_target_"] not in names)]

    _edit(folder, "inference.json", change)
    return folder


def test_axes_and_spacing_of_a_model_zoo_bundle_are_followed(tmp_path: Path) -> None:
    turned = {"_target_": "monai.transforms.Orientationd", "keys": "image", "axcodes": "RAS"}
    coarser = {"_target_": "Spacingd", "keys": ["image"], "pixdim": [2, 2.0, 2], "mode": "bilinear"}
    folder = _changed_zoo_bundle(tmp_path / "zoo", "preprocessing", [turned, coarser])
    specification = load_bundle(folder).specification
    assert (specification.orientation, specification.spacing_mm) == ("RAS", 2.0)


@pytest.mark.parametrize(
    ("block", "changed", "named"),
    [
        ("preprocessing", {"_target_": "Orientationd", "axcodes": "RAL"}, "RAL"),
        ("preprocessing", {"_target_": "Orientationd", "axcodes": "@axes"}, "@axes"),
        ("preprocessing", {"_target_": "Orientationd", "as_closest_canonical": True}, "as_closest_canonical"),
        ("preprocessing", {"_target_": "Spacingd", "pixdim": [1, 1, 3]}, "[1, 1, 3]"),
        ("preprocessing", {"_target_": "Spacingd", "pixdim": "$2"}, "$2"),
        ("preprocessing", {"_target_": "ScaleIntensityRanged", "a_min": 0}, "ScaleIntensityRanged"),
        ("preprocessing", {"_target_": "NormalizeIntensityd", "channel_wise": True}, "nonzero"),
        ("preprocessing", {"_target_": "NormalizeIntensityd", "nonzero": True}, "channel_wise"),
        ("postprocessing", {"_target_": "Activationsd", "softmax": True}, "sigmoid"),
        ("postprocessing", {"_target_": "AsDiscreted", "argmax": True}, "threshold"),
        ("postprocessing", {"_target_": "AsDiscreted", "threshold": 0.3}, "threshold"),
        ("postprocessing", {"_target_": "KeepLargestConnectedComponentd"}, "KeepLargestConnectedComponentd"),
    ],
)
def test_what_a_model_zoo_bundle_does_otherwise_is_refused_by_name(
    block: str, changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    folder = _changed_zoo_bundle(tmp_path / "zoo", block, [{"keys": "image", **changed}])
    with pytest.raises(BundleError, match=re.escape(named)):
        load_bundle(folder)


def test_a_name_that_is_no_bundle_is_answered_with_those_that_are() -> None:
    with pytest.raises(BundleError, match=r"'glioma-42'.*glioma-synthetic"):
        load_bundle("glioma-42")


def test_weights_with_another_hash_are_refused_with_both_hashes(bundle_folder: Path) -> None:
    weights = bundle_folder / "models" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    expected = json.loads((bundle_folder / "configs/metadata.json").read_text())["brats_segmenter"]["sha256"]
    with pytest.raises(BundleError, match=rf"model.safetensors.*'tiny'.*SHA256 is [0-9a-f]{{64}}, expected {expected}"):
        load_bundle(bundle_folder)


def test_weights_that_change_after_the_bundle_was_loaded_are_refused(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    bundle.weights.write_bytes(b"other")
    with pytest.raises(BundleError, match="not the ones"):
        bundle.load_network()


@pytest.mark.parametrize("file", ["configs/metadata.json", "configs/inference.json", "models/model.safetensors"])
def test_a_missing_file_is_named(bundle_folder: Path, file: str) -> None:
    (bundle_folder / file).unlink()
    with pytest.raises(BundleError, match=Path(file).name):
        load_bundle(bundle_folder)


def test_a_bundle_of_a_newer_format_is_refused(bundle_folder: Path) -> None:
    _edit(bundle_folder, "metadata.json", lambda metadata: metadata["brats_segmenter"].update(format=2))
    with pytest.raises(BundleError, match="format 2; this version reads 1"):
        load_bundle(bundle_folder)


@pytest.mark.parametrize("target", ["os.system", "builtins.eval", "monai.networks.nets.Nonsense"])
def test_only_known_networks_are_built(bundle_folder: Path, target: str) -> None:
    _edit(bundle_folder, "inference.json", lambda inference: inference["network_def"].update(_target_=target))
    with pytest.raises(BundleError, match=f"unknown network '{target}'"):
        load_bundle(bundle_folder).load_network()


def test_code_in_the_description_of_the_network_is_refused_and_never_run(bundle_folder: Path, tmp_path: Path) -> None:
    code = f"$open({str(tmp_path / 'run')!r}, 'w')"
    _edit(bundle_folder, "inference.json", lambda inference: inference["network_def"].update(channels=[4, code]))
    with pytest.raises(BundleError, match="code to be run"):
        load_bundle(bundle_folder)
    assert not (tmp_path / "run").exists()


def test_weights_outside_the_bundle_are_refused(bundle_folder: Path) -> None:
    _edit(bundle_folder, "metadata.json", lambda m: m["brats_segmenter"].update(weights="../../etc/passwd"))
    with pytest.raises(BundleError, match="which of its own files"):
        load_bundle(bundle_folder)


def test_a_pickle_that_would_run_code_is_not_loaded(tmp_path: Path) -> None:
    class Malice:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "run",))

    folder = tmp_path / "zoo"
    model_zoo_bundle(folder)
    weights = folder / "models" / "model.pt"
    weights.write_bytes(pickle.dumps(Malice(), protocol=2))
    digest = hashlib.md5(weights.read_bytes(), usedforsecurity=False).hexdigest()
    (folder / "large_files.yml").write_text(
        f"large_files:\n- {{path: models/model.pt, hash_val: {digest}, hash_type: md5}}"
    )
    with pytest.raises(BundleError, match=r"model.pt.*cannot be loaded"):
        load_bundle(folder).load_network()
    assert not (tmp_path / "run").exists()


def test_a_model_zoo_bundle_without_a_stated_hash_is_refused(tmp_path: Path) -> None:
    model_zoo_bundle(tmp_path / "zoo")
    (tmp_path / "zoo" / "large_files.yml").unlink()
    with pytest.raises(BundleError, match="does not state the hash"):
        load_bundle(tmp_path / "zoo")


def test_weights_that_do_not_fit_the_network_are_refused(bundle_folder: Path) -> None:
    _edit(bundle_folder, "inference.json", lambda inference: inference["network_def"].update(channels=[4, 6, 10]))
    with pytest.raises(BundleError, match="do not fit"):
        load_bundle(bundle_folder).load_network()


def test_unknown_channels_are_named(bundle_folder: Path) -> None:
    _edit(
        bundle_folder,
        "metadata.json",
        lambda m: m["network_data_format"]["inputs"]["image"]["channel_def"].update({"0": "DWI"}),
    )
    with pytest.raises(BundleError, match=r"inputs.image.channel_def"):
        load_bundle(bundle_folder)


def test_slicers_own_process_can_import_the_package_without_torch() -> None:
    code = "import sys, BratsSegmenterLib.segmentation as s; s.available_bundles(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
