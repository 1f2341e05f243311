"""The list of rulers: every measure of the package stands in it, and what it says is true."""

from __future__ import annotations

from importlib import import_module

import pytest

from infonb.memorization import rulers
from infonb.memorization.rulers.registry import RULERS
from infonb.memorization.rulers.ruler import NEEDS

#: What stands on the faces and is no ruler, and why.
NO_RULER = {
    "infonb.memorization": {
        "agreement": "compares readings",
        "auroc": "judges readings",
        "find_planted": "judges readings",
        "high_share_by_density": "sums up in_out of densities",
        "in_out_plan": "plans the trainings of in_out",
        "measure": "reads rulers",
        "memorization_prediction": "judges how one reading predicts another",
        "memorization_quantiles": "sums up in_out",
        "naive_bayes_objects": "a step of déjà vu: the reference",
        "nearest_public": "a step of déjà vu",
        "predicted_objects": "a step of déjà vu",
        "rank_readings": "judges readings",
        "recall_survival": "sums up déjà vu",
        "rulers": "lists them",
        "spearman": "compares readings",
    },
    "infonb.measures": {
        "ScaleWarning": "a warning",
        "TiesWarning": "a warning",
        "mixture_density": "draws a distribution of values",
        "summary": "sums up a measure",
        "take_activation": "takes an array out of a data set",
    },
}


@pytest.mark.parametrize("room", NO_RULER)
def test_every_measure_is_a_ruler_or_said_not_to_be(room):
    listed = {name for one in RULERS.values() for name in one.functions}
    face = import_module(room)
    for name in face.__all__:
        is_ruler = f"{room}.{name}" in listed
        assert is_ruler != (name in NO_RULER[room]), name
    assert set(NO_RULER[room]) <= set(face.__all__)


def test_functions_are_public_and_rulers_have_words():
    for one in RULERS.values():
        for name in one.functions:
            room, function = name.rsplit(".", 1)
            assert hasattr(import_module(room), function), name
        assert one.name.isidentifier()
        assert one.memorized in ("high", "low")
        assert one.of in ("sample", "pair", "unit", "layer", "network")
        assert one.measures
        assert one.source
        known = {need in NEEDS for need in one.needs}
        # those that measure reads have needs that it can look for, others say theirs in words
        assert known == {one.read is not None}
        assert one.functions or one.read


def test_table():
    table = rulers()
    assert table.index.tolist() == list(RULERS)
    assert table.index.is_unique
    assert set(table.columns) >= {"measures", "of", "dims", "needs", "trainings", "source"}
    assert not table.isna().any().any()
    assert table.loc["in_out", "trainings"] > table.loc["unit_mem", "trainings"]
    # as the experiment of nine rulers calls them
    assert {
        "in_out", "cumulative_loss", "area_under_margin", "forgetting_events", "loss_curvature",
        "pointwise_information", "membership", "early_learning", "units_owned", "density",
    } == set(table.query("of == 'sample' and measured").index)  # fmt: skip
    assert {
        "unit_mem", "class_selectivity", "entropy", "label_information", "mean_information",
    } == set(table.query("of == 'unit' and measured").index)  # fmt: skip
    assert {
        "mean_in_out", "memorized_share", "membership_auroc", "mean_entropy", "mean_mi",
        "mi_over_entropy", "mean_unit_mem", "matrix_entropy", "imbalance_to_label",
        "layer_information",
    } == set(table.query("of == 'network' and measured").index)  # fmt: skip
