"""Which neurons go first."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.selection.interventions.switching_order import check_scores, difference, measured, order
from infonb.selection.interventions.switching_order import scores as signed

OPTIONS = {
    "entropy": {"bins": 10, "edges": "neuron"},
    "mutual information": {"estimator": "mixture", "k": 3},
}


@pytest.fixture
def recorded():
    """Two layers of 4 and 3 neurons; neuron 1 of a is constant, 2 and 3 are nearly the same."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(200, 4)), rng.uniform(size=(200, 3))
    a[:, 1] = 0.5
    a[:, 3] = a[:, 2] + 0.01 * rng.normal(size=200)
    b[:, 2] = b[:, 2] > 0.5
    return inb.from_arrays({"a": a, "b": b}).activation


def scores(recorded, by, options):
    return signed(measured(recorded, [], by, options), by)


def names(found):
    return list(zip(found.layer.tolist(), found.neuron.tolist(), strict=True))


def test_by_entropy_and_information(recorded):
    by = ["lowest entropy", "highest entropy", "highest mutual information"]
    found = {
        name: names(order(score, recorded, ["a", "b"], [0]))
        for name, score in scores(recorded, by, OPTIONS).items()
    }
    entropy = inb.entropy(recorded, bins=10, edges="neuron")
    right = sorted(
        ((float(entropy.sel(layer=layer)[n]), layer, n) for layer, n in found["lowest entropy"])
    )
    assert found["lowest entropy"] == [(layer, n) for _, layer, n in right]
    assert found["lowest entropy"][:2] == [("a", 1), ("b", 2)]
    assert found["highest entropy"] == found["lowest entropy"][::-1]
    assert set(found["highest mutual information"][:2]) == {("a", 2), ("a", 3)}
    assert len(found["lowest entropy"]) == 7  # padding is no neuron


def test_mean_information_is_with_the_others_of_the_layer(recorded):
    pairs = inb.mutual_information(recorded, within="layer", estimator="mixture", k=3)
    score = scores(recorded, ["lowest mutual information"], OPTIONS)
    found = -score["lowest mutual information"]
    by_hand = [[pairs[0, i, j] for j in range(4) if j != i] for i in range(4)]
    np.testing.assert_allclose(found[0], np.mean(by_hand, axis=1))
    np.testing.assert_allclose(found[1, 0], float(pairs[1, 0, 1:3].mean()))


def test_neurons_that_were_not_drawn_or_are_alone_stay(recorded):
    some = {**OPTIONS, "mutual information": {"estimator": "mixture", "neurons": 2}}
    by = ["highest mutual information"]
    score = scores(recorded, by, some)[by[0]]
    assert len(order(score, recorded, ["a"], [0]).neuron) == 2
    alone = inb.from_arrays({"a": recorded[0].values.T, "one": recorded[1, :1].values.T}).activation
    score = scores(alone, by, OPTIONS)[by[0]]
    assert set(order(score, alone, ["a", "one"], [0]).layer) == {"a"}


def test_difference_is_the_mean_absolute_one(recorded):
    other = recorded + xr.DataArray([[1.0, -3, 2, 0], [5, 0, 0, np.nan]], dims=("layer", "neuron"))
    found = difference(recorded, other)
    np.testing.assert_allclose(found[0], [1, 3, 2, 0], atol=1e-6)
    assert names(order(found, recorded, ["a", "b"], [0]))[:3] == [("b", 0), ("a", 1), ("a", 2)]
    with pytest.raises(
        ValueError, match="have 200 and 199 samples; they must be the same examples"
    ):
        difference(recorded, other.isel(sample=slice(1, None)))
    other[0, 2, 7] = np.nan
    with pytest.raises(ValueError, match="layer 'a', neuron 2, are NaN"):
        difference(recorded, other)


def test_equal_scores_and_no_scores_are_drawn_and_the_seed_decides(recorded):
    same = xr.zeros_like(recorded.isel(sample=0))
    draws = {tuple(names(order(same, recorded, ["a", "b"], [seed]))) for seed in range(20)}
    assert len(draws) > 10
    drawn = [names(order(None, recorded, ["a"], [seed])) for seed in (1, 1)]
    assert drawn[0] == drawn[1]
    firsts = [names(order(None, recorded, ["a"], [seed]))[0][1] for seed in range(400)]
    assert np.bincount(firsts, minlength=4).min() > 70  # each about a quarter


def test_the_first_n_by_layer(recorded):
    found = order(None, recorded, ["a", "b"], [3])
    first = found.first(5)
    assert sum(map(len, first.values())) == 5
    assert {(layer, n) for layer, ns in first.items() for n in ns.tolist()} == set(names(found)[:5])


def test_own_scores(recorded):
    own = xr.DataArray(
        [[1.0, 2, 3], [6, 5, 4]], {"layer": ["b", "a"], "neuron": [2, 0, 1]}, ("layer", "neuron")
    )
    found = check_scores({"mine": own}, recorded)["mine"]
    # neuron 3 of a has no score
    right = [("a", 2), ("a", 0), ("a", 1), ("b", 1), ("b", 0), ("b", 2)]
    assert names(order(found, recorded, ["a", "b"], [0])) == right
    with pytest.raises(ValueError, match="by\\['mine'\\] has no layer 'b', but 'a'"):
        check_scores({"mine": own.sel(layer=["a"])}, recorded)
    with pytest.raises(ValueError, match="by\\['mine'\\] must be a DataArray"):
        check_scores({"mine": own[0]}, recorded)
    with pytest.raises(ValueError, match="'random', the name of the null"):
        check_scores({"random": own}, recorded)
