"""Rankings of made-up results of experiments, whose order is known; and the runs it shares."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

import infonb as inb
from infonb.experiments import (
    Biographies,
    ColoredDigits,
    ModelSelection,
    SentimentAdjectives,
    ShuffledReviews,
)
from infonb.experiments.model_selection import beside_the_paper, ranking, what_was_found
from infonb.experiments.model_selection import experiment as experiment_module
from infonb.experiments.model_selection.sources import is_kept
from infonb.experiments.published import TABLE_2
from infonb.parameters import ParameterError
from infonb.storage import open_dataset, save_dataset

pytestmark = pytest.mark.slow

LEVELS = [0.0, 0.5, 1.0]
MEASURES = ["entropy, common bins", "entropy, shared bins", "entropy, neuron bins",
            "mutual information"]  # fmt: skip


def results(experiment, over, levels=LEVELS, *, n_seeds=3):
    """
    Runs whose accuracy falls with the level, and MI rises; the entropy goes by its ruler.

    Activations grow with the level, one neuron of the first layer much more: common bins get
    coarse for the others, in which their entropy falls; in shared bins it rises.
    """
    rng = np.random.default_rng(0)
    n = len(levels)
    grown = 1.0 + np.arange(n)[:, None, None, None, None]
    base = rng.normal(size=(n, n_seeds, 2, 5, 200)) * grown
    base[:, :, 0, 0] *= grown[:, :, 0, 0] ** 2
    dims = (over, "seed", "layer", "neuron", "sample")
    level = np.array(levels, dtype=object if isinstance(levels[0], str) else float)
    runs = xr.Dataset(
        {"activation": (dims, base)},
        {over: level, "seed": np.arange(n_seeds), "layer": np.array(["fc1", "fc2"], dtype=object),
         "neuron": np.arange(5), "label": ("sample", np.arange(200) % 2)},
    )  # fmt: skip
    runs["entropy"] = inb.entropy(runs.activation, bins=20)
    order = np.arange(n)[:, None, None, None, None]
    pairs = 0.02 * rng.random((n, n_seeds, 2, 5, 5)) + 0.1 * order
    runs["mutual_information"] = ((*dims[:4], "other_neuron"), pairs)
    accuracy = 0.9 - 0.1 * np.arange(n)[:, None] + 0.01 * rng.random((n, n_seeds))
    runs["final_validation_accuracy"] = ((over, "seed"), accuracy)
    return runs.assign_attrs(experiment=experiment, dataset="made up")


@pytest.fixture
def paths(tmp_path):
    found = {
        "colored_digits": results("colored_digits", "alpha"),
        "shuffled_digits": results("shuffled_digits", "beta", [0.0, 0.25, 0.5, 1.0], n_seeds=2),
    }
    for name, runs in found.items():
        save_dataset(runs, tmp_path / f"{name}.zarr")
    return [str(tmp_path / f"{name}.zarr") for name in found]


def test_each_setting_and_measure_is_ranked_by_plain_means(paths):
    runs = ModelSelection(found=paths).run(progress=False)
    assert runs.measure.values.tolist() == MEASURES
    assert runs.level.sel(setting="shuffled_digits").values.tolist() == [
        "β = 0", "β = 0.25", "β = 0.5", "β = 1",
    ]  # fmt: skip
    for path, setting in zip(paths, runs.setting.values, strict=True):
        source = open_dataset(path).load()
        over = "alpha" if setting == "colored_digits" else "beta"
        accuracy = source.final_validation_accuracy.mean("seed")
        sign = 1 if setting == "colored_digits" else -1  # of the entropy of a network to keep
        for measure, edges in zip(MEASURES, ["common", "shared", "neuron", None], strict=True):
            if edges:
                values = inb.entropy(source.activation, bins=20, edges=edges)
                means = sign * values.mean(["layer", "neuron", "seed"])
            else:
                other = ~np.eye(5, dtype=bool)
                pairs = source.mutual_information.values[..., other]
                means = -sign * xr.DataArray(pairs.mean((1, 2, 3)), dims=over)
            one = runs.sel(setting=setting, measure=measure)
            there = one.score.dropna("place").values
            np.testing.assert_allclose(there, abs(means))
            assert one.tau.item() == pytest.approx(kendalltau(means, accuracy).statistic)
    assert runs.tau.sel(setting="colored_digits", measure=MEASURES[3]).item() == 1.0
    assert runs.tau.sel(setting="shuffled_digits", measure=MEASURES[3]).item() == -1.0
    assert runs.tau.sel(setting="colored_digits", measure=MEASURES[0]).item() == 1.0
    assert runs.tau.sel(setting="colored_digits", measure=MEASURES[1]).item() == -1.0


def test_a_ranking_is_that_of_rank(paths):
    runs = ModelSelection(found=paths).run(progress=False)
    source = open_dataset(paths[0]).load()
    expected = inb.rank(source, "mi", "heuristic", "final_validation_accuracy")
    found = ranking(runs, "colored_digits", "mutual information")
    assert found.model.values.tolist() == [f"α = {level:g}" for level in expected.model.values]
    for name in ("score", "score_interval", "rank", "tau", "tau_interval", "p_value", "metric"):
        np.testing.assert_allclose(found[name], expected[name])
    assert found.attrs["keep"] == expected.attrs["keep"] == "lowest"
    assert ranking(runs, "shuffled_digits", "entropy, common bins").attrs["keep"] == "lowest"


def test_claims_are_those_of_the_experiments_own_table(paths):
    runs = ModelSelection(found=paths).run(progress=False)
    table = ModelSelection(found=paths).claims(runs)
    assert [claim.where for claim in table.claims] == ["colored_digits"] * 2 + [
        "shuffled_digits"
    ] * 2
    assert [claim.paper for claim in table.claims] == ["τ = 1.00"] * 3 + ["τ = 0.88"]
    source = open_dataset(paths[0]).load()
    own = {}
    for row in ColoredDigits.rows:
        if "goes with" in str(row.statement):
            (claim,) = row.claims(source, "alpha")
            own[claim.statement] = claim
    for claim in table.claims[:2]:
        assert claim.effect == own[claim.statement].effect
        assert claim.bootstrap == own[claim.statement].bootstrap
        assert claim.here == own[claim.statement].here


def test_the_paper_stands_beside_with_what_was_not_run(paths):
    runs = ModelSelection(found=paths[:1]).run(progress=False)
    frame = beside_the_paper(runs)
    assert frame.index.tolist() == list(TABLE_2)
    assert frame.loc["Shuffled IMDb", "here"] == "not run here"
    assert frame.loc["Bias in Bios, TPR gap", "MI, paper"] == "0.07"
    cell = frame.loc["Colored MNIST", "MI"].replace("\N{NO-BREAK SPACE}", " ")
    low, high = runs.tau_interval.sel(setting="colored_digits", measure=MEASURES[3]).values
    assert cell == f"1.00 ({low:.2f} … {high:.2f}) p = 0.33".replace("-", "−")


def test_words_tell_of_a_ruler_that_turns_the_order(paths):
    runs = ModelSelection(found=paths[:1]).run(progress=False)
    words = what_was_found(runs)
    assert "by mutual information +1.00 (p = 0.33)" in words
    assert "+1.00 (p = 0.33) in common bins, −1.00 (p = 0.33) in shared bins" in words
    assert "On colored digits, made up the order by entropy depends on the ruler" in words
    same = runs.assign(tau=abs(runs.tau))
    assert "points the same way in every ruler" in what_was_found(same)


def test_two_networks_are_shown_but_not_claimed(tmp_path):
    path = str(tmp_path / "contexts.zarr")
    save_dataset(results("contexts", "setting", ["balanced", "unbalanced"]), path)
    experiment = ModelSelection(found=[path])
    runs = experiment.run(progress=False)
    assert runs.p_value.sel(measure="mutual information").item() == 1.0
    table = experiment.claims(runs)
    assert not table.claims
    assert "contexts: fewer than three networks" in table.caption
    frame = beside_the_paper(runs)
    assert frame.index[-1] == "contexts, made up"
    assert frame.iloc[-1]["MI, paper"] == "–"


def test_equal_accuracies_order_nothing_and_are_said_to(tmp_path):
    equal = results("colored_digits", "alpha")
    equal["final_validation_accuracy"] = 0.5 + 0 * equal["final_validation_accuracy"]
    save_dataset(equal, tmp_path / "equal.zarr")
    experiment = ModelSelection(found=[str(tmp_path / "equal.zarr")])
    runs = experiment.run(progress=False)
    assert runs.tau.isnull().all()
    assert (
        beside_the_paper(runs).loc["Colored MNIST", ["MI", *MEASURES[:3]]] == "undefined: all equal"
    ).all()
    said = what_was_found(runs)
    assert "mutual information undefined (p = –)" in said
    assert said.endswith("Where all networks are equal there is no order to agree with.")
    table = experiment.claims(runs)
    assert not table.claims
    assert "colored_digits: all networks are equal in one of them" in table.caption
    assert ranking(runs, "colored_digits", MEASURES[0]).sizes["seed"] == 3


def test_saved_results_give_the_same_table(paths, tmp_path):
    experiment = ModelSelection(found=paths, results=str(tmp_path / "results.zarr"))
    runs = experiment.run(progress=False)
    again = open_dataset(tmp_path / "results.zarr").load()
    xr.testing.assert_identical(again, runs)
    assert ModelSelection.of(again).claims(again).summary == experiment.claims(runs).summary


def test_results_that_cannot_be_ranked_are_refused_before_anything_runs(tmp_path, paths):
    def saved(name, runs):
        save_dataset(runs, tmp_path / name)
        return str(tmp_path / name)

    colored = results("colored_digits", "alpha")
    for given, message in [
        ([str(tmp_path / "missing.zarr")], r"found: .*missing.zarr: there is no"),
        ([saved("a.zarr", colored.assign_attrs(experiment="concentric_circles"))],
         "do not stand in one order of memorization"),
        ([saved("b.zarr", colored.drop_attrs())], "no results of an experiment"),
        ([saved("c.zarr", colored.drop_vars("entropy"))], "lack entropy"),
        ([saved("d.zarr", colored.isel(alpha=[0]))], "one network only"),
        ([paths[0], saved("e.zarr", colored), saved("f.zarr", colored)], "results of .* already"),
    ]:  # fmt: skip
        with pytest.raises(ParameterError, match=message):
            ModelSelection(found=given).prepare()


def test_runs_of_the_same_experiment_on_other_data_stand_side_by_side(tmp_path, paths):
    other = str(tmp_path / "other.zarr")
    save_dataset(results("colored_digits", "alpha").assign_attrs(dataset="mnist"), other)
    runs = ModelSelection(found=[paths[0], other]).run(progress=False)
    assert runs.setting.values.tolist() == ["colored_digits", "colored_digits, mnist"]
    frame = beside_the_paper(runs)
    assert frame.loc["Colored MNIST", "here"] == "colored digits, made up"
    assert frame.loc["colored digits, mnist", "here"] == "colored digits, mnist"


def test_results_on_real_texts_stand_beside_the_networks_that_are_kept(tmp_path, monkeypatch):
    def run(self, *, progress=True):
        return results(self.name, str(self.over))

    monkeypatch.setattr("infonb.experiments.digits.Digits.run", run)
    monkeypatch.setattr(experiment_module, "is_kept", lambda one: True)
    monkeypatch.setattr(ShuffledReviews, "run", run)
    monkeypatch.setattr(Biographies, "run", lambda self, *, progress=True: biographies())
    store = str(tmp_path / "adjectives.zarr")
    save_dataset(results("sentiment_adjectives", "alpha").assign_attrs(dataset="imdb"), store)
    experiment = ModelSelection(beside=[store])
    experiment.prepare()
    runs = experiment.run(progress=False)
    settings = runs.setting.values.tolist()
    assert settings[:3] == ["colored_digits", "shuffled_digits", "shuffled_reviews"]
    assert settings[-1] == "sentiment_adjectives"
    frame = beside_the_paper(runs)
    assert frame.loc["Sentiment Adjectives", "here"] == "sentiment adjectives, imdb"
    expected = inb.rank(open_dataset(store).load(), "mi", "heuristic", "final_validation_accuracy")
    found = runs.tau.sel(setting="sentiment_adjectives", measure="mutual information")
    assert found.item() == expected.tau.item()
    assert len(experiment.claims(runs).claims) > 4
    # asked for by name, the networks of the defaults are ranked as well
    both = experiment.changed(setting=["sentiment_adjectives"], kept=False)
    monkeypatch.setattr(SentimentAdjectives, "run", run)
    assert both.run(progress=False).setting.values.tolist() == [
        "sentiment_adjectives", "sentiment_adjectives, imdb",
    ]  # fmt: skip
    # beside results that are ranked instead
    other = str(tmp_path / "colored.zarr")
    save_dataset(results("colored_digits", "alpha"), other)
    only = experiment.changed(found=[other]).run(progress=False)
    assert only.setting.values.tolist() == ["colored_digits", "sentiment_adjectives"]
    with pytest.raises(ParameterError, match=r"beside: .*none\.zarr: there is no"):
        experiment.changed(beside=["none.zarr"]).prepare()


def test_networks_are_those_of_their_own_experiments(monkeypatch):
    ran = []

    def run(self, *, progress=True):
        ran.append((self.name, self.seed, self.dataset, self.cache))
        over = str(self.over)
        assert getattr(self, over) == LEVELS
        return results(self.name, over)

    monkeypatch.setattr("infonb.experiments.digits.Digits.run", run)
    experiment = ModelSelection(level=LEVELS, seed=[4, 5], cache="somewhere", kept=False)
    runs = experiment.run(progress=False)
    assert ran == [(name, [4, 5], "digits", "somewhere") for name in runs.setting.values]
    source = experiment.source("colored_digits")
    assert source == ColoredDigits(alpha=LEVELS, seed=[4, 5], cache="somewhere")
    expected = source.data(0.5, 4)["train"]
    xr.testing.assert_identical(experiment.data(("colored_digits", 0.5), 4)["train"], expected)


def biographies():
    """Runs on texts: the first layer says the opposite, and what is low is good."""
    names = ["raw original", "raw oversampled", "scrubbed original"]
    runs = results("biographies", "training_set", names)
    runs["mutual_information"] = runs["mutual_information"].copy()
    runs["mutual_information"][:, :, 0] = -5 * runs["mutual_information"][:, :, 0]
    falling = np.array([[3.0], [2.0], [1.0]]) + np.zeros((3, 3))
    for name, sign in (("compression", 1), ("tpr_gap", -1), ("sufficiency_gap", 1)):
        runs[name] = (("training_set", "seed"), sign * falling)
    return runs


def test_biographies_are_ranked_by_three_metrics_from_their_last_block(tmp_path, paths):
    save_dataset(biographies(), tmp_path / "biographies.zarr")
    experiment = ModelSelection(found=[paths[0], str(tmp_path / "biographies.zarr")])
    runs = experiment.run(progress=False)
    names = [f"biographies ({metric})" for metric in ("compression", "TPR gap", "sufficiency gap")]
    assert runs.setting.values.tolist() == ["colored_digits", *names]
    # in the last layer MI rises from the first to the last network: low MI, high compression
    taus = runs.tau.sel(measure="mutual information", setting=names)
    assert taus.values.tolist() == [-1, 1, -1]
    assert runs.paper.sel(measure="mutual information", setting=names).values.tolist() == [
        0.60, 0.07, 0.33,
    ]  # fmt: skip
    frame = beside_the_paper(runs)
    assert frame.index.tolist() == list(TABLE_2)
    assert frame.loc["Bias in Bios, TPR gap", "here"] == "biographies (TPR gap), made up"
    assert frame.loc["Bias in Bios, TPR gap", "MI"].startswith("1.00")
    said = [claim.statement for claim in experiment.claims(runs).claims]
    assert "lower mean mutual information goes with a lower compression" in said
    words = what_was_found(runs)
    assert (
        "that of their metric, which needs labels:\n\n- colored digits, made up: by mutual" in words
    )
    assert "- biographies (TPR gap), made up: by mutual information +1.00 (p = 0.33);" in words
    ranked = ranking(runs, names[1], "mutual information")
    assert ranked.metric.attrs["long_name"] == "TPR gap"
    assert ranked.model.values[0] == "raw original"  # of the lowest MI


def test_networks_on_texts_are_ranked_where_all_their_runs_are_kept(tmp_path, monkeypatch):
    pytest.importorskip("tokenizers")
    tiny = {
        "n_train": 240, "n_validation": 80, "width": 8, "depth": 1, "epochs": 1, "seed": [0],
        "permutations": 0, "training_set": ["raw original", "scrubbed original"],
    }  # fmt: skip
    small = Biographies(cache=str(tmp_path), **tiny)
    assert not is_kept(small)
    small.changed(training_set=["raw original"]).run(progress=False)
    assert not is_kept(small)
    small.run(progress=False)
    assert is_kept(small)
    assert not is_kept(small.changed(epochs=2))
    assert not is_kept(small.changed(k=4))
    assert not is_kept(small.changed(cache="none"))
    monkeypatch.setattr(ModelSelection, "source", lambda self, name: small)
    texts = ["sentiment_adjectives", "shuffled_reviews", "biographies"]
    assert ModelSelection().settings() == ["colored_digits", "shuffled_digits", *texts]
    assert ModelSelection(kept=False).settings() == ["colored_digits", "shuffled_digits"]
