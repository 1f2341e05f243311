"""Gaps between groups: by hand, absent members, coverage of intervals, permuted groups."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.probing import sufficiency_gap, tpr_gap

pytestmark = pytest.mark.slow


def samples(values) -> xr.DataArray:
    return xr.DataArray(np.array(values), dims="sample")


def drawn(n: int, right: tuple[float, float], seed: int = 0):
    """Labels of three classes; a group's labels are recognized with its own probability."""
    rng = np.random.default_rng(seed)
    label, group = rng.integers(0, 3, n), rng.integers(0, 2, n)
    wrong = (label + rng.integers(1, 3, n)) % 3
    told = np.where(rng.random(n) < np.array(right)[group], label, wrong)
    return samples(told), samples(label), samples(np.array(["f", "m"])[group])


def test_by_hand():
    #                 nurse: f 3 of 4, m 1 of 2;  surgeon: f 0 of 1, m 2 of 2
    label = samples(["nurse"] * 6 + ["surgeon"] * 3)
    group = samples(["f"] * 4 + ["m"] * 2 + ["f"] + ["m"] * 2)
    told = samples(["nurse"] * 3 + ["surgeon", "nurse", "surgeon", "nurse", "surgeon", "surgeon"])
    found = tpr_gap(told, label, group)
    assert found["class"].values.tolist() == ["nurse", "surgeon"]
    np.testing.assert_allclose(found.true_positive_rate, [[0.75, 0.5], [0, 1]])
    np.testing.assert_allclose(found.gap, [-0.25, 1])
    np.testing.assert_array_equal(found.n_samples, [[4, 2], [1, 2]])
    assert float(found.root_mean_square) == pytest.approx(np.sqrt((0.0625 + 1) / 2))
    assert float(found.absolute_sum) == pytest.approx(1.25)
    assert found.attrs["difference"] == "m - f"
    np.testing.assert_allclose(tpr_gap(told, label, group, groups=["m", "f"]).gap, [0.25, -1])
    # told nurse: f 3 of 4 are, m 1 of 1; told surgeon: f 0 of 1, m 2 of 3
    enough = sufficiency_gap(told, label, group)
    np.testing.assert_allclose(enough.precision, [[0.75, 1], [0, 2 / 3]])
    np.testing.assert_allclose(enough.gap, [0.25, 2 / 3])
    # of all five told nurse 4 are; of all four told surgeon 2 are
    by_hand = [
        [0.75 * np.log(0.75 / 0.8) + 0.25 * np.log(0.25 / 0.2), np.log(1 / 0.8)],
        [np.log(1 / 0.5), 2 / 3 * np.log((2 / 3) / 0.5) + 1 / 3 * np.log((1 / 3) / 0.5)],
    ]
    np.testing.assert_allclose(enough.divergence, by_hand)
    assert float(enough.divergence_sum) == pytest.approx(np.sum(by_hand))


def test_a_gap_is_found_with_its_sign_and_a_fair_classifier_has_none():
    unfair = tpr_gap(*drawn(6000, (0.9, 0.7)))
    np.testing.assert_allclose(unfair.gap, -0.2, atol=0.05)
    assert (unfair.interval.sel(bound="high") < 0).all()
    assert float(unfair.root_mean_square) > 5 * float(unfair.root_mean_square_null)
    fair = tpr_gap(*drawn(6000, (0.8, 0.8)))
    assert (fair.interval.sel(bound="low") < 0).all()
    assert (fair.interval.sel(bound="high") > 0).all()
    assert float(fair.root_mean_square) < 2.5 * float(fair.root_mean_square_null)


def test_interval_covers_as_often_as_it_says():
    inside = [
        (found.interval.sel(bound="low") <= -0.2) & (found.interval.sel(bound="high") >= -0.2)
        for seed in range(60)
        for found in [tpr_gap(*drawn(600, (0.9, 0.7), seed), draws=300)]
    ]
    # 180 intervals of 0.95: six of a thousand such tests would find fewer than 0.90
    assert np.mean(inside) > 0.9


def test_null_is_that_of_permuted_groups():
    told, label, group = drawn(300, (0.9, 0.6))
    rng = np.random.default_rng(1)
    plain = {"tpr": [], "divergence": []}
    for _ in range(300):
        mixed, also = group.copy(deep=True), group.copy(deep=True)
        for c in range(3):
            at, told_at = np.flatnonzero(label == c), np.flatnonzero(told == c)
            mixed[at] = rng.permutation(group[at])
            also[told_at] = rng.permutation(group[told_at])
        plain["tpr"].append(float(tpr_gap(told, label, mixed, draws=2).root_mean_square))
        plain["divergence"].append(
            float(sufficiency_gap(told, label, also, draws=2).divergence_sum)
        )
    null = float(tpr_gap(told, label, group).root_mean_square_null)
    assert null == pytest.approx(np.mean(plain["tpr"]), rel=0.1)
    null = float(sufficiency_gap(told, label, group).divergence_sum_null)
    assert null == pytest.approx(np.mean(plain["divergence"]), rel=0.1)


def test_a_group_without_a_class_is_told_and_counts_in_no_sum():
    label, group = samples([0, 0, 0, 1, 1]), samples(["f", "m", "m", "m", "m"])
    with pytest.warns(UserWarning, match=r"no sample of a group has these true classes: 'f': 1;"):
        found = tpr_gap(samples([0, 0, 1, 1, 1]), label, group)
    np.testing.assert_allclose(found.gap, [-0.5, np.nan])
    assert np.isnan(found.interval.sel({"class": 1})).all()
    assert float(found.absolute_sum) == 0.5
    with pytest.warns(UserWarning, match="these predicted classes: 'f': 1"):
        enough = sufficiency_gap(samples([0, 0, 1, 1, 1]), label, group)
    assert np.isnan(enough.gap.sel({"class": 1}))
    assert np.isfinite(float(enough.divergence_sum))


def test_of_one_group_alone_nothing_is_known():
    one = samples([0, 0, 1, 1])
    with pytest.warns(UserWarning, match="no sample of a group has these"):
        found = sufficiency_gap(one, one, samples(["f"] * 4), groups=["f", "m"])
    for name in ("root_mean_square", "absolute_sum", "divergence_sum"):
        for ending in ("", "_null", "_interval"):
            assert np.isnan(found[name + ending]).all(), name + ending


def test_numbers_and_words_are_no_classes():
    group = samples(["f", "m", "f", "m"])
    with pytest.raises(TypeError, match=r"label and prediction are of the kinds int and str"):
        tpr_gap(samples(["0", "1", "1", "0"]), samples([0, 1, 0, 1]), group)
    logits = xr.DataArray(np.zeros((4, 2)), dims=("sample", "class"))
    with pytest.raises(ValueError, match=r"has the dim 'class'.*argmax"):
        tpr_gap(logits, samples([0, 1, 0, 1]), group)
    with pytest.raises(ValueError, match="prediction has no sample"):
        tpr_gap(*[group[:0]] * 3, groups=["f", "m"])


def test_more_dims_are_a_batch_and_it_saves(tmp_path):
    several = [drawn(400, (0.9, 0.7)), drawn(400, (0.8, 0.8))]
    told = xr.concat([one[0] for one in several], dim="seed").assign_coords(seed=[0, 5])
    _, label, group = several[0]
    found = tpr_gap(told, label, group)
    assert found.gap.dims == ("seed", "class")
    for i in range(2):
        alone = tpr_gap(told[i], label, group)
        np.testing.assert_allclose(found.gap[i], alone.gap)
    inb.save(found, tmp_path / "gap.zarr")
    xr.testing.assert_identical(inb.open(tmp_path / "gap.zarr").load(), found)
    same = tpr_gap(told, label, group)
    xr.testing.assert_identical(same, found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"group": samples(["f", "m", "x", "m"])}, "a gap is between two groups"),
        ({"group": samples(["f", "f", "f", "f"])}, "a gap is between two groups"),
        ({"label": samples([0, 1, 0])}, "different samples: 4 and 3"),
        ({"label": samples([0.0, np.nan, 1.0, 0.0])}, "label is missing for 1 samples"),
        ({"level": 1.0}, "level must be above 0 and below 1"),
        ({"draws": 1}, "draws must be at least 2"),
    ],
)
def test_bad_input_is_one_clear_line(change, told):
    given = {
        "prediction": samples([0, 1, 1, 0]), "label": samples([0, 1, 0, 1]),
        "group": samples(["f", "m", "f", "m"]), **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=told) as error:
        tpr_gap(**given)
    assert "\n" not in str(error.value)
