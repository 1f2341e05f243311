"""Tables and words of nine_rulers: they say the numbers of the runs, and follow what is found."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr
from nine_runs import TINY

from infonb.experiments.nine_rulers import (
    answer_words,
    as_expected,
    beyond_words,
    cheapest,
    cheapest_words,
    entropy_words,
    explore_networks,
    kinds_table,
    network_order,
    network_words,
    networks_table,
    noise_words,
    planted_found,
    rulers_table,
    sample_agreement,
    twins_found,
    unit_agreement,
    unit_words,
    verdict_table,
    why_words,
)
from infonb.experiments.nine_rulers.expected import EXPECTED, SENTENCES, WHY, outcome_of
from infonb.experiments.nine_rulers.kinds import NETWORKS, WORDS
from infonb.experiments.nine_rulers.layers import NETWORK_RULERS
from infonb.experiments.nine_rulers.readings import RULERS
from infonb.experiments.nine_rulers.units import UNIT_RULERS
from infonb.experiments.nine_rulers.verdict import FEWEST, with_minus

pytestmark = pytest.mark.slow


def test_tables_and_words_say_the_same_numbers(tiny, analysed):
    _, runs = tiny
    (found, twins), agreeing = analysed, sample_agreement(runs)
    expected = as_expected(runs, found)
    assert len(expected) == 40
    words = answer_words(runs, found, twins, expected)
    assert f"**{int(expected['as expected'].sum())} of 40**" in words
    assert all(line.startswith("- **") for line in words.splitlines())
    tau = float(network_order(runs).tau.sel(network_ruler="mean_mi"))
    assert len(TINY["network"]) >= FEWEST
    assert with_minus(f"mean MI of pairs, which should fall: τ = {tau:+.2f} (p ") in words
    auroc = float(found.auroc.sel(network="noise", ruler="in_out", kind="outlier"))
    assert f"(in/out {auroc:.2f} [" in words
    why = why_words(runs, expected)
    for ruler, _ in expected.index[~expected["as expected"]]:
        assert ruler.split("_")[0] in why or ruler == "in_out"
    costs = cheapest(runs, agreeing)
    assert costs.index[0] == "density"
    assert "in_out" not in costs.index
    tau = agreeing.tau.sel(ruler="density", other_ruler="in_out").mean()
    assert costs.loc["density", "tau"] == pytest.approx(float(tau))
    assert "looks" not in cheapest_words(costs)
    verdicts = verdict_table(runs, found, twins)
    assert verdicts.index.tolist() == [*RULERS, *UNIT_RULERS, *NETWORK_RULERS]
    assert set(verdicts["of"]) == {"sample", "unit", "network"}
    for ruler in RULERS:  # each kind is seen, or it is not, and never both
        row = verdicts.loc[ruler]
        for kind in EXPECTED[ruler]:
            parts = [row[name].split(", ") for name in ("sees", "cannot see")]
            assert sum(f"{kind}s" in part for part in parts) == 1, (ruler, kind)
    assert networks_table(runs).index.tolist() == TINY["network"]
    table = kinds_table(runs)
    mem = runs.mem.sel(network="noise").mean("seed").values
    at = (runs.kind.values == "outlier") & runs.is_in.values
    assert table.loc["noise", "outlier"].startswith(f"{mem[at].mean():.2f} (")
    assert len(rulers_table(runs)) == 26
    units, order = unit_agreement(runs), network_order(runs)
    for said in (
        noise_words(runs), unit_words(units), network_words(runs, order),
        beyond_words(runs, order), entropy_words(runs, units),
    ):  # fmt: skip
        assert not re.search(r"nan|(?<![\w−])-\d", said), said


def test_words_follow_what_is_found(tiny, analysed):
    _, runs = tiny
    found, twins = analysed
    # a run in which all is as expected
    perfect = found.copy(deep=True)
    for ruler, kinds in EXPECTED.items():
        for kind, wanted in kinds.items():
            at = {"ruler": ruler, "kind": kind}
            perfect.auroc_interval.loc[at] = [0.8, 0.9] if wanted else [0.4, 0.6]
    expected = as_expected(runs, perfect)
    assert expected["as expected"].all()
    assert why_words(runs, expected) == "All came out as expected."
    assert "**40 of 40** pairs of ruler and kind came out as planting implies." in answer_words(
        runs, perfect, twins, expected
    )
    none = cheapest(runs).assign(agrees=0)
    assert cheapest_words(none).startswith("No ruler agrees clearly")
    few = runs.assign(mem_half=runs.mem_half * np.nan)
    assert "One repeat does not say" in noise_words(few)


def test_typical_samples_that_noise_has_drawn_stand_apart(tiny):
    _, runs = tiny
    table = kinds_table(runs)
    mem = runs.mem.sel(network="noise").mean("seed").values
    wrong = runs.label.sel(network="noise", seed=0).values != runs.true_label.values
    typical = (runs.kind.values == "typical") & runs.is_in.values
    for column, at in {"typical": ~wrong, "typical, wrong by noise": wrong}.items():
        assert table.loc["noise", column].startswith(with_minus(f"{mem[typical & at].mean():.2f}"))
    assert table.loc["true labels", "typical, wrong by noise"] == "–"


def test_words_of_few_networks_and_of_no_finding(tiny, analysed):
    _, runs = tiny
    some = runs.sel(network=["true labels", "noise"])
    found, twins = planted_found(some), twins_found(some)
    twins.auroc_interval[:] = [0.4, 0.6]
    words = answer_words(some, found, twins, as_expected(some, found))
    assert "Memory itself is seen by none of 10 rulers" in words
    assert "lower* there" not in words
    for said in (words, network_words(some, network_order(some))):
        assert "2 networks are too few to be put in an order beyond chance, which takes 5" in said
    picture = explore_networks(some, interactive=False)
    alt = picture._repr_mimebundle_()[1]["image/png"]["alt"]
    assert "too few networks for an interval" in alt
    assert "nan" not in alt


def test_much_mi_is_no_sign_of_little_memory(tiny):
    _, runs = tiny
    score = runs.network_score.copy()
    score.loc[{"network_ruler": "mi_over_entropy", "network": "constructed"}] = 0.9
    words = network_words(runs.assign(network_score=score), network_order(runs))
    assert "much MI is no sign of little memory" in words


def test_entropy_words_say_how_many_bins_there_were(tiny):
    _, runs = tiny
    units = unit_agreement(runs)
    moved = runs.copy(deep=True)
    where = {"network_ruler": "mean_entropy"}
    for sign, said in ((-1.0, "Here it falls"), (1.0, "It rises")):
        moved.network_score.loc[where | {"network": "true labels"}] = 2.0
        moved.network_score.loc[where | {"network": "noise"}] = 2.0 + sign
        one = entropy_words(moved.drop_vars("layer_entropy"), units).lower()
        assert said.lower() in one
        assert "both" not in one


def test_every_ruler_has_its_words():
    assert set(SENTENCES) == {*RULERS, *UNIT_RULERS, *NETWORK_RULERS}
    assert set(EXPECTED) == set(WHY) == set(RULERS)
    assert set(WORDS) == set(NETWORKS)
    for low, high, word in [(0.6, 0.9, "above"), (0.4, 0.6, "alike"), (0.1, 0.2, "below")]:
        assert outcome_of(xr.DataArray([low, high], dims="bound")) == word
    assert outcome_of(xr.DataArray([np.nan, np.nan], dims="bound")) == ""
    assert with_minus("a near-duplicate, -0.5 and x-2") == "a near-duplicate, −0.5 and x-2"


def test_the_opposite_order_of_networks_is_called_so(tiny, analysed):
    _, runs = tiny
    score = runs.network_score.copy()
    memory = score.sel(network_ruler="mean_in_out")
    score.loc[{"network_ruler": "mean_entropy"}] = -memory
    score.loc[{"network_ruler": "mean_mi"}] = memory
    told = verdict_table(runs.assign(network_score=score), *analysed)["sees"]
    assert told["mean_entropy"].startswith("the opposite order of networks: τ = −1.00")
    assert told["mean_mi"].startswith("the order of networks: τ = +1.00")
