"""Entropy as a regularizer, small: the steps against what is known, the words against numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.experiments import EntropyRegularizer
from infonb.experiments.entropy_regularizer import answer
from infonb.experiments.entropy_regularizer.claims import RULERS, rows_of
from infonb.experiments.entropy_regularizer.treatments import controls, raising, treatment_of
from infonb.parameters import ParameterError, describe
from infonb.training import accuracy

SMALL = {
    "cache": "none", "alpha": [0.5], "treatment": ["entropy 1", "entropy -1", "norm 0.1"],
    "seed": [0, 1], "epochs": 4, "width": 12, "n_train": 300, "n_validation": 80,
    "mi_neurons": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return EntropyRegularizer(**SMALL).run(progress=False)


def test_words_and_what_they_mean():
    assert treatment_of("none") == ("none", 0.0)
    assert treatment_of("entropy -0.1") == ("entropy", -0.1)
    listed = ["none", "entropy 1", "norm 0.002", "entropy 0.1", "entropy -0.1"]
    assert raising(listed) == ["entropy 0.1", "entropy 1"]
    assert controls(listed) == ["norm 0.002", "entropy -0.1"]


def test_the_help_has_the_forms_of_a_treatment():
    (help_,) = (one.help for one in describe(EntropyRegularizer) if one.name == "treatment")
    forms = re.findall(r"\w+ WEIGHT|none", help_)
    assert forms == ["entropy WEIGHT", "norm WEIGHT", "none"]
    for form in forms:
        treatment_of(form.replace("WEIGHT", "0.5"))


@pytest.mark.parametrize(
    "words", ["entropy", "entropy x", "entropy 0", "dropout 0.5", "norm -1", "entropy inf", ""]
)
def test_words_that_mean_nothing_are_named(words):
    with pytest.raises(ParameterError, match=f"not '{words}'"):
        EntropyRegularizer(treatment=[words])


def test_what_is_added_to_the_loss():
    experiment = EntropyRegularizer(depth=2, soft_bins=7, soft_edges="neuron", penalty=0.001)
    data: dict[str, xr.Dataset] = {}
    plain = {"n_outputs": 1, "keep": "last"}
    assert experiment.options((0.5, "none"), data) == plain
    assert experiment.options((0.5, "norm 0.1"), data) == plain | {"penalty": 0.101}
    term = experiment.options((0.5, "entropy -0.3"), data)["regularizer"]
    assert (term.layers, term.weight, term.bins, term.edges) == (("fc1", "fc2"), -0.3, 7, "neuron")


@pytest.mark.slow
def test_networks_without_a_term_are_always_there(runs):
    assert runs.treatment.values.tolist() == ["none", "entropy 1", "entropy -1", "norm 0.1"]
    assert dict(runs.entropy.sizes) == {
        "edges": 3, "alpha": 1, "treatment": 4, "seed": 2, "layer": 3, "neuron": 12,
    }  # fmt: skip


def test_the_shortcut_is_as_strong_as_it_says_and_not_in_validation():
    data = EntropyRegularizer().data((0.5, "none"), 0)
    train, validation = (data[role] for role in ("train", "evaluation"))
    assert float((train.color == train.label).mean()) == pytest.approx(0.75, abs=0.04)
    assert float((validation.color == validation.label).mean()) == pytest.approx(0.5, abs=0.06)
    assert bool((train.label == train.true_label).all())


@pytest.mark.slow
def test_a_run_is_what_its_network_says():
    experiment = EntropyRegularizer(**SMALL)
    level = (0.5, "entropy 1")
    one = experiment.one(level, 1)
    run = experiment.measure(level, 1, one.model, one.data)
    validation = one.data["evaluation"]
    says = run.prediction.values
    assert float(run.follows_color) == (says == validation.color.values).mean()
    right = (says == validation.label.values).mean()
    assert right == accuracy(one.model, validation)
    expected = inb.mutual_information(
        run.activation, standardize=True, within="layer", neurons=4, k=3
    )
    xr.testing.assert_equal(run.mutual_information.dropna("neuron", how="all"), expected)


@pytest.mark.slow
def test_the_term_moves_the_entropy_where_its_weight_says(runs):
    median = runs.entropy.sel(edges="common").median("neuron").mean(["layer", "seed"])
    low, none, high = (median.sel(treatment=one) for one in ("entropy -1", "none", "entropy 1"))
    assert bool((low < none).all())
    assert bool((none < high).all())


@pytest.mark.slow
def test_entropy_has_all_rulers(runs):
    for ruler in RULERS:
        expected = inb.entropy(runs.activation, bins=100, edges=ruler)
        np.testing.assert_array_equal(runs.entropy.sel(edges=ruler).values, expected.values)


def made_up(colour: dict[str, float]) -> xr.Dataset:
    """Return runs of which all is known: the share that follows the colour, by treatment."""
    rng = np.random.default_rng(0)
    words = list(colour)
    coords = {
        "alpha": [0.5], "treatment": np.array(words, dtype=object), "seed": [0, 1, 2],
        "layer": np.array(["fc1"], dtype=object), "neuron": np.arange(20),
        "edges": np.array(RULERS, dtype=object), "other_neuron": np.arange(20),
    }  # fmt: skip
    level = np.array([2.0 if word == "none" else 3.0 for word in words])
    shape = (3, 1, len(words), 3, 1, 20)
    entropy = level[:, None, None, None] + rng.normal(scale=0.01, size=shape)
    pairs = level[:, None, None, None, None] + rng.normal(
        scale=0.01, size=(1, len(words), 3, 1, 20, 20)
    )
    # seeds differ, and not alike with and without a term: their changes go both ways
    luck = [[-0.01, 0.0, 0.01] if word == "none" else [0.01, -0.01, 0.0] for word in words]
    share = np.array(list(colour.values()))[None, :, None] + np.array([luck])
    dims = ("alpha", "treatment", "seed")
    return xr.Dataset(
        {
            "entropy": (("edges", *dims, "layer", "neuron"), entropy),
            "mutual_information": ((*dims, "layer", "neuron", "other_neuron"), pairs),
            "follows_color": (dims, share),
            "final_validation_accuracy": (dims, 1 - share),
        },
        coords,
    )


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (0.6, "**Raising the entropy keeps networks from the shortcut in 1 of 1 settings.**"),
        (0.9, "does not keep networks from the shortcut: in 1 of 1 settings they lean on it more"),
        (0.8, "is not shown to help in any of 1 settings; 1 is too close to tell.**"),
    ],
)
def test_the_answer_is_that_of_the_numbers(after, words):
    known = made_up({"none": 0.8, "entropy 0.1": after, "norm 0.1": 0.8})
    text = answer(known)
    assert words in text
    assert "the entropy itself rises in 3 of 3 comparisons" in text
    assert "clearly falls at none of 1 values of α and clearly rises at 1." in text
    sign = {0.6: "(less)", 0.9: "(more)", 0.8: "(too close to tell)"}[after]
    share = float(known.follows_color.sel(treatment="entropy 0.1").mean())
    assert f"| 0.5 | entropy 0.1 | {100 - 100 * share:.1f} % | {100 * share:.1f} % {sign} |" in text
    assert "| 3.00, 3.00, 3.00 | 3.00 |" in text


def test_help_and_harm_are_told_apart():
    text = answer(made_up({"none": 0.8, "entropy 0.1": 0.6, "entropy 1": 0.9}))
    assert "**Raising the entropy helps in 1 of 2 settings and harms in 1.**" in text


def test_without_a_treatment_that_raises_there_is_no_answer():
    assert answer(made_up({"none": 0.8, "norm 0.1": 0.8})).startswith("Nothing to answer")
    assert len(rows_of(["none", "norm 0.1"])) == 1


@pytest.mark.slow
def test_rows_of_the_table(runs):
    table = EntropyRegularizer(**SMALL).claims(runs)
    found = [(claim.statement, claim.where) for claim in table.claims]
    assert len(found) == len(set(found)) == 3 + 1 + 3 + 1
    assert ("the answers follow the colour less with norm 0.1", "network") in found
    assert all(claim.paper == "not reported" for claim in table.claims)
