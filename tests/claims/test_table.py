"""The closing table: intervals, verdicts, and what it shows."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from infonb.claims import Claim, ClaimsTable, change, interval
from infonb.claims.table import claim_row


def claim(effect, direction=1):
    return Claim("entropy rises", "fc1", direction, "1 → 2", "1 → 3", tuple(effect))


def test_interval_is_student_t():
    # mean 2, standard deviation 1, t(0.975, 2) = 4.302653
    low, high = interval([1.0, 2.0, 3.0])
    half = 4.302652729749464 / math.sqrt(3)
    assert (low, high) == pytest.approx((2 - half, 2 + half), abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8))
def test_interval_contains_the_mean(values):
    low, high = interval(values)
    assert low <= np.mean(values) + 1e-9
    assert high >= np.mean(values) - 1e-9


def test_interval_of_one_value_is_unbounded():
    assert interval([3.0]) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("effect", "direction", "verdict"),
    [
        ((1.0, 1.1, 0.9), 1, "holds"),
        ((1.0, 1.1, 0.9), -1, "does not hold"),
        ((-1.0, -1.1, -0.9), -1, "holds"),
        ((1.0, -1.1, 0.2), 1, "too close to tell"),
        ((1.0,), 1, "too close to tell"),
        ((0.0, 0.0, 0.0), 1, "too close to tell"),
        ((0.5, 0.5), 1, "holds"),
    ],
)
def test_verdict(effect, direction, verdict):
    assert claim(effect, direction).verdict == verdict


def test_agreeing_counts_seeds_with_the_claimed_sign():
    assert claim([1.0, -1.0, 0.0]).agreeing == 1
    assert claim([1.0, -1.0, 0.0], direction=-1).agreeing == 1


@pytest.mark.parametrize("effect", [(), (math.nan,), (1.0, math.inf)])
def test_effect_must_be_finite(effect):
    with pytest.raises(ValueError, match="one finite value per seed"):
        claim(effect)


def test_direction_must_be_a_sign():
    with pytest.raises(ValueError, match="direction must be one of 1, -1; not 0"):
        claim([1.0], direction=0)


def test_table_says_that_one_seed_has_no_interval():
    row = ClaimsTable([claim([1.0])]).to_frame().iloc[0]
    assert row["95 % t (seeds)"] == row["95 % bootstrap"] == "none"
    assert row["seeds that agree"] == "1 of 1"
    assert row["holds?"] == "? one seed only"


def test_one_seed_shows_the_interval_of_its_neurons_and_decides_nothing():
    draws = np.linspace(0.0, 2.0, 1001)
    one = Claim("entropy rises", "fc1", 1, "1 → 2", "1 → 2", (1.0,), draws)
    row = claim_row(one)
    assert row["95 % bootstrap"] == "+0.05 … +1.95"  # 2.5 % off each end
    assert row["95 % t (seeds)"] == "none"
    assert one.verdict == "too close to tell"
    assert row["holds?"] == "? one seed only"


@pytest.mark.parametrize(
    ("effect", "draws", "verdict"),
    [
        ((1.0, 1.1, 0.9), (0.5, 1.5), "holds"),
        ((1.0, 1.1, 0.9), (-0.1, 1.5), "too close to tell"),  # seeds agree, neurons do not
        ((1.0, 3.0, 0.2), (0.1, 3.0), "too close to tell"),  # t includes zero
        ((-1.0, -1.1, -0.9), (-1.5, -0.5), "does not hold"),
        ((-1.0, -1.1, -0.9), (-1.5, 0.1), "too close to tell"),
    ],
)
def test_a_verdict_needs_both_intervals(effect, draws, verdict):
    one = Claim("", "", 1, "", "", effect, np.linspace(*draws, 100))
    assert one.verdict == verdict


def test_draws_must_be_finite():
    with pytest.raises(ValueError, match="draws must hold finite values"):
        Claim("", "", 1, "", "", (1.0,), np.array([1.0, math.nan]))


def test_a_table_without_rows_says_so():
    table = ClaimsTable([], "There is one α only.")
    assert repr(table) == "Nothing was compared. There is one α only."
    assert "<table" not in table._repr_html_()


def test_html_shows_every_row_whole_and_escapes():
    long = "a statement that is longer than fifty characters, where pandas cuts by default"
    table = ClaimsTable(
        [Claim(long, "<fc1>", 1, "", "", (1.0, 1.1))], caption="S < 10"
    )._repr_html_()
    assert long in table
    assert "&lt;fc1&gt;" in table
    assert "S &lt; 10" in table
    assert "✓" in table


def test_summary_counts():
    table = ClaimsTable([claim([1.0, 1.1]), claim([-1.0, -1.1]), claim([1.0])])
    assert (
        table.summary
        == "1 of 3 claims of the paper holds, 1 does not hold and 1 is too close to tell."
    )
    table = ClaimsTable([claim([-1.0, -1.1])] * 2 + [claim([1.0])] * 3)
    assert (
        table.summary
        == "None of 5 claims of the paper holds, 2 do not hold and 3 are too close to "
        "tell."
    )


def test_small_effects_are_shown_with_two_digits():
    values = xr.DataArray(
        [[0.046, 0.045, 0.047], [0.044, 0.0432, 0.0451]], {"beta": [0.0, 1.0]}, ("beta", "seed")
    )
    found = change(values, "beta", 0.0, 1.0)
    assert found.here == "0.0460 → 0.0441"
    assert claim_row(Claim("", "", -1, "", *found))["difference"] == "−0.0019"


def test_change_pairs_the_seeds():
    values = xr.DataArray(
        [[1.0, 5.0], [2.0, 4.0]], {"alpha": [0.0, 1.0], "seed": [0, 1]}, ("alpha", "seed")
    )
    here, effect, draws = change(values, "alpha", 0.0, 1.0)
    assert here == "3.00 → 3.00"
    assert effect == (1.0, -1.0)
    assert set(draws) == {-1.0, 0.0, 1.0}  # never 3, the start of one with the end of the other


def test_intervals_end_where_the_effect_does_and_the_verdict_stays():
    effect = (1.0, 1.0, 0.6)
    free = Claim("rank", "network", 1, "τ = 0.9", "τ = 0.87", effect)
    bound = Claim("rank", "network", 1, "τ = 0.9", "τ = 0.87", effect, bounds=(-1.0, 1.0))
    low, high = interval(effect)
    assert high > 1
    assert claim_row(free)["95 % t (seeds)"] == f"{low:+.2f} … {high:+.2f}"
    assert claim_row(bound)["95 % t (seeds)"] == f"{low:+.2f} … +1.00"
    assert bound.verdict == free.verdict
    assert bound.bootstrap == free.bootstrap
    with pytest.raises(ValueError, match="bounds must be on either side of zero"):
        Claim("rank", "network", 1, "", "", effect, bounds=(0.5, 1.0))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("0.98 → 0.1", "0.98 → 0.10"),
        ("1 → 0.5", "1.00 → 0.50"),
        ("0.0460 → 0.0441", "0.0460 → 0.0441"),
        ("0.046 → 0.02", "0.046 → 0.020"),
        ("-0.5 → -0.25", "−0.50 → −0.25"),
        ("τ = -0.73", "τ = −0.73"),
        ("τ = 0.20 (means over seeds: -0.60)", "τ = 0.20 (means over seeds: −0.60)"),
        ("3 → 1", "3 → 1"),
        ("not reported", "not reported"),
        ("5-10 epochs of ResNet-18", "5-10 epochs of ResNet-18"),
    ],
)
def test_numbers_of_a_row_are_written_alike(words, shown):
    row = claim_row(Claim("", "", 1, words, words, (1.0, 1.1)))
    assert row["paper"] == row["here"] == shown


def named(statement, where, paper, effect=(1.0, 1.1)):
    return Claim(statement, where, 1, paper, "1 → 2", effect)


def test_what_the_paper_does_not_say_is_counted_apart():
    claims = [
        named("entropy rises", "fc1", "1 → 2"),
        named("entropy rises", "fc2", "not reported", (-1.0, -1.1)),
        named("entropy rises", "mean of layers", "1 → 2", (0.0, 0.0)),
        named("MI rises", "mean of layers, alpha = 1", "1 → 2"),  # its layers are no rows
        named("loss rises", "network", "not in the paper"),
    ]
    table = ClaimsTable(claims)
    assert [claim.where for claim in table.of_paper] == ["fc1", "mean of layers, alpha = 1"]
    assert table.summary == "2 of 2 claims of the paper hold."
    assert table.further_summary == (
        "Further checks, which the paper does not report: 1 of 3 holds, 1 does not hold and 1 is "
        "too close to tell."
    )
    html = table._repr_html_()
    own, _, further = html.partition("<details><summary>Further checks, which the paper does not")
    assert own.count("<tr") == 3
    assert further.count("<tr") == 4
    assert "not reported" not in html
    assert html.count("<strong>") == 1, "the headline is about the paper's claims alone"


def test_without_claims_of_the_paper_the_headline_says_so():
    table = ClaimsTable([named("loss rises", "network", "not reported")])
    assert table.summary == "The paper makes no claim here; the one further check holds."
    assert not table.further_summary
    html = table._repr_html_()
    assert html.index("<table") < html.index("<strong>")


def test_a_ranking_shows_the_p_value_that_decides_and_the_rule():
    one = Claim("rank", "network", 1, "τ = 1.00", "τ = 0.33", (1 / 3,) * 3, n_levels=3)
    assert one.verdict == "too close to tell"
    row = claim_row(one)
    assert row["here"] == f"τ = 0.33; exact rank test: p = {one.p_value:.2g}"
    assert one.p_value > 0.05
    assert "exact rank test" in ClaimsTable([one]).caption
    assert "rank test" not in ClaimsTable([claim([1.0, 1.1])]).caption


@pytest.mark.parametrize("effect", [(0.123, 0.5, 0.2), (1.0, 12.0, 7.0), (0.001, 0.0012, 0.0013)])
def test_both_ends_of_an_interval_have_the_same_digits(effect):
    row = claim_row(claim(effect))
    for column in ("95 % bootstrap", "95 % t (seeds)"):
        low, high = row[column].split(" … ")
        assert len(low.partition(".")[2]) == len(high.partition(".")[2])
