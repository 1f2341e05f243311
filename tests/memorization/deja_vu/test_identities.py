"""What must be so of all models: signs, nulls, sums; and plain loops beside."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import (
    deja_vu_gains,
    deja_vu_top,
    nearest_public,
    predicted_objects,
    recall_survival,
)

DIMS = ("sample", "feature")


@pytest.fixture(scope="module")
def world():
    """Two models that know nothing of each other, of different widths; 900 samples, 400 public."""
    rng = np.random.default_rng(5)
    objects = xr.DataArray(rng.random((900, 20)) < 0.2, dims=("sample", "object"))
    objects[7] = False
    role = np.repeat(["A", "B", "C"], 300).astype(object)
    objects = objects.assign_coords(role=("sample", role))
    public = xr.DataArray(rng.random((400, 20)) < 0.2, dims=("public", "object"))
    near = [
        nearest_public(
            xr.DataArray(rng.normal(size=(900, n)), dims=DIMS),
            xr.DataArray(rng.normal(size=(400, n)), dims=("public", "feature")), 6,
        ) for n in (8, 5)
    ]  # fmt: skip
    return near, objects, public


def recalls(near, objects, public, k):
    """Return recall and precision by sets, sample by sample."""
    found = []
    for z, places in enumerate(near.place.values):
        own = set(np.flatnonzero(objects.values[z]))
        said = {o for p in places[:k] for o in np.flatnonzero(public.values[p])}
        found.append((
            len(own & said) / len(said) if said else 0.0,
            len(own & said) / len(own) if own else np.nan,
        ))  # fmt: skip
    return np.array(found).T


def test_a_plain_loop_finds_the_same(world):
    near, objects, public = world
    found = deja_vu_gains(*near, objects, public, k=3, by=None, draws=0)
    (p_a, r_a), (p_b, r_b) = (recalls(one, objects, public, 3) for one in near)
    np.testing.assert_array_equal(found.precision.values, [p_a, p_b])
    np.testing.assert_array_equal(found.recall.values, [r_a, r_b])
    used = ~np.isnan(r_a)
    n = used.sum()
    prg = ((r_a > r_b)[used].sum() - (r_a < r_b)[used].sum()) / n
    ppg = ((p_a > p_b)[used].sum() - (p_a < p_b)[used].sum()) / n
    assert (float(found.ppg), float(found.prg)) == (pytest.approx(ppg), pytest.approx(prg))
    assert float(found.aucg) == pytest.approx(np.nanmean(r_a) - np.nanmean(r_b))
    assert int(found.n_dropped) == (~used).sum() > 0


def test_exchanged_models_change_all_signs(world):
    (a, b), objects, public = world
    one, other = (deja_vu_gains(*pair, objects, public, draws=50) for pair in ((a, b), (b, a)))
    for name in ("ppg", "prg", "aucg"):
        np.testing.assert_array_equal(one[name], -other[name])
        flipped = -other[f"{name}_interval"].values[..., ::-1]
        np.testing.assert_allclose(one[f"{name}_interval"], flipped, atol=1e-12)


def test_a_model_and_itself_differ_by_nothing(world):
    (a, _), objects, public = world
    found = deja_vu_gains(a, a, objects, public)
    for name in ("ppg", "prg", "aucg", "ppg_interval", "prg_interval", "aucg_interval"):
        assert not found[name].values.any()
        assert not np.signbit(found[name].values).any()


def test_models_that_know_nothing_stay_within_three_over_the_root(world):
    near, objects, public = world
    found = deja_vu_gains(*near, objects, public)
    limit = 3 / np.sqrt(found.n_used)
    for name in ("ppg", "prg"):
        assert bool((abs(found[name]) < limit).all())
        low, high = found[f"{name}_interval"].transpose("bound", ...).values
        assert ((low < found[name]) & (found[name] < high)).all()


def test_the_bootstrap_interval_is_as_wide_as_the_normal_one(world):
    near, objects, public = world
    found = deja_vu_gains(*near, objects, public, draws=2000)
    less = found.recall.sel(model="target") - found.recall.sel(model="reference")
    spread = less[600:].std() / np.sqrt(300)
    low, high = found.aucg_interval.sel(group="C").values
    assert (high - low) / (2 * 1.96 * float(spread)) == pytest.approx(1, abs=0.08)


def test_hits_are_counted_the_same_from_both_sides(world):
    near, objects, public = world
    predicted = predicted_objects(near[0], public).predicted
    found = deja_vu_gains(*near, objects, public, draws=0)
    own = found.sel(model="target")
    hits = own.precision * predicted.sum("object")
    np.testing.assert_allclose(hits, own.n_correct)
    recalled = (own.recall * objects.sum("object")).fillna(0)
    np.testing.assert_allclose(recalled, own.n_correct)


def test_the_area_under_the_survival_curve_is_the_mean(world):
    near, objects, public = world
    found = deja_vu_gains(*near, objects, public, draws=0)
    curve = recall_survival(found, 4001)
    area = curve.integrate("threshold")
    known = found.recall.groupby("role").mean().rename(role="group")
    np.testing.assert_allclose(area, known.transpose(*area.dims), atol=2e-3)
    between = area.sel(model="target") - area.sel(model="reference")
    np.testing.assert_allclose(between, found.aucg, atol=2e-3)


def test_batches_are_measured_one_by_one(world):
    near, objects, public = world
    seeds = [xr.concat([one, one.isel(neighbor=slice(None, None, -1))], "seed", join="override")
             for one in near]  # fmt: skip
    both = deja_vu_gains(*seeds, objects, public, k=2, draws=20)
    assert both.prg.dims == ("seed", "group")
    for seed in (0, 1):
        alone = deja_vu_gains(
            *(one.isel(seed=seed) for one in seeds), objects, public, k=2, draws=20
        )
        xr.testing.assert_allclose(both.isel(seed=seed).drop_attrs(), alone.drop_attrs())
    # any name of a batch, and a batch of one of the two models alone
    for name in ("metric", "layer"):
        renamed = deja_vu_gains(
            *(one.rename(seed=name) for one in seeds), objects, public, k=2, draws=0
        )
        assert renamed.prg.dims == (name, "group")
        np.testing.assert_array_equal(renamed.prg, both.prg)
    mixed = deja_vu_gains(seeds[0], near[1], objects, public, k=2, draws=0)
    alone = deja_vu_gains(seeds[0].isel(seed=1), near[1], objects, public, k=2, draws=0)
    np.testing.assert_array_equal(mixed.prg.isel(seed=1), alone.prg)
    top = deja_vu_top(both)
    assert top.recall_gap.dims == ("seed", "group", "top")
    alone = deja_vu_top(deja_vu_gains(*(one.isel(seed=1) for one in seeds), objects, public, k=2))
    np.testing.assert_allclose(top.recall_gap.isel(seed=1), alone.recall_gap)


def test_keys_that_choose_by_the_outcome_find_gaps_in_the_null(world):
    near, objects, public = world
    found = deja_vu_gains(*near, objects, public, draws=0)
    gap = {key: deja_vu_top(found, key=key, shares=[0.05]).recall_gap for key in
           ("min_dist", "crct_pred", "max_pred_gap")}  # fmt: skip
    assert float(gap["max_pred_gap"].sel(group="C").item()) > 0.2  # of nothing
    assert abs(float(gap["min_dist"].sel(group="C").item())) < 0.2


def test_the_first_are_those_of_a_plain_sort(world):
    near, objects, public = world
    found = deja_vu_gains(*near, objects, public, draws=0)
    top = deja_vu_top(found, key="min_dist", shares=[0.1])
    own = near[0].distance.values[:300, 0]
    used = [z for z in range(300) if objects.values[z].any()]
    first = sorted(used, key=lambda z: own[z])[: len(used) // 10]
    here = found.recall.values[:, first].mean(axis=1)
    np.testing.assert_allclose(top.recall.sel(group="A", top=0.1), here)
    assert int(top.n_top.sel(group="A", top=0.1)) == len(first) == 29
