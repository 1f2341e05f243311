"""Predictable memorization, small: the steps against what is known, tables against plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

from infonb.experiments import PredictableMemorization
from infonb.experiments.predictable_memorization import (
    answer_words,
    checks_table,
    compute_words,
    equal_compute,
    explore_predictable,
    information_words,
    plot_by_copies,
    plot_groups,
    plot_prediction,
    plot_scaling,
    recommended,
    score_sequences,
    sizes_table,
    typeset,
)
from infonb.experiments.predictable_memorization.claims import rows_of
from infonb.experiments.predictable_memorization.measures import activations_of, folded, unfolded
from infonb.experiments.predictable_memorization.prediction import (
    precision_of_copies,
    share_by_copies,
    with_prediction,
)
from infonb.experiments.predictable_memorization.sizes import control_of, in_order, largest
from infonb.experiments.predictable_memorization.training import train_along
from infonb.networks import greedy_continuation, language_model
from infonb.parameters import ParameterError

pytest.importorskip("transformers", reason="extra 'hub' not installed")

SMALL: dict[str, Any] = {
    "cache": "none", "size": ["8", "16", "24", "24 once"], "seed": [0, 1], "copies": [1, 8, 64],
    "n_each": 5, "n_background": 120, "n_held_out": 12, "vocabulary": 16, "length": 10, "prompt": 4,
    "prompts": [3, 6], "layers": 2, "batch_size": 8, "checkpoints": [0.2, 0.5, 1.0],
    "mi_neurons": 6, "bins": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def experiment() -> PredictableMemorization:
    return PredictableMemorization(**SMALL)


@pytest.fixture(scope="module")
def runs(experiment: PredictableMemorization) -> xr.Dataset:
    return experiment.run(progress=False)


def made_up() -> xr.Dataset:
    """Return runs of two sizes, two checkpoints and one seed, whose memory is set by hand."""
    # 10 planted sequences; the paper's hand case: predicted 1110000000, true 1101111000
    told = np.zeros((3, 1, 2, 12), bool)
    told[0, 0, 1] = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    told[1, 0, 0] = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    told[1, 0, 1] = [1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    told[2, 0, 1] = True
    first = np.tile(np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 3, -1]), (3, 1, 1))
    return xr.Dataset(
        {
            "memorized": (("size", "seed", "checkpoint", "sample"), told),
            "first_seen": (("size", "seed", "sample"), first),
            "n_parameters": (("size", "seed"), [[2], [4], [4]]),
            "n_tokens": (("size", "seed", "checkpoint"), np.tile([10, 20], (3, 1, 1))),
            "n_windows": (("size", "seed", "checkpoint"), np.tile([4, 8], (3, 1, 1))),
        },
        {
            "size": np.array(["8", "16", "16 once"], object), "seed": [0],
            "checkpoint": [0.5, 1.0], "sample": np.arange(12),
            "role": ("sample", np.array(["planted"] * 10 + ["background", "held_out"], object)),
            "planted": ("sample", [1] * 5 + [8] * 5 + [0, 0]),
        },
    )  # fmt: skip


def test_sizes_are_words() -> None:
    sizes = ["64 once", "128", "16", "64", "16 once"]
    assert in_order(sizes) == ["16", "64", "128"]
    assert largest(sizes) == "128"
    assert control_of(sizes) == "64 once"
    assert control_of(["16"]) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": ["x"]}, "size must be 'WIDTH'.*; not 'x'"),
        ({"size": ["16 twice"]}, "not '16 twice'"),
        ({"size": ["1"]}, "not '1'"),
        ({"size": ["50"]}, "'50' must be a multiple of its heads, 3"),
        ({"size": ["16 once"]}, "one without 'once'"),
        ({"size": ["16", "016"]}, "a width twice"),
        ({"layers": 1}, "layers must be"),
        ({"copies": [1]}, "a level above 1"),
        ({"prompt": 16}, "below length, 16; not 16"),
        ({"prompts": [4, 20]}, "not 20"),
        ({"k": 60}, "k must be below the number of sequences of each group"),
        ({"checkpoints": [0.5, 0.2, 1.0]}, "must rise to 1"),
        ({"checkpoints": [0.2, 0.5]}, "must rise to 1"),
        ({"checkpoints": [0.5, 0.5001, 1.0]}, "a step or more apart"),
    ],
)
def test_bad_parameters_are_one_line(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        PredictableMemorization(**change)


def test_all_sizes_see_one_corpus_and_the_control_each_sequence_once(
    experiment: PredictableMemorization,
) -> None:
    small, large, once = (experiment.data(size, 0) for size in ("8", "24", "24 once"))
    assert small["train"].identical(large["train"])
    assert once["train"].sizes == large["train"].sizes
    asked, control = large["sequences"], once["sequences"]
    where = asked["role"].values == "planted"
    np.testing.assert_array_equal(asked.tokens[where], control.tokens[where])
    assert asked.n_copies.values[where].tolist() == [1] * 5 + [8] * 5 + [64] * 5
    assert asked["planted"].values.tolist() == [1] * 5 + [8] * 5 + [64] * 5 + [0] * 36
    np.testing.assert_array_equal(control["planted"], asked["planted"])
    assert (control.n_copies.values[where] == 1).all()
    windows = [tuple(row) for row in large["train"].tokens.values.tolist()]
    for sample in (0, 7, 14):
        row = tuple(asked.tokens.values[sample].tolist())
        assert windows.count(row) == asked.n_copies.values[sample]
        assert windows.index(row) == asked.first_seen.values[sample]


def test_a_training_is_the_same_in_parts_and_goes_on_after_a_kill(tmp_path) -> None:
    rows = xr.DataArray(
        np.random.default_rng(0).integers(8, size=(100, 6)), dims=("sample", "position")
    )
    options: dict[str, Any] = {
        "batch_size": 8, "learning_rate": 0.01, "warmup": 3, "decay": 0.01, "seed": 0,
    }  # fmt: skip

    def train(stops: list[int], **more: Any):
        model = language_model(vocabulary=8, hidden=8, layers=1, length=6)
        return train_along(model, rows, stops, **options, **more)

    def weights(model) -> torch.Tensor:
        return torch.cat([one.detach().flatten() for one in model.parameters()])

    (whole,), history = train([13])
    parts, pieces = train([4, 9, 13])
    assert torch.equal(weights(whole), weights(parts[-1]))
    assert not torch.equal(weights(parts[0]), weights(parts[1]))
    losses = (pieces.train_loss.values * [32, 40, 28]).sum() / 100
    assert float(history.train_loss[0]) == pytest.approx(losses, rel=1e-6)

    class Killed(Exception):
        pass

    from infonb.training import fitting

    calls, real = [], fitting.objective_epoch

    def dying(*args: Any):
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return real(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "objective_epoch", dying)
        with pytest.raises(Killed):
            train([4, 9, 13], checkpoint=tmp_path)
    calls.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "objective_epoch", lambda *a: (calls.append(1), real(*a))[1])
        again, resumed = train([4, 9, 13], checkpoint=tmp_path)
    assert len(calls) == 1  # the two parts that were done are read
    for one, other in zip(parts, again, strict=True):
        assert torch.equal(weights(one), weights(other))
    np.testing.assert_array_equal(resumed.train_loss, pieces.train_loss)


def test_a_fiftieth_of_the_rate_is_left_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from infonb.training.warm_up import WarmAdamW

    rates, real = [], WarmAdamW.step

    def watched(self: WarmAdamW, closure: Any = None) -> Any:
        found = real(self, closure)
        rates.append(self.param_groups[0]["lr"])
        return found

    monkeypatch.setattr(WarmAdamW, "step", watched)
    rows = xr.DataArray(np.zeros((200, 4), int), dims=("sample", "position"))
    train_along(
        language_model(vocabulary=2, hidden=2, layers=1, length=4), rows, [20, 100], batch_size=2,
        learning_rate=0.01, warmup=5, decay=0.0, seed=0,
    )  # fmt: skip
    assert len(rates) == 100
    assert max(rates) == rates[4] == pytest.approx(0.01)
    assert 0.0002 < rates[-1] < 0.0004


def test_prediction_is_that_of_the_hand_case() -> None:
    found = with_prediction(made_up())
    small = found.sel(size="8", seed=0).isel(checkpoint=1)
    # sequences 0 … 9 and the background; the held-out one, which a model guessed, does not count
    assert float(small.precision) == pytest.approx(2 / 3)
    assert float(small.recall) == pytest.approx(2 / 6)
    assert (int(small.n_predicted), int(small.n_truth), int(small.n_both)) == (3, 6, 2)
    early = found.sel(size="8", seed=0).isel(checkpoint=0)
    assert np.isnan(early.precision)
    assert float(early.recall) == 0
    # seen before window 4: sequences 0 to 3, and the background
    assert float(small.n_truth_seen) == 3
    assert float(small.recall_seen) == pytest.approx(2 / 3)
    assert found.flops.sel(size="8").values.tolist() == [120, 240]
    assert found.compute_share.sel(size=["8", "16"]).values.tolist() == [[0.25, 0.5], [0.5, 1.0]]
    assert found.precision.sel(size="16 once").isnull().all()
    both = equal_compute(found)
    assert both.sel(size="8", seed=0).values.tolist() == [1.0, pytest.approx(2 / 3)]
    share = share_by_copies(found).sel(size="16", seed=0).isel(checkpoint=1)
    assert share.values.tolist() == [0.8, 0.4]
    table = recommended(found, (0.2, 0.3, 0.6))
    assert table.index.tolist() == ["60 %"]  # for 20 and 30 % nothing is foretold
    assert table.loc["60 %", ["width", "trained for", "recall"]].tolist() == ["16", "50 %", 1.0]
    assert "At equal compute 0 of 1 finished smaller models recall more" in compute_words(found)


def judged_made_up(*, background: bool = False) -> xr.Dataset:
    """Return the made-up runs with all that the answer reads; the background recited or not."""
    runs = made_up()
    runs.memorized[1, 0, 1, 10] = background
    found = with_prediction(runs)
    share = share_by_copies(found)
    most = share.sel(size="16", drop=True).mean("copies")
    return found.assign(share=share, share_of_largest=most)


def test_precision_stands_beside_a_guess_and_the_copies_alone() -> None:
    runs = judged_made_up()
    # three are told: of the five with most copies the truth has two
    assert float(precision_of_copies(runs, "8").sel(seed=0)) == pytest.approx(2 / 5)
    # six: all of these five, and one of the others, of which four fifths are true
    assert float(precision_of_copies(runs, "16").sel(seed=0)) == pytest.approx((2 + 0.8) / 6)
    nothing = runs.assign(memorized=xr.zeros_like(runs.memorized))
    assert np.isnan(precision_of_copies(nothing, "8")).all()
    words = answer_words(runs)
    assert "a guess among the planted ones would have 0.60 right" in words
    assert "tells those with the most, 0.40." in words
    null = [one for one in plot_prediction(runs).axes[0].lines if "null" in one.get_label()]
    assert null[0].get_ydata() == pytest.approx([0.6, 0.6])
    guess, misses = (row.claims(runs, "size")[0] for row in rows_of(["8", "16"])[:2])
    assert "more precisely than a guess" in guess.statement
    assert not guess.of_paper
    assert guess.effect == pytest.approx([2 / 3 - 0.6])
    # which holds whenever less is predicted than is true: no statement about precision
    assert "misses more than it claims wrongly" in misses.statement
    assert misses.effect == pytest.approx([2 / 3 - 2 / 6])
    # the paper speaks of equal compute above a tenth of the budget
    for costly in ([], ["8"]):
        (equal,) = (
            one for one in rows_of(["8", "16"], costly=costly) if "as much" in one.statement
        )
        assert equal.claims(runs, "size")[0].of_paper == bool(costly)


@pytest.mark.parametrize("background", [False, True])
def test_recited_background_is_not_counted_as_planted(*, background: bool) -> None:
    runs = judged_made_up(background=background)
    assert int(runs.n_truth.sel(size="16", seed=0)[-1]) == 6 + background
    words = f"recites 6 of the 10 planted sequences word for word, and {background:d} of 1 back"
    assert words in answer_words(runs)


def test_where_nothing_is_memorized_nothing_is_claimed() -> None:
    runs = made_up()
    runs["memorized"] = xr.zeros_like(runs.memorized)
    found = with_prediction(runs)
    share = share_by_copies(found)
    found = found.assign(share=share, share_of_largest=share.sel(size="16").mean("copies"))
    words = answer_words(found)
    assert words.startswith("**Nothing to foretell.** The largest model (width 16) recites 0 of")
    assert "nan" not in words
    assert "nothing (nothing)" not in words
    assert recommended(found).empty
    assert compute_words(found) == ""
    assert plot_scaling(found).alt.endswith("best for a budget: none, nothing is memorized.")
    assert typeset(pd.DataFrame({"met": [True, None]})).to_html().count(">–<") == 1


def test_a_first_checkpoint_before_all_planted_ones_is_refused_before_any_training() -> None:
    options = SMALL | {"copies": [1, 2], "n_background": 5000, "checkpoints": [0.001, 1.0]}
    with pytest.raises(ParameterError, match=r"checkpoints: the first, 0.001, has seen 8 windows"):
        PredictableMemorization(**options).data("16", 0)
    PredictableMemorization(**options).data("24 once", 0)


def test_groups_lie_beside_each_other_in_one_ruler() -> None:
    rng = np.random.default_rng(0)
    acts = xr.DataArray(
        rng.normal(size=(4, 2, 3, 20)),
        {"group": ["planted", "background", "held_out", "new"], "layer": ["block 1", "block 2"]},
        ("group", "layer", "neuron", "place"),
    )
    flat = folded(acts)
    assert flat.layer.values.tolist()[:3] == [
        "planted | block 1", "planted | block 2", "background | block 1",
    ]  # fmt: skip
    assert unfolded(flat).rename(sample="place").equals(acts.transpose(*flat.dims[:0], ...))


def test_neurons_are_those_of_the_last_token_of_the_prompt(
    experiment: PredictableMemorization,
) -> None:
    asked = experiment.data("16", 0)["sequences"]
    model = language_model(vocabulary=16, hidden=16, length=10)
    found = activations_of(model, asked, prompt=4, n=6)
    assert dict(found.sizes) == {"group": 4, "layer": 1, "neuron": 64, "place": 6}
    most = asked.isel(sample=slice(10, 15)).tokens  # with the most copies
    block = model.gpt_neox.layers[1]  # the first one's MLP reads the last token alone
    with torch.no_grad():
        tokens = torch.from_numpy(most.values[:, :4])
        states = model(tokens, output_hidden_states=True).hidden_states[1]
        expected = block.mlp.dense_h_to_4h(block.post_attention_layernorm(states))[:, -1]
    np.testing.assert_allclose(
        found.sel(group="planted").isel(layer=0, place=slice(5)), expected.T, atol=1e-5
    )


@pytest.mark.slow
def test_runs_are_those_of_the_face(experiment: PredictableMemorization, runs: xr.Dataset) -> None:
    one = experiment.one("24", 1)
    asked = one.data["sequences"]
    here = runs.sel(size="24", seed=1)
    for at, model in enumerate(one.model):
        said = greedy_continuation(model, asked.tokens, prompt=4, n=6)
        right = said.values == asked.tokens.values[:, 4:]
        np.testing.assert_allclose(here.score.isel(checkpoint=at), right.mean(1))
        np.testing.assert_array_equal(here.memorized.isel(checkpoint=at), right.all(1))
    assert here.n_parameters == sum(p.numel() for p in one.model[0].parameters())
    said = greedy_continuation(one.model[-1], asked.tokens, prompt=6, n=4)
    right = said.values == asked.tokens.values[:, 6:]
    np.testing.assert_allclose(here.score_by_prompt.sel(prompt=6), right.mean(1))
    n = one.data["train"].sizes["sample"]
    assert here.n_windows.values.tolist() == [*(8 * one for one in experiment.stops[:-1]), n]
    assert here.n_tokens.values.tolist() == [10 * w for w in here.n_windows.values.tolist()]


@pytest.mark.slow
def test_many_copies_are_memorized_and_the_null_is_not(runs: xr.Dataset) -> None:
    share = runs.share.isel(checkpoint=-1).mean("seed")
    assert float(share.sel(size="24", copies=64)) > 0.6
    assert float(share.sel(size="24", copies=1)) == 0
    assert float(share.sel(size="24 once").max()) == 0
    held_out = np.flatnonzero(runs["role"].values == "held_out")
    assert not runs.memorized.isel(sample=held_out).any()
    planted = np.flatnonzero(runs["planted"].values == 64)
    end = runs.bits.sel(size="24").isel(checkpoint=-1)
    assert float(end.isel(sample=planted).mean()) > 10 > 0 > float(end.isel(sample=held_out).mean())


@pytest.mark.slow
def test_claims_and_words(experiment: PredictableMemorization, runs: xr.Dataset) -> None:
    table = experiment.claims(runs)
    claims = {claim.statement: claim for claim in table.claims}
    copies = claims["more copies of a sequence, more of them memorized"]
    assert not copies.of_paper
    control = claims["without copies fewer of the same sequences are memorized"]
    expected = runs.share.mean("copies").isel(checkpoint=-1)
    np.testing.assert_allclose(
        control.effect, expected.sel(size="24 once") - expected.sel(size="24")
    )
    of_paper = [claim for claim in table.claims if claim.of_paper]
    assert {claim.paper for claim in of_paper} >= {"deduplicated models memorize slightly less"}
    judged = [claim for claim in table.claims if claim.rulers]
    assert len(judged) == 2, [claim.statement for claim in judged]
    assert all(set(claim.rulers) == {"common", "shared", "neuron"} for claim in judged)
    said = information_words(table)
    assert "of 4 comparisons of what it was trained on with what it has not seen" in said
    assert "Of all 10 comparisons of entropy and MI" in said
    words = answer_words(runs)
    assert "foretells" in words
    assert "Planted once each instead, none of the same sequences are memorized." in words


@pytest.mark.slow
def test_checks_and_tables(runs: xr.Dataset) -> None:
    checks = checks_table(runs)
    assert len(checks) == 11
    met = checks["met"]
    assert bool(met.iloc[-1])
    assert bool(met.filter(like="without copies").iloc[0])
    cheated = runs.assign(memorized=xr.ones_like(runs.memorized), precision=runs.precision + 1)
    bad = checks_table(cheated)["met"]
    assert not bad.filter(like="held-out and 1-copy").iloc[0]
    assert not bad.filter(like="without copies").iloc[0]
    assert not bad.iloc[-1]
    table = sizes_table(runs)
    assert table.index.tolist() == ["8", "16", "24", "24 once"]
    planted = np.flatnonzero(runs["role"].values == "planted")
    bits = runs.bits.isel(checkpoint=-1, sample=planted).sel(size="16").sum("sample").mean()
    assert table.loc["16", "bits"] == pytest.approx(float(bits))
    n = int(runs.n_parameters.sel(size="16", seed=0))
    assert table.loc["16", "bits per parameter"] == pytest.approx(float(bits) / n)


def test_tables_are_set_in_type() -> None:
    table = pd.DataFrame({"a": [-0.5, np.nan], "b": [True, False], "c": [12345, 3]}, ["x", "y"])
    html = typeset(table).to_html()
    for words in (">−0.500<", ">–<", ">yes<", ">no<", ">12,345<"):
        assert words in html


@pytest.mark.slow
def test_figures_show_what_was_measured(runs: xr.Dataset) -> None:
    picture = plot_by_copies(runs)
    lines = {line.get_label(): line.get_ydata() for line in picture.axes[0].lines}
    np.testing.assert_allclose(
        lines["width 16"], runs.share.sel(size="16").isel(checkpoint=-1).mean("seed")
    )
    assert "width 24, each once" in lines
    recall = plot_prediction(runs).axes[1]
    (line,) = [one for one in recall.lines if one.get_label() == "smaller models, finished"]
    expected = runs.recall_seen.sel(size=["8", "16"]).isel(checkpoint=-1).mean("seed")
    np.testing.assert_allclose(line.get_ydata(), expected)
    shown = plot_scaling(runs).axes[0].lines
    (best,) = [one.get_ydata() for one in shown if one.get_label() == "best for the budget"]
    assert (np.diff(best) >= 0).all()
    groups = plot_groups(runs, "24")
    assert len(groups.axes) == 2
    last = float(runs.median_mi.sel(size="24", group="planted").mean(["layer", "seed"])[-1])
    assert f"median MI (nat), planted {last:.2f} at the end".replace("-", "−") in groups.alt


@pytest.mark.slow
def test_each_control_draws_what_it_says(runs: xr.Dataset) -> None:
    panel = explore_predictable(runs, interactive=False)
    value = {"size": "8", "checkpoint": 1.0, "prompt": 4, "threshold": 1.0, "truth": "24",
             "copies": "all"}  # fmt: skip
    assert panel.value == value
    choices = [("size", "24"), ("checkpoint", 0.5), ("threshold", 0.5), ("truth", "16"),
               ("prompt", 6), ("copies", 64)]  # fmt: skip
    for control, choice in choices:
        panel.set(**{control: choice})
        value = value | {control: choice}
        assert panel.value == value
        one = runs.sel(size=value["size"])
        scores = (
            one.score.sel(checkpoint=value["checkpoint"]) if value["prompt"] == 4
            else one.score_by_prompt.sel(prompt=value["prompt"])
        )  # fmt: skip
        told = scores.isel(sample=runs["planted"].values == 64) >= value["threshold"]
        assert f"64 copies {float(told.mean()):.2f};" in panel.alt
        assert f"prompt {value['prompt']}, score {value['threshold']:g} or more" in panel.alt


@pytest.mark.slow
def test_shared_bins_are_one_range_for_all(experiment: PredictableMemorization) -> None:
    few = {"size": ["8", "16"], "seed": [0], "edges": "shared"}
    runs = PredictableMemorization(**SMALL | few).run(progress=False)
    edges = np.linspace(float(runs.activation.min()), float(runs.activation.max()), 11)
    at = runs.sel(size="8", group="new", layer="block 2").isel(seed=0, neuron=3)
    counts = np.histogram(at.activation.values, edges)[0]
    p = counts[counts > 0] / counts.sum()
    assert float(at.entropy) == pytest.approx(-(p * np.log(p)).sum())
    assert "median_entropy" not in runs
    assert len(experiment.claims(runs).claims) > 5


def test_models_of_a_folder_and_their_revisions_take_the_same_path(tmp_path) -> None:
    tokens = xr.DataArray(
        np.random.default_rng(1).integers(16, size=(6, 12)).astype(np.uint16),
        dims=("sample", "position"), coords={"sample": np.arange(50, 56)},
    )  # fmt: skip
    for revision, seed in (("step1", 1), ("step2", 2)):
        model = language_model(vocabulary=16, hidden=16, length=12, spread=0.5, seed=seed)
        model.save_pretrained(tmp_path / "tiny" / revision)
    told = tokens.copy()
    told[2, 4:10] = greedy_continuation(model, tokens, prompt=4, n=6)[2]
    found = [
        score_sequences(str(tmp_path / "tiny"), told, revision=one, prompt=4, n=6)
        for one in ("step1", "step2")
    ]
    assert found[1].memorized.values.tolist() == [False, False, True, False, False, False]
    assert float(found[1].strength[2]) >= 0.6
    assert not found[0].memorized.any()
    assert found[1]["sample"].values.tolist() == list(range(50, 56))
    assert found[1].attrs["dtype"] == "float32"
    xr.testing.assert_identical(score_sequences(model, told, prompt=4, n=6), found[1])
    whole = score_sequences(model, told, prompt=4, n=None)
    assert float(whole.score[2]) >= 0.75
    with pytest.raises(FileNotFoundError, match="it has step1, step2"):
        score_sequences(str(tmp_path / "tiny"), told, revision="step3")
    with pytest.raises(ValueError, match=r"prompt \+ n is 8 \+ 6 = 14"):
        score_sequences(model, told, prompt=8, n=6)
