"""Memorization capacity, small: strings, bits against the loss, tables against plain numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from infonb import training
from infonb.experiments import MemorizationCapacity
from infonb.experiments.memorization_capacity import (
    answer_words,
    capacity_table,
    convergence_words,
    explore_capacity,
    information_words,
    plot_capacity,
    plot_convergence,
    plot_information,
    plot_recited,
    plot_totals,
)
from infonb.experiments.memorization_capacity.capacity import bits_along, exponent, last_growth
from infonb.experiments.memorization_capacity.claims import rows_of
from infonb.experiments.memorization_capacity.live import plot_choice
from infonb.experiments.memorization_capacity.measures import (
    bits_and_recital,
    most_bits,
    parameters_of,
)
from infonb.experiments.memorization_capacity.training import (
    one_after_the_other,
    random_strings,
    train,
)
from infonb.networks import language_model
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {
    "cache": "none", "size": [8, 10, 12], "n_strings": [10, 40], "seed": [0, 1], "vocabulary": 64,
    "n_held_out": 40, "steps": 30, "warmup": 3, "mi_neurons": 6, "bins": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def experiment() -> MemorizationCapacity:
    return MemorizationCapacity(**SMALL)


@pytest.fixture(scope="module")
def runs(experiment: MemorizationCapacity) -> xr.Dataset:
    return experiment.run(progress=False)


class Even(nn.Module):
    """Finds all tokens equally likely, but for a table of strings that it knows."""

    def __init__(self, known: np.ndarray, vocabulary: int) -> None:
        super().__init__()
        self.embed_in = nn.Embedding(vocabulary, 2)
        self.other = nn.Linear(3, 1)
        self.known, self.vocabulary = torch.from_numpy(known), vocabulary

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(*tokens.shape, self.vocabulary)
        for row, string in enumerate(tokens):
            for one in self.known:
                if len(string) <= len(one) and bool((one[: len(string)] == string).all()):
                    for at in range(min(len(string), len(one) - 1)):
                        logits[row, at, one[at + 1]] = 1000.0
        return logits


def test_strings_are_nested_and_of_two_streams() -> None:
    few, many = (random_strings(n, 6, 32, seed=3, stream=0).tokens.values for n in (5, 50))
    np.testing.assert_array_equal(many[:5], few)
    other = random_strings(50, 6, 32, seed=3, stream=1).tokens.values
    assert not {tuple(one) for one in many} & {tuple(one) for one in other}
    assert (
        np.bincount(random_strings(2000, 8, 4, seed=0, stream=0).tokens.values.ravel()) > 3800
    ).all()
    assert not np.array_equal(many, random_strings(50, 6, 32, seed=4, stream=0).tokens.values)


def test_the_data_of_all_levels_share_the_null(experiment: MemorizationCapacity) -> None:
    one, other = (experiment.data(level, 1) for level in ((8, 10), (12, 40)))
    xr.testing.assert_identical(one["held_out"], other["held_out"])
    assert one["train"].sizes["sample"] == 10
    np.testing.assert_array_equal(one["train"].tokens, other["train"].tokens[:10])


def test_bits_of_a_model_that_knows_some_strings_and_nothing_else() -> None:
    data = {
        "train": random_strings(6, 5, 16, seed=0, stream=0),
        "held_out": random_strings(7, 5, 16, seed=0, stream=1),
    }
    model = Even(data["train"].tokens.values[:4], 16)
    found = bits_and_recital(model, data, vocabulary=16, prompt=2)
    np.testing.assert_allclose(found.bits, [16, 16, 16, 16, 0, 0], atol=1e-9)  # 4 tokens of 4 bits
    assert float(found.total_bits) == pytest.approx(64)
    assert float(found.string_bits) == 16
    np.testing.assert_allclose(found.bits_each, [64 / 6, 0], atol=1e-9)
    assert found.recited.sel(group="trained") == pytest.approx(4 / 6)
    assert found.recited.sel(group="held out") == 0
    assert int(found.n_parameters) == 32 + 4
    assert int(found.n_inner_parameters) == 4
    assert float(found.bits_per_parameter) == pytest.approx(64 / 36)
    assert float(found.bits_per_inner_parameter) == pytest.approx(16)


def test_at_most_is_held_what_the_first_tokens_do_not_leave_open() -> None:
    """Of two strings that begin alike one bit stays open; a string and its copy are one."""
    tokens = xr.DataArray([[0, 1, 2], [0, 3, 3], [1, 1, 1], [1, 1, 1], [2, 0, 0]])
    tokens = tokens.rename(dim_0="sample", dim_1="position")
    assert float(most_bits(tokens, 4)) == pytest.approx(5 * 4 - 2)
    assert float(most_bits(tokens[2:3], 4)) == 4
    strings = random_strings(300, 8, 128, seed=0, stream=0).tokens
    counts = np.bincount(strings.values[:, 0])
    expected = 300 * 49 - sum(n * math.log2(n) for n in counts if n)
    assert float(most_bits(strings, 128)) == pytest.approx(expected)


def test_parameters_are_counted_with_and_without_those_of_tokens() -> None:
    model = language_model(vocabulary=64, hidden=8, layers=1, length=8)
    whole, inner = parameters_of(model)
    assert whole == sum(one.numel() for one in model.parameters())
    # two norms, qkv and its output, two layers of the MLP, the last norm
    block = 4 * 8 + (8 * 24 + 24) + (64 + 8) + (8 * 32 + 32) + (32 * 8 + 8)
    assert inner == block + 16
    assert whole - inner == 2 * 64 * 8


def test_heads_are_as_told_or_of_width_four(experiment: MemorizationCapacity) -> None:
    assert [experiment.heads_of(size) for size in (8, 9, 10, 12, 16)] == [2, 1, 2, 3, 4]
    assert MemorizationCapacity(heads=2).heads_of(16) == 2
    network = experiment.train((12, 10), 0, experiment.data((12, 10), 0))[0]
    assert network.config.num_attention_heads == 3  # type: ignore[union-attr]


def test_the_mlp_sees_what_attention_found() -> None:
    """Behind the attention the MLP depends on the tokens before; beside it, it does not."""
    tokens = torch.tensor([[1, 2, 3], [4, 5, 3]])

    def of_last(model: nn.Module) -> torch.Tensor:
        found = []
        hook = model.gpt_neox.layers[0].mlp.register_forward_hook(  # type: ignore[union-attr]
            lambda module, given, output: found.append(output[:, -1])
        )
        with torch.no_grad():
            model(tokens)
        hook.remove()
        return found[0]

    beside = of_last(language_model(vocabulary=8, hidden=8, layers=1, spread=0.5))
    behind = of_last(
        one_after_the_other(language_model(vocabulary=8, hidden=8, layers=1, spread=0.5))
    )
    # to rounding: sums of two rows need not go in one order
    torch.testing.assert_close(beside[0], beside[1], atol=1e-5, rtol=0)
    assert float((behind[0] - behind[1]).abs().max()) > 1e-3


def test_a_training_that_is_broken_off_goes_on(
    tmp_path: Any, experiment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    strings = experiment.data((8, 10), 0)["train"]
    options: dict[str, Any] = {
        "learning_rate": 0.05, "warmup": 4, "seed": 0, "progress": False,
    }  # fmt: skip

    def made() -> nn.Module:
        return one_after_the_other(language_model(vocabulary=64, hidden=8, layers=1, length=8))

    whole, again = made(), made()
    history = train(whole, strings, steps=120, checkpoint=None, **options)
    fitted = training.fit

    def broken_off(*given: Any, **keys: Any) -> xr.Dataset:
        def stop(epoch: int, values: dict[str, float]) -> None:
            if epoch == 105:
                raise KeyboardInterrupt

        return fitted(*given, **keys, callback=stop)

    # the rate falls over the whole length: what is broken off must have the same
    monkeypatch.setattr(training, "fit", broken_off)
    with pytest.raises(KeyboardInterrupt):
        train(again, strings, steps=120, checkpoint=tmp_path / "run", **options)
    monkeypatch.undo()
    resumed = made()
    found = train(resumed, strings, steps=120, checkpoint=tmp_path / "run", **options)
    np.testing.assert_array_equal(found.train_loss, history.train_loss)
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_bits_are_those_of_the_loss(runs: xr.Dataset) -> None:
    """The course by the loss ends where the trained networks are measured: the rate is 0 there."""
    course = bits_along(runs)
    assert course.dims == ("size", "n_strings", "seed", "epoch")
    np.testing.assert_allclose(course.isel(epoch=-1), runs.total_bits, rtol=0.03)
    at = {"size": 8, "n_strings": 40, "seed": 1}
    by_hand = 40 * 7 * (math.log(64) - float(runs.train_loss.sel(at)[-1])) / math.log(2)
    assert float(course.sel(at)[-1]) == pytest.approx(by_hand)
    assert (
        abs(course.isel(epoch=0)).max() < 0.1 * runs.total_bits.min()
    )  # nothing is known at first
    np.testing.assert_allclose(runs.bits.sum("string"), runs.total_bits)


def test_the_capacity_is_the_largest_total(runs: xr.Dataset) -> None:
    largest = np.max(runs.total_bits.transpose("n_strings", "size", "seed").values, axis=0)
    np.testing.assert_array_equal(runs.capacity.transpose("size", "seed"), largest)
    one = runs.sel(size=8)
    per = largest[0] / one.n_parameters.values.ravel()[0]
    np.testing.assert_allclose(one.capacity_per_parameter, per)
    full = 40 * 7 * 6 / largest[0].mean()
    assert float(one.fullness.sel(n_strings=40)) == pytest.approx(full)
    growth = runs.total_bits.sel(n_strings=40) / runs.total_bits.sel(n_strings=10) - 1
    np.testing.assert_allclose(last_growth(runs), growth)


def test_the_exponent_of_capacities_in_proportion_is_one(runs: xr.Dataset) -> None:
    parameters = runs.n_parameters.isel(n_strings=0)
    found = exponent(runs.assign(capacity=3.6 * parameters.transpose("size", "seed")))
    np.testing.assert_allclose(found, 1)
    found = exponent(runs.assign(capacity=(2.0 * parameters**2).transpose("size", "seed")))
    np.testing.assert_allclose(found, 2)


def test_what_is_trained_on_is_held_and_nothing_else(runs: xr.Dataset) -> None:
    assert (runs.bits_each.sel(group="trained") > 5).all()
    assert (runs.bits_each.sel(group="held out") < 0).all()
    assert (runs.recited.sel(group="held out") == 0).all()
    assert float(runs.score.sel(group="held out").max()) < 0.1  # chance: 1 / 64


def test_rows_and_their_verdicts(experiment: Any, runs: xr.Dataset) -> None:
    table = experiment.claims(runs)
    by = {(one.statement, one.where): one for one in table.claims}
    held = by["a string that was trained on holds more bits than a held-out one", "8"]
    assert held.verdict == "holds"
    assert held.paper == ""
    each = by["a parameter holds at least 3.4 bits", "12"]
    assert each.verdict == "does not hold"
    assert each.here.startswith("3.40 → ")
    grown = by["of 40 strings a network holds more bits than of 10 (in 1,000)", "10"]
    assert grown.verdict == "holds"
    assert len([one for one in table.claims if "MLP neurons" in one.statement]) == 6
    assert len(rows_of([10])) < len(rows_of([10, 40]))


def test_words_and_table(experiment: Any, runs: xr.Dataset) -> None:
    said = answer_words(runs)
    assert said.startswith("**Fewer than published.**")
    mean = float(runs.capacity_per_parameter.sel(size=8).mean())
    assert f"hold {mean:.2f} [" in said
    assert "nothing is held of it" in said
    leaking = runs.assign(bits_each=runs.bits_each + 1000)
    assert "nothing is held" not in answer_words(leaking)
    assert "Of held-out strings, the null, up to " in answer_words(leaking)
    full = runs.assign(capacity_per_parameter=xr.full_like(runs.capacity_per_parameter, 3.6))
    assert answer_words(full).startswith("**Yes, as many as published at least.**")
    table = capacity_table(runs).data
    assert table.loc["width 8", "parameters"] == float(runs.n_parameters.sel(size=8).mean())
    assert table.loc["width 8", "bits a parameter"] == pytest.approx(mean)
    assert "last quarter of the 30 steps" in convergence_words(runs)
    information = information_words(experiment.claims(runs))
    assert "of 6 changes are clear" in information
    assert "MI, width 12, MLP 1: " in information
    assert information_words(experiment.claims(runs.isel(n_strings=[0]))).startswith("Too few")


def test_figures_say_what_they_show(runs: xr.Dataset) -> None:
    first = f"{float(runs.total_bits.sel(size=8, n_strings=10).mean()):,.0f}"
    assert plot_totals(runs).alt.startswith(
        f"Bits held by number of strings 10, 40: width 8 {first},"
    )
    assert "bits a parameter" in plot_capacity(runs).alt
    assert plot_convergence(runs).alt.startswith("Bits a parameter along 30 steps: width 8 ")
    assert "mutual information (nat) of width 12" in plot_information(runs).alt
    recited = float(runs.recited.sel(size=8, n_strings=10, group="trained").mean())
    assert f"share recited of width 8 {recited:.2f}, " in plot_recited(runs).alt
    chosen = plot_choice(runs, 10, 40)
    total = float(runs.total_bits.sel(size=10, n_strings=40).mean())
    assert f"Width 10, 40 strings: {total:,.0f} bit held" in chosen.alt


def test_the_null_of_the_figure_counts_each_string_by_itself(runs: xr.Dataset) -> None:
    """The mean of held-out strings is below 0, and yet some have bits by chance."""
    (line,) = (
        one for one in plot_totals(runs).axes[0].lines
        if str(one.get_label()).startswith("as many held-out")
    )  # fmt: skip
    expected = (runs.clipped_each.sel(group="held out") * runs.n_strings).mean(["seed", "size"])
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert (runs.clipped_each >= runs.bits_each).all()


def test_the_control_looks_up_what_is_there(runs: xr.Dataset) -> None:
    panel = explore_capacity(runs, interactive=False)
    assert panel.value == {"size": 8, "n_strings": 40}
    panel.set(size=12, n_strings=10)
    assert panel.value == {"size": 12, "n_strings": 10}
    with pytest.raises(ValueError, match="9"):
        explore_capacity(runs, interactive=False).set(size=9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt": 8}, "prompt must be below length, 8; not 8"),
        ({"steps": 10, "warmup": 10}, "warmup must be below steps, 10; not 10"),
        ({"vocabulary": 2, "length": 8}, "allow 256 strings, fewer than 78,000"),
        ({"k": 300}, "k must be below the number of strings that are held out, 300; not 300"),
        ({"size": [4]}, "size must be at least 8; not 4"),
        ({"size": [8, 9], "heads": 2}, "each size must be a multiple of heads, 2; not 9"),
    ],
)
def test_parameters_that_do_not_fit(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        MemorizationCapacity(**change)
