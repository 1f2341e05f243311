import warnings

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.measures import TiesWarning
from infonb.measures.kernels.ksg import ksg_information
from infonb.measures.ties import grid_bias


def tanh_units(n_samples=2500, rho=0.5, gain=1.0, seed=0):
    rng = np.random.default_rng(seed)
    shared = np.sqrt(rho) * rng.normal(size=n_samples)
    values = np.tanh(gain * (shared + np.sqrt(1 - rho) * rng.normal(size=(8, n_samples))))
    return xr.DataArray(values.astype(np.float32), dims=("neuron", "sample"))


def bfloat16(acts):
    import torch

    return acts.copy(data=torch.from_numpy(acts.values).to(torch.bfloat16).float().numpy())


def int8(acts):
    return np.round(acts * 127).astype(np.int8)


def caught(acts, **options):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        inb.mutual_information(acts, **options)
    return [str(w.message) for w in found]


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
def test_continuous_units_are_fine(estimator):
    for acts in (tanh_units(), tanh_units(gain=3.0), tanh_units(100).astype(np.float16)):
        assert caught(acts, estimator=estimator) == []


def test_relu_units_warn_once_with_the_share():
    acts = np.maximum(tanh_units(500), 0)
    share = float(
        ((acts == 0).values[:, None] & (acts == 0).values).mean(-1)[~np.eye(8, dtype=bool)].mean()
    )
    (message,) = caught(acts)
    assert f"{share:.1%} of the samples of a pair on average" in message
    assert "in the worst of 28 pairs" in message
    assert caught(acts, estimator="mixture") == []
    assert caught(acts, estimator="binned") == []


def test_a_few_ties_do_not_warn():
    acts = tanh_units(1000)
    acts[:, :10] = 0.25
    assert caught(acts) == []  # 1 %
    acts[:, :11] = 0.25
    (message,) = caught(acts)
    assert "1.1% of the samples" in message


def test_a_unit_with_itself_does_not_warn():
    acts = np.maximum(tanh_units(300)[:1], 0)
    assert caught(acts) == []


def test_the_warning_points_at_the_call_and_can_be_silenced():
    acts = np.maximum(tanh_units(300), 0)
    with pytest.warns(TiesWarning) as found:
        inb.mutual_information(acts)
    assert [w.filename for w in found] == [__file__]
    with pytest.warns(TiesWarning) as found:
        acts.infonb.mutual_information()
    assert [w.filename for w in found] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", TiesWarning)
        inb.mutual_information(acts)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("rounded", [bfloat16, int8])
@pytest.mark.parametrize("estimator", ["ksg", "mixture"])
def test_quantised_units_warn_whatever_their_dependence(rounded, rho, estimator):
    messages = caught(rounded(tanh_units(rho=rho)), estimator=estimator)
    assert any("Neighbours on a grid" in message for message in messages)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("rounded", [bfloat16, int8])
def test_the_bias_is_about_what_the_warning_says(rounded, rho):
    acts = tanh_units(rho=rho)
    first, second = np.triu_indices(8, 1)

    def ksg(values):
        return ksg_information(np.asarray(values, np.float64), first, second, 3)[0].mean()

    x = np.asarray(rounded(acts), np.float64)
    bias = ksg(x) - ksg(acts)
    said = np.mean([grid_bias(x[a], x[b], 3) for a, b in zip(first, second, strict=True)])
    assert bias > 0.05
    assert said == pytest.approx(bias, rel=0.3)
    # the remedy: noise as wide as a rounding step; of int8 that is 1
    if rounded is int8:
        noise = np.random.default_rng(1).uniform(-0.5, 0.5, size=x.shape)
        assert ksg(x + noise) == pytest.approx(ksg(acts), abs=0.02)
        assert caught(acts.copy(data=x + noise)) == []


def test_no_bias_of_continuous_values_and_beside_zeros():
    x, y = tanh_units().values[:2].astype(np.float64)
    assert grid_bias(x, y, 3) == 0
    assert grid_bias(np.maximum(x, 0), y, 3) < 0.005
    assert grid_bias(np.maximum(x, 0), np.maximum(y, 0), 3) < 0.005
    assert grid_bias(x, y > 0, 3, classes=True) == 0


@pytest.mark.parametrize("estimator", ["ksg", "mixture"])
def test_quantised_units_with_a_label(estimator):
    acts = tanh_units(rho=0.0)
    label = np.random.default_rng(1).integers(4, size=2500)
    assert caught(acts, other=label, estimator=estimator) == []
    messages = caught(int8(acts), other=label, estimator=estimator)
    assert sum("Neighbours on a grid" in message for message in messages) == 1


@pytest.mark.parametrize("n_samples", [4, 5, 9])
def test_few_samples(n_samples):
    acts = xr.DataArray(
        np.random.default_rng(0).normal(size=(3, n_samples)), dims=("neuron", "sample")
    )
    assert caught(acts) == []
    caught(np.round(acts))
    caught(acts * 0)
    caught(acts[:0])
