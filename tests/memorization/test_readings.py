"""Cumulative loss, area under the margin, forgetting events: by hand and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import area_under_margin, cumulative_loss, forgetting_events

READINGS = (cumulative_loss, area_under_margin, forgetting_events)


def dynamics(n_epochs: int = 7, n: int = 12, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    shape = (2, n_epochs, n)
    dims = ("seed", "epoch", "sample")
    return xr.Dataset(
        {"loss": (dims, rng.random(shape)), "margin": (dims, rng.normal(size=shape)),
         "prediction": (dims, rng.integers(0, 3, shape))},
        {"label": ("sample", rng.integers(0, 3, n)), "epoch": np.arange(1, n_epochs + 1),
         "is_wrong": ("sample", rng.random(n) < 0.5)},
    )  # fmt: skip


def test_by_hand():
    one = xr.Dataset(
        {"loss": (("epoch", "sample"), [[3.0, 0.5], [1.0, 0.25]]),
         "margin": (("epoch", "sample"), [[-2.0, 1.0], [1.0, 4.0]])}
    )  # fmt: skip
    assert cumulative_loss(one).values.tolist() == [4.0, 0.75]
    assert cumulative_loss(one, trajectory=True).values.tolist() == [[3.0, 0.5], [4.0, 0.75]]
    assert area_under_margin(one).values.tolist() == [-0.5, 2.5]


@pytest.mark.parametrize(
    ("right", "events", "never"),
    [
        ([1, 1, 1, 1], 0, False),  # unforgettable
        ([0, 0, 1, 1], 0, False),  # learnt late
        ([1, 0, 1, 0], 2, False),
        ([0, 1, 0, 0], 1, False),
        ([1, 0, 0, 1], 1, False),
        ([0, 0, 0, 0], np.inf, True),
    ],
)
def test_forgetting_by_hand(right, events, never):
    one = xr.Dataset(
        {"prediction": (("epoch", "sample"), np.array(right)[:, None])}, {"label": ("sample", [1])}
    )
    found = forgetting_events(one)
    assert (float(found[0]), bool(found.never_learnt[0])) == (events, never)


def test_as_plain_loops():
    data = dynamics()
    loss, margin, events = (
        f(data) for f in (cumulative_loss, area_under_margin, forgetting_events)
    )
    for seed in range(2):
        for i in range(12):
            lost, ever, before = 0, False, False
            for epoch in range(7):
                now = int(data.prediction[seed, epoch, i]) == int(data.label[i])
                lost += before and not now
                ever, before = ever or now, now
            assert float(events[seed, i]) == (lost if ever else np.inf)
            assert loss[seed, i] == pytest.approx(
                sum(float(data.loss[seed, e, i]) for e in range(7))
            )
            mean = sum(float(data.margin[seed, e, i]) for e in range(7)) / 7
            assert margin[seed, i] == pytest.approx(mean)
    assert np.isnan(forgetting_events(data.where(data.seed == 9), never_learnt=np.nan)).all()


@pytest.mark.parametrize("reading", READINGS)
def test_labels_and_attributes(reading):
    data = dynamics().transpose("sample", ...)
    found = reading(data)
    assert found.dims == ("seed", "sample")
    np.testing.assert_array_equal(found.is_wrong, data.is_wrong)
    assert found.name == found.measure == reading.__name__
    assert found.memorized in ("high", "low")
    assert found.n == 12
    assert found.units
    order = np.random.default_rng(1).permutation(12)
    xr.testing.assert_identical(reading(data.isel(sample=order)), found.isel(sample=order))


def test_the_trajectory_ends_in_the_sum():
    data = dynamics()
    told = cumulative_loss(data, trajectory=True)
    assert told.dims == ("seed", "epoch", "sample")
    np.testing.assert_array_equal(told.epoch, data.epoch)
    np.testing.assert_allclose(told.isel(epoch=-1), cumulative_loss(data))


@pytest.mark.parametrize(
    ("reading", "name"), [(cumulative_loss, "loss"), (area_under_margin, "margin")]
)
def test_what_is_nan_in_an_epoch_is_not_hidden(reading, name):
    data = dynamics()
    data[name][0, 3, 5] = np.nan
    found = reading(data)
    assert np.isnan(found[0, 5])
    assert int(found.isnull().sum()) == 1


@pytest.mark.parametrize(
    ("reading", "given", "error", "message"),
    [
        (cumulative_loss, dynamics().drop_vars("loss"), ValueError, "needs the variable 'loss'"),
        (cumulative_loss, np.zeros((2, 2)), TypeError, "Dynamics records them"),
        (area_under_margin, dynamics().isel(epoch=0), ValueError, "dim 'epoch' not found"),
        (area_under_margin, dynamics().isel(sample=0), ValueError, "dim 'sample' not found"),
        (forgetting_events, dynamics().isel(epoch=[3]), ValueError, "2 epochs; there is 1"),
        (
            area_under_margin,
            dynamics().loss,
            ValueError,
            "the area under the margin reads the variable 'margin', and this is 'loss'. Give the",
        ),
        (cumulative_loss, dynamics().margin, ValueError, "'loss', and this is 'margin'"),
        (forgetting_events, dynamics().drop_vars("label"), ValueError, "needs the label"),
    ],
)
def test_errors(reading, given, error, message):
    with pytest.raises(error, match=message):
        reading(given)
