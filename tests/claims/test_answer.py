"""The answer in sentences: its numbers are the table's, and it says where a change shows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import (
    Claim,
    ClaimsTable,
    Compare,
    claims_table,
    compare_settings,
    describe_claims,
    entropy_in_rulers,
)
from infonb.claims.verdict import About

RULERS = ("common", "shared", "neuron")


def entropy(*changes, seeds=3):
    """Return an entropy whose layers change so from 0 to 1, one sequence for each ruler."""
    rng = np.random.default_rng(0)
    table = np.array(changes, dtype=float)
    values = 3 + 0.01 * rng.normal(size=(len(table), 2, seeds, table.shape[1], 20))
    values[:, 1] += table[:, None, :, None]
    layers = [f"fc{i + 1}" for i in range(table.shape[1])]
    return xr.DataArray(
        values, {"edges": list(RULERS[: len(table)]), "alpha": [0, 1], "layer": layers},
        ("edges", "alpha", "seed", "layer", "neuron"), attrs={"units": "nat", "edges": "common"},
    )  # fmt: skip


def table_of(values, paper="3 → 1"):
    row = Compare(
        "median entropy {rises}", "entropy", -1, paper=paper, subject="median entropy"
    )  # fmt: skip
    return claims_table([row], values.to_dataset(name="entropy"), "alpha")


def test_a_fall_in_one_ruler_is_told_as_one_in_verdict_summary_and_sentence():
    table = table_of(entropy([-1, -2], [1, 2], [0, 0]))
    assert [claim.verdict for claim in table.claims] == ["holds only in common bins"] * 2
    assert [claim.outcome for claim in table.claims] == ["holds"] * 2
    assert table.summary == "None of 2 claims of the paper holds and 2 hold only in common bins."
    assert table.to_frame()["holds?"].tolist() == ["◐ holds only in common bins"] * 2
    first, second = describe_claims(table)
    assert first == (
        "From 0 to 1 the median entropy in common bins (one range for each network) falls clearly "
        "in both layers (most in fc2, from 3.00 to 1.00 nat)."
    )
    assert second == (
        "The fall of the entropy shows only in common bins (2 of 2 layers); "
        "the entropy rises in shared bins (one range for all networks; 2 of 2 layers)."
    )


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        (([-1], [-1], [-1]), "holds", "shows in all rulers of the bins."),
        (([-1], [0], [-1]), "holds only in common and neuron bins", "in common bins and in neuron"),
        (
            ([0], [-1], [0]),
            "too close to tell",
            "shows only in shared bins (one range for all networks).",
        ),
        (([1], [1], [1]), "does not hold", "shows in no ruler of the bins."),
    ],
)
def test_the_own_ruler_decides_and_the_others_qualify(changes, verdict, words):
    table = table_of(entropy(*changes))
    assert [claim.verdict for claim in table.claims] == [verdict]
    assert words in describe_claims(table)[-1]


def test_the_ruler_of_the_claim_is_the_one_in_its_attributes():
    values = entropy([-1], [1], [0]).assign_attrs(edges="shared")
    (claim,) = table_of(values).claims
    assert claim.verdict == "does not hold"
    assert claim.rulers == {
        "common": "holds", "shared": "does not hold", "neuron": "too close to tell"
    }  # fmt: skip


def test_layers_that_go_against_the_paper_are_told_beside_the_others():
    first, *_ = describe_claims(table_of(entropy([-1, 2, 0])))
    assert first == (
        "From 0 to 1 the median entropy in common bins (one range for each network) falls clearly "
        "in one of three layers "
        "(in fc1, from 3.00 to 2.00 nat) and rises clearly in one of three layers "
        "(in fc2, from 3.00 to 5.00 nat)."
    )


def test_no_clear_change_is_told_as_none():
    first, *_ = describe_claims(table_of(entropy([0.001, 0])))
    assert first.startswith("From 0 to 1 the median entropy in common bins (")
    assert "network) does not change clearly in either" in first


def test_pairs_that_the_paper_does_not_compare_are_told_only_if_it_compares_none():
    values = xr.concat(
        [entropy([-1]), entropy([-1]).sel(alpha=[1]).assign_coords(alpha=[2])], "alpha"
    )  # fmt: skip
    row = Compare(
        "median entropy {rises}", "entropy", -1, between=[(0, 1), (0, 2)], subject="median entropy",
        paper=lambda where, start, end: "3 → 2" if end == 1 else "not in the paper",
    )  # fmt: skip
    table = claims_table([row], values.to_dataset(name="entropy"), "alpha")
    assert [words[:11] for words in describe_claims(table)] == ["From 0 to 1"]
    none = describe_claims(table_of(entropy([-1]), paper="not in the paper"))
    assert [words[:11] for words in none] == ["From 0 to 1"]


def test_one_seed_is_told():
    said = describe_claims(table_of(entropy([-1], [1], [0], seeds=1)))
    assert said[-1] == "There is one seed only, so that nothing is clear."
    assert "does not change clearly" in said[0]


def test_the_opening_names_the_levels():
    first, *_ = describe_claims(table_of(entropy([-1])), opening=lambda a, b: f"{a}, then {b},")
    assert first.startswith("0, then 1, the median entropy in common bins (")
    assert first.endswith("network) falls in fc1 from 3.00 to 2.00 nat.")


def test_the_grid_says_in_how_many_settings_information_changes_so():
    information = entropy([2], [2], [0]).rename(edges="k").assign_coords(k=[1, 3, 10])
    grid = compare_settings(
        {"mutual_information": information}, "alpha", (0, 1), {"mutual_information": 1}
    )
    last = describe_claims(table_of(entropy([-1])), grid)[-1]
    assert last == (
        "The rise of mutual information shows clearly in 2 of 3 settings of neighbours."
    )


def test_rankings_are_told_with_their_exact_p_value():
    ranked = Claim("more goes with better", "colored_digits", 1, "τ = 1.00", "", (1.0, 1.0),
                   n_levels=5)  # fmt: skip
    doubtful = Claim("less goes with better", "colored_digits", 1, "τ = 1.00", "", (0.2, 0.4),
                     n_levels=5)  # fmt: skip
    p = 2 / 120**2  # both orders, or both turned round, of all pairs of orders
    assert ranked.p_value == pytest.approx(p)
    (said,) = describe_claims(ClaimsTable([ranked, doubtful]))
    said = said.replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("On colored digits more goes with better (τ = 1.00, p < 0.001), and")
    assert f"less is not shown to go with better (τ = 0.30, p = {doubtful.p_value:.2g})" in said


@pytest.mark.parametrize(
    ("taus", "rulers", "words"),
    [
        ((1.0, 1.0), {"common": "holds", "shared": "does not hold"},
         "p < 0.001; only in common bins, one range for each network)."),
        ((1.0, 0.8), {}, "p = 0.0013, but two seeds are too few to be sure)."),
    ],
)  # fmt: skip
def test_doubts_about_a_ranking_are_told(taus, rulers, words):
    claim = Claim("more goes with better", "network", 1, "τ = 1.00", "", taus, n_levels=5,
                  rulers=rulers)  # fmt: skip
    (said,) = describe_claims(ClaimsTable([claim]))
    assert said.replace("\N{NO-BREAK SPACE}", " ").endswith(words)


def test_about_takes_no_part_in_the_verdict():
    one = Claim("", "fc1", 1, "1", "1 → 2", (1.0, 1.1), about=About("entropy", 0, 1))
    assert one.verdict == "holds"


def test_entropy_in_rulers_measures_the_others_and_keeps_the_own():
    import infonb as inb

    rng = np.random.default_rng(0)
    acts = xr.concat(
        [
            inb.from_arrays({"fc1": scale * rng.normal(size=(60, 4))})
            for scale in (1, 3)
        ], dim=xr.Variable("alpha", [0, 1]),
    )  # fmt: skip
    runs = acts.assign(entropy=inb.entropy(acts, bins=10, edges="shared"))
    found = entropy_in_rulers(runs)
    assert found.attrs["edges"] == "shared"
    for ruler in RULERS:
        expected = inb.entropy(acts.activation, bins=10, edges=ruler)
        np.testing.assert_allclose(found.sel(edges=ruler).values, expected.values)
    without = entropy_in_rulers(runs.drop_vars("activation"))
    xr.testing.assert_identical(without, runs.entropy)
