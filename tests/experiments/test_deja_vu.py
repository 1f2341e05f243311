"""Déjà vu, small: the steps against what is known, tables against plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

from infonb.claims import Compare
from infonb.claims.verdict import HOLDS
from infonb.experiments import DejaVu
from infonb.experiments.deja_vu import (
    alone_table,
    answer_words,
    checks_table,
    confidence_words,
    explore_deja_vu,
    information_words,
    recalled,
    treatments_table,
    typeset,
)
from infonb.experiments.deja_vu.claims import rows_of
from infonb.experiments.deja_vu.data import scored
from infonb.experiments.deja_vu.live import plot_choice
from infonb.experiments.deja_vu.measures import embeddings, information_of, utility
from infonb.experiments.deja_vu.training import epochs_of, make_network
from infonb.experiments.deja_vu.treatments import all_levels, treated
from infonb.memorization import deja_vu_gains, nearest_public
from infonb.parameters import ParameterError
from infonb.plots import plot_gains, plot_recalled_scenes

SMALL: dict[str, Any] = {
    "cache": "none", "treatment": ["n 120", "n 400", "mask 0.6"], "seed": [0, 1],
    "n": 200, "n_public": 150, "n_scored": 100, "width": 48, "features": 24, "steps": 80,
    "neighbors": 3, "curve": [1, 5], "top": [0.1, 0.5], "mi_neurons": 8, "bins": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def experiment() -> DejaVu:
    return DejaVu(**SMALL)


@pytest.fixture(scope="module")
def runs(experiment: DejaVu) -> xr.Dataset:
    return experiment.run(progress=False)


def test_words_and_what_they_mean() -> None:
    base = DejaVu().settings
    assert treated("default", base) == base
    assert treated("n 500", base) == base | {"n": 500}
    assert treated("mask 0.3", base) == base | {"mask": 0.3}
    assert treated("stop 40", base) == base | {"stop": 40}
    assert treated("decay 10", base) == base | {"decay": 10.0}
    assert treated("temperature 0.3", base) == base | {"temperature": 0.3, "learned": False}
    assert all_levels(["n 500", "default"]) == ["default", "n 500"]


@pytest.mark.parametrize(
    "words",
    ["n", "n x", "n 1", "n 5.5", "mask 1.5", "mask nan", "stop 0", "stop 161", "decay -1",
     "temperature 0.005", "noise 3", "", "mask", "default 3"],
)  # fmt: skip
def test_words_that_mean_nothing_are_named(words: str) -> None:
    with pytest.raises(ParameterError, match=f"not '{words}'"):
        DejaVu(treatment=[words])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_scored": 600}, r"training pairs, 500 \('n 500'\); not 600"),
        ({"neighbors": 2000}, "at most n_public, 1000; not 2000"),
        ({"top": []}, "top must not be empty"),
        ({"k": 500}, "k must be below the number of pairs that are measured, 500"),
        ({"dataset": "svhn"}, "dataset must be one of"),
    ],
)
def test_other_bad_parameters_are_one_line(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        DejaVu(**change)


def test_sizes_may_be_written_in_any_way() -> None:
    rows = rows_of(["default", "n 1e3", "n 500.0"], [0.1])
    (size,) = [row for row in rows if row.statement.startswith("more is recalled with")]
    assert isinstance(size, Compare)
    assert size.between == ("n 500.0", "n 1e3")


def test_steps_and_epochs() -> None:
    assert epochs_of(1000, 128, 160) == 20
    assert epochs_of(4000, 128, 160) == 5
    assert epochs_of(4000, 128, 1) == 1
    assert [DejaVu().epochs(one) for one in ("default", "n 4000", "stop 40")] == [20, 5, 5]
    assert DejaVu(hold="epochs").epochs("n 4000") == 20


def test_sets_are_apart_and_paired_over_treatments(experiment: DejaVu) -> None:
    data = experiment.data("default", 0)
    assert {role: part.sizes["sample"] for role, part in data.items()} == {
        "A": 200, "B": 200, "C": 100, "public": 150,
    }  # fmt: skip
    captions = [
        tuple(sorted(row)) for part in data.values() for row in part.caption.values.tolist()
    ]
    assert len(set(captions)) == len(captions)
    fewer = experiment.data("n 120", 0)
    for role in ("A", "C", "public"):
        n = min(fewer[role].sizes["sample"], data[role].sizes["sample"])
        np.testing.assert_array_equal(fewer[role].input[:n], data[role].input[:n])
    pairs = scored(data, 30)
    assert pairs.role.values.tolist() == ["A"] * 30 + ["B"] * 30 + ["C"] * 30


def test_the_target_sees_a_and_the_reference_b(experiment: DejaVu) -> None:
    """A network with other pairs is another one; with the same pairs and seed it is the same."""
    data = experiment.data("default", 0)
    experiment = DejaVu(**SMALL | {"steps": 20})
    first, history = experiment.train("default", 0, data)
    exchanged = data | {"B": data["B"].isel(sample=slice(None, None, -1))}
    second, _ = experiment.train("default", 0, exchanged)
    same = [
        torch.equal(a, b) for a, b in
        zip(first["target"].parameters(), second["target"].parameters(), strict=True)
    ]  # fmt: skip
    assert all(same)
    assert not torch.equal(first["reference"].text.out.weight, second["reference"].text.out.weight)
    assert history.train_loss[-1] < history.train_loss[0]


def test_treatments_do_what_they_say() -> None:
    experiment = DejaVu(
        **SMALL | {"steps": 8, "warmup": 0, "treatment": ["stop 4", "temperature 0.5", "decay 50"]}
    )
    data = experiment.data("default", 0)
    found = {level: experiment.train(level, 0, data) for level in experiment.levels()}
    losses = {level: history.train_loss.values for level, (_, history) in found.items()}
    # stopped early: the same course, shorter
    assert (losses["default"].size, losses["stop 4"].size) == (4, 2)
    np.testing.assert_array_equal(losses["stop 4"], losses["default"][:2])
    scale = {level: models["target"].log_scale for level, (models, _) in found.items()}
    assert scale["temperature 0.5"].item() == pytest.approx(np.log(2), rel=1e-6)
    assert scale["default"].item() != pytest.approx(np.log(1 / 0.07), rel=1e-6)  # it is learnt
    # decay makes weights small, and does not change the temperature by itself
    weights = {level: models["target"].text.hidden.weight for level, (models, _) in found.items()}
    assert weights["decay 50"].norm() < 0.6 * weights["default"].norm()
    assert scale["decay 50"].item() == pytest.approx(scale["default"].item(), abs=0.05)


def test_no_token_is_masked_where_models_are_asked(experiment: DejaVu) -> None:
    data = experiment.data("mask 0.6", 0)
    options = {"width": 48, "features": 24, "image": "cells", "seed": 0}
    model = make_network(data["A"], treated("mask 0.6", experiment.settings), **options).train()
    # with dropout, which draws anew wherever a model is not in eval mode
    model.text.relu, model.image.relu = (torch.nn.Dropout(0.5) for _ in range(2))
    text = [embeddings(model, data["C"], "text") for _ in range(2)]
    np.testing.assert_array_equal(*text)
    assert utility(model, data["C"], text[0]) == utility(model, data["C"], text[0])
    found = [
        information_of(model, data["C"], "post", bins=20, edges="common", k=3, mi_samples=0,
                       mi_neurons=8) for _ in range(2)
    ]  # fmt: skip
    xr.testing.assert_identical(*found)
    assert model.training  # it is given back as it was
    assert model.text.relu.training
    assert text[0].sizes["feature"] == 24
    np.testing.assert_allclose((text[0] ** 2).sum("feature"), 1, rtol=1e-5)


def test_measures_are_those_of_the_face(experiment: DejaVu) -> None:
    one = experiment.one("default", 1)
    pairs, public = scored(one.data, 100), one.data["public"]
    near = [
        nearest_public(
            embeddings(one.model[name], pairs, "text"),
            embeddings(one.model[name], public, "image").rename(sample="public"), 3,
        ) for name in ("target", "reference")
    ]  # fmt: skip
    found = deja_vu_gains(*near, pairs.objects, public.objects.rename(sample="public"), draws=0)
    here = experiment.measure("default", 1, one.model, one.data)
    assert not here.gain_of_itself.any()
    for name in ("ppg", "prg", "aucg"):
        np.testing.assert_allclose(here[name], found[name])
        np.testing.assert_allclose(here[f"{name}_at"].sel(n_neighbors=3), found[name])
    np.testing.assert_allclose(here.recall, found.recall)
    np.testing.assert_allclose(here.min_dist, found.min_dist)
    held_out = found.recall.sel(model="target")[200:]
    useful = utility(one.model["target"], one.data["C"], held_out)
    assert float(here.recall_held_out) == pytest.approx(useful["recall_held_out"])
    assert 0 < float(here.retrieval) == useful["retrieval"] <= 1


@pytest.mark.slow
def test_a_knows_more_b_less_and_the_null_nothing(runs: xr.Dataset) -> None:
    at = runs.sel(treatment="default")
    assert (at.prg.sel(group="A") > 0.3).all()
    assert (at.prg.sel(group="B") < -0.3).all()
    assert (abs(at.prg.sel(group="C")) < 3 / np.sqrt(100)).all()
    assert not runs.gain_of_itself.any()
    small, large = (runs.prg.sel(group="A", treatment=f"n {n}").mean() for n in (120, 400))
    assert small > large
    assert runs.prg.sel(group="A", treatment="mask 0.6").mean() < at.prg.sel(group="A").mean()


@pytest.mark.slow
def test_one_model_finds_it_too(runs: xr.Dataset) -> None:
    alone = runs.prg_alone.sel(treatment="default").mean("seed")
    assert ((alone.sel(group="A") - alone.sel(group="C")) > 0.3).all()
    confidence = runs.confidence.sel(treatment="default").mean("seed")
    assert confidence.attrs["units"] == "nat" or np.isfinite(confidence).all()


@pytest.mark.slow
def test_neurons_of_both_towers(runs: xr.Dataset) -> None:
    assert runs.layer.values.tolist() == [
        "image, mean",
        "image, hidden",
        "text, mean",
        "text, hidden",
    ]
    assert runs.entropy.sizes["neuron"] == 48
    assert runs.activation.sizes["sample"] == 100
    assert float(runs.mutual_information.notnull().sum()) > 0


@pytest.mark.slow
def test_claims(experiment: DejaVu, runs: xr.Dataset) -> None:
    table = experiment.claims(runs)
    claims = {claim.statement: claim for claim in table.claims}
    first = next(iter(claims.values()))
    at = runs.sel(treatment="default").prg
    expected = (at.sel(group="A") - at.sel(group="C")).values
    np.testing.assert_allclose(first.effect, expected)
    assert first.paper == "figures only"
    words = [one for one in claims if one.startswith("text masking lowers")]
    assert words == ["text masking lowers the gain (mask 0.6)"]
    ranked = [one for one in table.claims if one.statement.endswith("more déjà vu")]
    assert len(ranked) == 8
    assert all(not one.of_paper for one in ranked)
    assert any(one.verdict == HOLDS for one in table.claims)
    assert information_words(table).startswith("Of 8 orders of the treatments")


@pytest.mark.slow
def test_tables_and_words(experiment: DejaVu, runs: xr.Dataset) -> None:
    table = treatments_table(runs)
    assert table.index.tolist() == ["default", "n 120", "n 400", "mask 0.6"]
    mean = float(runs.prg.sel(treatment="n 120", group="A").mean())
    assert table.loc["n 120", "PRG A"] == pytest.approx(mean)
    checks = checks_table(runs)
    assert len(checks) == 9
    assert bool(checks["met"].iloc[-1])
    assert "n 120 → n 400" in checks.index[4]
    fall = float(runs.prg.sel(treatment="n 400", group="A").mean()) - mean
    assert checks["here"].iloc[4] == pytest.approx(fall)
    turned = runs.assign(prg=-runs.prg)
    assert not checks_table(turned)["met"].iloc[:2].any()
    words = answer_words(runs)
    assert words.startswith("**Yes, it remembers.**")
    assert "text masking (mask 0.6)" in words
    alone = runs.prg_alone.sel(reference="naive Bayes", treatment="default").mean("seed")
    told = [f"{float(alone.sel(group=group)):+.2f} on {group}" for group in "AC"]
    assert f"PRG is {' and '.join(told)}.".replace("-", "−") in words
    assert answer_words(turned).startswith("**Not clearly.**")
    # a target that is better on all pairs alike does not remember any
    better = runs.assign(prg=runs.prg.where(runs.group != "C", runs.prg.sel(group="A", drop=True)))
    assert answer_words(better).startswith("**Not clearly.**")
    assert table["epochs"].tolist() == [experiment.epochs(one) for one in table.index]
    assert ">40<" in typeset(table).to_html()  # a count, not 40.000
    alone = alone_table(runs)
    here = runs.prg_alone.sel(reference="naive Bayes", treatment="mask 0.6", group="C").mean()
    assert alone.loc["mask 0.6", "naive Bayes, C"] == pytest.approx(float(here))
    assert alone.index.tolist() == table.index.tolist()


@pytest.mark.slow
def test_confidence_is_told_by_its_auroc(runs: xr.Dataset) -> None:
    known = runs.assign(confidence=runs.confidence + 9.0 * (runs["role"] == "A"))
    assert "confidence tells pairs" in confidence_words(known)
    assert "AUROC 1.00" in confidence_words(known)
    same = runs.assign(confidence=0 * runs.confidence)
    assert "does **not** clearly tell" in confidence_words(same)
    assert "AUROC 0.50" in confidence_words(same)


def test_tables_are_set_in_type() -> None:
    table = pd.DataFrame({"a": [-0.0001, -0.5], "b": [True, False]}, index=["x", "y"])
    html = typeset(table).to_html()
    assert ">0.000<" in html
    assert ">−0.500<" in html
    assert ">yes<" in html
    assert ">no<" in html


def test_pairs_are_chosen_by_distance_alone(experiment: DejaVu) -> None:
    few = recalled(experiment, n=3)
    assert list(few.rows) == ["its own image", "nearest to the target", "nearest to the reference"]
    one = few.rows["its own image"]
    for z, named in enumerate(few.named):
        assert set(named) <= set(one.cell_object.values[z].tolist())
        assert few.titles[z].startswith(f"objects {named[0]}, {named[1]};")
    picture = plot_recalled_scenes(few.rows, few.named, few.titles)
    assert len(picture.axes) == 9
    assert "of 12 objects that are not named are found" in picture.alt


@pytest.mark.slow
def test_figures_show_what_was_measured(runs: xr.Dataset) -> None:
    picture = plot_gains(runs.prg, n=100)
    points = [line for line in picture.axes[0].lines if line.get_marker() == "o"]
    shown = np.sort(np.concatenate([line.get_xdata() for line in points]))
    np.testing.assert_allclose(shown, np.sort(runs.prg.values.ravel()))
    picture = plot_choice(runs, "default", 5, "min_dist", 0.1, "A")
    heights = [bar.get_height() for bar in picture.axes[0].patches]
    whole = runs.sel(treatment="default", n_neighbors=5).mean("seed")
    expected = [float(whole[f"{name}_at"].sel(group=group)) for group in "AC"
                for name in ("ppg", "prg", "aucg")]  # fmt: skip
    np.testing.assert_allclose(heights, expected)


@pytest.mark.slow
def test_each_control_draws_what_it_says(runs: xr.Dataset) -> None:
    panel = explore_deja_vu(runs, interactive=False)
    value = {"treatment": "default", "n_neighbors": 3, "key": "min_dist", "top": 0.5, "group": "A"}
    assert panel.value == value
    choices = [("treatment", "mask 0.6"), ("n_neighbors", 5), ("key", "crct_pred"),
               ("key", "max_pred_gap"), ("top", 0.1), ("group", "B"), ("group", "C")]  # fmt: skip
    for control, choice in choices:
        before = panel.alt
        panel.set(**{control: choice})
        value = value | {control: choice}
        assert panel.value == value
        assert panel.alt != before
        at = runs.sel(treatment=value["treatment"], n_neighbors=value["n_neighbors"], group="C")
        gap = at.top_recall_gap.sel(key=value["key"], top=value["top"]).mean()
        assert f"C {float(gap):+.2f}.".replace("-", "−") in panel.alt
        assert f"AUCG {value['group']} " in panel.alt


@pytest.mark.slow
def test_a_choice_that_is_none_is_named(runs: xr.Dataset) -> None:
    with pytest.raises(ValueError, match="'D'"):
        explore_deja_vu(runs, interactive=False).set(group="D")


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_scenes_of_real_images(dataset: str) -> None:
    import os

    if not os.environ.get("INFONB_DATA"):
        pytest.skip("needs the images: set INFONB_DATA")
    experiment = DejaVu(
        **SMALL | {"dataset": dataset, "treatment": ["default"], "n": 100, "steps": 1}
    )
    experiment.prepare()
    data = experiment.data("default", 0)
    shape = {"mnist": (100, 42, 42), "cifar10": (100, 3, 48, 48)}[dataset]
    assert data["A"].input.shape == shape
    model = experiment.train("default", 0, data)[0]["target"]
    found = nearest_public(
        embeddings(model, data["C"], "text"),
        embeddings(model, data["public"], "image").rename(sample="public"), 3,
    )  # fmt: skip
    assert np.isfinite(found.distance).all()
