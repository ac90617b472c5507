"""The parts of a training step, each alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from learning_samples import TRAINING, small_cases
from model_samples import WITH_BRAIN, tiny_bundle
from torch import Tensor, nn

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import BratsSegmenterError, LearningError
from BratsSegmenterLib.learning.devices import learning_device
from BratsSegmenterLib.learning.training import (
    Cases,
    TrainedModel,
    TrainingCase,
    TrainingSettings,
    Untaught,
    refuse_to_export,
    validate,
)
from BratsSegmenterLib.learning.training.augmentation import augmented
from BratsSegmenterLib.learning.training.cases import replayed
from BratsSegmenterLib.learning.training.checkpoint import load_checkpoint, save_checkpoint
from BratsSegmenterLib.learning.training.log import read_losses
from BratsSegmenterLib.learning.training.optimisation import MovingAverage, learning_rate
from BratsSegmenterLib.learning.training.settings import CaseSettings, OptimisationSettings, TransferSettings
from BratsSegmenterLib.learning.training.transfer import start_from
from BratsSegmenterLib.learning.training.whole_brain import WholeBrainRecipe, output_keys, region_targets
from BratsSegmenterLib.segmentation import ResidualUNet, SecondLook, StandardScale

torch.set_num_threads(1)


class _Numbered:
    """Cases whose one image value is their number; remembers which were made."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __getitem__(self, number: int) -> TrainingCase:
        self.made.append(number)
        value = torch.full((4, 1, 1, 1), float(number))
        return TrainingCase(value, torch.zeros(1, 1, 1), torch.ones(1, 1, 1), tuple(Sequence))


def _numbers(count: int, first_step: int = 0) -> list[int]:
    settings = CaseSettings(block=4, uses=3, workers=0)
    stream = replayed(_Numbered(), settings, seed=1, first_step=first_step)
    return [int(next(stream).images[0, 0, 0, 0]) for _ in range(count)]


def test_each_case_is_used_as_often_as_the_settings_say() -> None:
    assert sorted(_numbers(24)) == sorted(list(range(8)) * 3)


@pytest.mark.parametrize("first_step", [3, 4, 9, 12, 17])
def test_the_order_of_cases_goes_on_after_an_interruption(first_step: int) -> None:
    assert _numbers(10, first_step) == _numbers(first_step + 10)[first_step:]


def test_worker_processes_give_the_same_cases_as_none(tmp_path: Path) -> None:
    cases = small_cases(tmp_path)
    alone, helped = (
        replayed(cases, CaseSettings(block=3, uses=1, workers=workers), seed=0, first_step=0) for workers in (0, 1)
    )
    for _ in range(3):
        assert torch.equal(next(alone).images, next(helped).images)


def test_the_learning_rate_rises_then_falls_to_its_final_share() -> None:
    settings = OptimisationSettings(steps=1000, learning_rate=0.01, warmup_steps=10, final_share=0.1)
    rates = [learning_rate(step, settings) for step in range(1001)]
    assert rates[0] == pytest.approx(0.001)
    assert max(rates) == pytest.approx(0.01, rel=0.01)
    assert int(np.argmax(rates)) < 20
    assert rates[-1] == pytest.approx(0.001)
    assert (np.diff(rates[20:]) < 0).all()


def test_the_moving_average_follows_the_weights() -> None:
    network = nn.Linear(1, 1)
    average = MovingAverage(network, decay=0.5)
    nn.init.constant_(network.weight, 8.0)
    for step in range(30):
        average.update(network, step)
    assert float(average.network.state_dict()["weight"]) == pytest.approx(8.0, abs=0.01)
    assert not any(parameter.requires_grad for parameter in average.network.parameters())


class _Answers(nn.Module):
    """A network that always answers the same logits."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, x: Tensor) -> Tensor:
        return self.logits


class _SeesT2(nn.Module):
    """A network that takes for whole tumour what is bright in T2."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(20.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * (x[:, 2:3] - 0.1)


class _HeldBack:
    """A small case to validate on."""

    description = ""
    problems = ()
    standard_scales: Mapping[Sequence, StandardScale] = MappingProxyType({})

    def __init__(self, cases: Cases, untaught: Untaught) -> None:
        self._cases = cases
        self.untaught = untaught

    def training(self, rank: int, size: int, device: torch.device) -> Cases:
        return self._cases

    def validation(self, count: int | None, device: torch.device) -> tuple[Cases, int]:
        return self._cases, 1


@pytest.mark.parametrize("cuda", [True, False])
def test_heads_are_made_and_learnt_from_on_the_cpu_where_there_is_no_cuda(
    monkeypatch: pytest.MonkeyPatch, cuda: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert learning_device("auto") == ("cuda" if cuda else "cpu")


@pytest.mark.parametrize("untaught", [(), (Sequence.T2,)])
def test_a_sequence_that_no_training_case_has_is_withheld_in_the_validation(
    tmp_path: Path, untaught: tuple[Sequence, ...]
) -> None:
    model = TrainedModel(replace(TRAINING, region_weights={"WT": 1.0}), _SeesT2(), 0, 0.0)
    found = validate(model, _HeldBack(small_cases(tmp_path), Untaught(sequences=untaught)))
    assert (found.scores["WT Dice"] > 0) == (not untaught)


def test_the_sequence_without_which_nothing_can_be_learnt_is_named() -> None:
    keys, blind = tuple(TRAINING.region_weights), (Sequence.T1C, Sequence.T2, Sequence.FLAIR)
    with pytest.raises(LearningError, match="has a T1c, T2 or FLAIR image, without which WT, TC, ET cannot be learnt"):
        refuse_to_export(TRAINING, Untaught(keys, blind))
    only_core = replace(TRAINING, region_weights={"TC": 1.0})
    with pytest.raises(LearningError, match="has a T1c image, without which TC cannot be learnt"):
        refuse_to_export(only_core, Untaught(keys, (Sequence.T1C, Sequence.T2)))
    with pytest.raises(LearningError, match="No training case shows what the network is to find: TC"):
        refuse_to_export(only_core, Untaught(keys, (Sequence.T2,)))


def _plain(**changes: float) -> TrainingSettings:
    return replace(TRAINING, cases=replace(TRAINING.cases, mirror=False, drop_sequence=0.0, **changes))


def test_the_loss_is_small_for_the_truth_and_large_for_its_opposite(tmp_path: Path) -> None:
    recipe, case = WholeBrainRecipe(_plain()), small_cases(tmp_path)[0]
    truth = 20 * (2 * region_targets(case, recipe.outputs)[None] - 1)
    right, wrong = (float(recipe.loss(_Answers(logits), case, np.random.default_rng(0))) for logits in (truth, -truth))
    assert right < 0.01
    assert wrong > 5


def test_enhancing_tumour_is_not_asked_for_without_t1c(tmp_path: Path) -> None:
    recipe, case = WholeBrainRecipe(_plain()), small_cases(tmp_path)[0]
    blind = replace(case, present=(Sequence.T1, Sequence.T2, Sequence.FLAIR))
    truth = 20 * (2 * region_targets(case, recipe.outputs)[None] - 1)
    truth[:, recipe.outputs.index("ET")] *= -1
    seeing, blinded = (float(recipe.loss(_Answers(truth), each, np.random.default_rng(0))) for each in (case, blind))
    assert blinded < 0.01 < seeing


def test_an_unknown_region_is_refused_by_name() -> None:
    with pytest.raises(LearningError, match="XY"):
        WholeBrainRecipe(replace(TRAINING, region_weights={"WT": 1.0, "XY": 1.0}))


def test_a_second_look_at_a_region_that_is_not_trained_is_refused() -> None:
    looks = (SecondLook((Sequence.T1C,), ("WT", "RC")),)
    with pytest.raises(LearningError, match="'RC', which is not trained"):
        WholeBrainRecipe(replace(TRAINING, region_weights={"WT": 1.0}, second_looks=looks))


def test_augmentation_repeats_itself_and_keeps_zero_zero(tmp_path: Path) -> None:
    case, settings = small_cases(tmp_path)[0], CaseSettings(drop_sequence=1.0)
    first, again, other = (augmented(case, settings, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert len(first.present) == 3
    assert int((first.labels > 0).sum()) == int((case.labels > 0).sum())
    outside = (case.images == 0).all(0)
    flipped = outside.flip(-1)
    assert not first.images[:, outside & flipped].any()


def test_the_sequence_that_is_blanked_is_drawn_by_its_share(tmp_path: Path) -> None:
    case = small_cases(tmp_path)[0]
    settings = CaseSettings(drop_sequence=1.0, drop_shares=(0.0, 0.0, 1.0, 3.0))
    left = [augmented(case, settings, np.random.default_rng(seed)).present for seed in range(60)]
    blanked = [next(sequence for sequence in case.present if sequence not in present) for present in left]
    assert set(blanked) == {Sequence.T2, Sequence.FLAIR}
    assert blanked.count(Sequence.FLAIR) > blanked.count(Sequence.T2)
    without_either = replace(case, present=(Sequence.T1, Sequence.T1C))
    assert augmented(without_either, settings, np.random.default_rng(0)).present == without_either.present


def _optimiser(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=0.1)


def test_every_file_of_a_checkpoint_of_the_full_network_is_under_16_mib(tmp_path: Path) -> None:
    network = ResidualUNet(out_channels=5)
    optimiser = _optimiser(network)
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    folder = save_checkpoint(tmp_path, 3, network, ResidualUNet(out_channels=5), optimiser)
    sizes = [file.stat().st_size for file in folder.iterdir()]
    assert max(sizes) < 16 * 2**20
    other = ResidualUNet(out_channels=5)
    restored = _optimiser(other)
    assert load_checkpoint(tmp_path, other, ResidualUNet(out_channels=5), restored) == 3
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))
    first = next(iter(optimiser.state.values()))["exp_avg"]
    assert torch.equal(first, next(iter(restored.state.values()))["exp_avg"])


def test_only_the_newest_checkpoint_stays_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    network, average = nn.Linear(2, 2), nn.Linear(2, 2)
    for step in (1, 2):
        save_checkpoint(tmp_path, step, network, average, _optimiser(network))
    assert [folder.name for folder in tmp_path.iterdir()] == ["step-00000002"]
    (tmp_path / "step-00000002" / "tensors-00.safetensors").write_bytes(b"damaged")
    with pytest.raises(LearningError, match="step-00000002"):
        load_checkpoint(tmp_path, network, average, _optimiser(network))


def test_a_checkpoint_that_memory_does_not_suffice_for_is_not_called_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, average = nn.Linear(2, 2), nn.Linear(2, 2)
    save_checkpoint(tmp_path, 1, network, average, _optimiser(network))

    def refuse(*_arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(average, "load_state_dict", refuse)
    with pytest.raises(BratsSegmenterError, match="Close other programs, then try again"):
        load_checkpoint(tmp_path, network, average, _optimiser(network))


def test_the_only_checkpoint_is_never_away_and_what_a_kill_left_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, average = nn.Linear(2, 2), nn.Linear(2, 2)
    save_checkpoint(tmp_path, 1, network, average, _optimiser(network))
    (tmp_path / ".unfinished-1").mkdir()
    monkeypatch.setattr(os, "replace", lambda *_: pytest.fail("a kill here would lose it"))
    save_checkpoint(tmp_path, 1, network, average, _optimiser(network))
    assert [folder.name for folder in tmp_path.iterdir()] == ["step-00000001"]
    assert load_checkpoint(tmp_path, network, average, _optimiser(network)) == 1


def test_a_frozen_encoder_stays_as_it_is_while_the_decoder_learns(tmp_path: Path) -> None:
    recipe, case = WholeBrainRecipe(TRAINING), small_cases(tmp_path)[0]
    network = recipe.network()
    start_from(replace(TRAINING, transfer=TransferSettings(freeze_encoder=True)), network)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    optimiser = _optimiser(network)
    recipe.loss(network, case, np.random.default_rng(0)).backward()
    optimiser.step()
    changed = {
        name.split(".")[0] for name, values in network.state_dict().items() if not torch.equal(values, before[name])
    }
    assert changed == {"upsampling", "decoder", "heads"}


@pytest.mark.parametrize("outputs", [("WT", "TC", "ET", "RC", "brain"), ("WT", "ET"), ("ET", "NCR")])
def test_a_head_goes_on_from_the_head_of_the_same_name(outputs: tuple[str, ...], tmp_path: Path) -> None:
    parent = tiny_bundle(tmp_path / "parent", WITH_BRAIN)
    known = parent.load_network().heads[0].bias.detach()
    settings = replace(
        TRAINING, region_weights=dict.fromkeys(outputs, 1.0), transfer=TransferSettings(str(parent.folder))
    )
    network = WholeBrainRecipe(settings).network()
    at_random = network.heads[0].bias.detach().clone()
    start_from(settings, network)
    for key, before, after in zip(output_keys(settings), at_random, network.heads[0].bias, strict=True):
        theirs = {"WT": 0, "TC": 1, "ET": 2, "brain": 3}.get(key)
        assert after == (before if theirs is None else known[theirs])


@pytest.mark.parametrize("torn", ["3", "3,0.5", "3,0.5,", "3,0.5,1e-", "\0\0\0", "3,0.,5,1"])
def test_a_line_of_the_losses_that_a_crash_cut_short_ends_them(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "losses.csv"
    file.write_text(f"step,loss,learning_rate\n1,0.5,0.002\n2,0.4,0.002\n{torn}")
    assert read_losses(file) == [(1, 0.5, 0.002), (2, 0.4, 0.002)]
