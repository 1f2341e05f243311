"""The case that is counted by hand, of labels as sets, and of embeddings."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import deja_vu_gains, deja_vu_top, nearest_public, predicted_objects

#: What images show, as sets of objects 0 … 3; neighbours of the captions by models A and B.
OWN = [{0, 1}, {2, 3}, {0}, set()]
PUBLIC = [{0, 1}, {0, 2}, {3}, set()]
BY_A, BY_B = [0, 2, 2, 0], [1, 3, 1, 1]


def shown(sets, dim, n=4):
    table = np.array([[one in objects for one in range(n)] for objects in sets])
    return xr.DataArray(table, dims=(dim, "object"))


def places(found):
    return xr.DataArray(np.array(found)[:, None], dims=("sample", "neighbor"))


@pytest.fixture
def found():
    objects = shown(OWN, "sample").assign_coords(role=("sample", list("AAAA")))
    return deja_vu_gains(places(BY_A), places(BY_B), objects, shown(PUBLIC, "public"), draws=200)


def test_precision_and_recall_of_each_sample(found):
    assert found.model.values.tolist() == ["target", "reference"]
    assert found.precision.values[:, :3].tolist() == [[1, 1, 0], [0.5, 0, 0.5]]
    assert found.recall.values[:, :3].tolist() == [[1, 0.5, 0], [0.5, 0, 1]]
    assert np.isnan(found.recall.values[:, 3]).all()  # nothing there to find


def test_gains(found):
    one = found.sel(group="A")
    assert float(one.ppg) == pytest.approx(1 / 3)
    assert float(one.prg) == pytest.approx(1 / 3)
    assert float(one.aucg) == 0.0  # so they differ: better known more often, not on average
    assert (int(one.n_used), int(one.n_dropped)) == (3, 1)


def test_bootstrap_draws_samples(found):
    # draws of three of (1, 1, -1) are all 1 in 8 of 27 cases, all -1 in one
    assert found.prg_interval.sel(group="A").values.tolist() == [-1, 1]
    # of (0.5, 0.5, -1): from -1 to 0.5
    assert found.aucg_interval.sel(group="A").values.tolist() == [-1, 0.5]


def test_the_first_by_the_gap_of_predictions(found):
    top = deja_vu_top(found, key="max_pred_gap", shares=[0.01, 0.7], null=None)
    # gaps of correct objects 1, 1, -1: stable order T0, T1, T2
    assert top.n_top.values.tolist() == [[1, 2]]
    assert top.recall_gap.values.ravel().tolist() == [0.5, 0.5]
    assert top.precision_gap.values.ravel().tolist() == [0.5, 0.75]
    p, r = 1.0, 0.75
    f = top.f.sel(model="target", top=0.7).item()
    assert f == pytest.approx(2 * p * r / (p + r + 1e-5), abs=1e-15)


def test_embeddings_lead_to_these_neighbours():
    text = xr.DataArray([[1.0, 0.0]], dims=("sample", "feature"))
    of_a = xr.DataArray([[1.0, 0.0], [0.0, 1.0]], dims=("public", "feature"))
    assert nearest_public(text, of_a, 1).place.values.tolist() == [[0]]
    assert nearest_public(text, of_a[::-1], 1).place.values.tolist() == [[1]]


def test_most_frequent_objects_and_ties():
    public = shown([{1, 2}, {2, 3}, {3}], "public")
    near = xr.DataArray([[0, 1, 2]], dims=("sample", "neighbor"))
    assert predicted_objects(near, public).predicted.values.tolist() == [[False, True, True, True]]
    most = predicted_objects(near, public, top_objects=2)
    assert most.predicted.values.tolist() == [[False, False, True, True]]
    # of the two that two neighbours show, the one of the smaller number
    one = predicted_objects(near, public, top_objects=1)
    assert one.predicted.values.tolist() == [[False, False, True, False]]
    assert most.share.values.round(3).tolist() == [[0, 0.333, 0.667, 0.667]]
    fewer = predicted_objects(near, public, k=1, top_objects=3)
    assert fewer.predicted.values.tolist() == [[False, True, True, False]]  # 0 is not made up
