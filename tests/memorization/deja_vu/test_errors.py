"""What is told in one line: samples and public images that do not go together, groups missing."""

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


@pytest.fixture
def case():
    near = xr.DataArray([[0], [1]], dims=("sample", "neighbor"))
    shows = np.array([[True, False], [False, True]])
    objects = xr.DataArray(shows, dims=("sample", "object"))
    return near, objects, objects.rename(sample="public")


def test_neighbours(case):
    near, _, public = case
    with pytest.raises(ValueError, match=r"k must be at most the number of neighbours, 1; not 2"):
        predicted_objects(near, public, k=2)
    with pytest.raises(ValueError, match=r"name places 0 … 1 of public images; .* has 1"):
        predicted_objects(near, public[:1])
    with pytest.raises(TypeError, match="public_objects must be bool"):
        predicted_objects(near, public.astype(int))
    with pytest.raises(ValueError, match=r"no variable 'place' but \['other'\]"):
        predicted_objects(near.to_dataset(name="other"), public)


def test_samples(case):
    near, objects, public = case
    with pytest.raises(ValueError, match="different samples: 2, 1"):
        deja_vu_gains(near, near, objects[:1], public)
    with pytest.raises(ValueError, match="public_objects is needed"):
        deja_vu_gains(near, near, objects)
    with pytest.raises(ValueError, match="no sample has an object"):
        deja_vu_gains(near, near, objects & False, public)
    apart = objects.assign_coords(sample=[1, 0])
    with pytest.raises(ValueError, match="in another order"):
        deja_vu_gains(near.assign_coords(sample=[0, 1]), near, apart, public)
    lonely = (objects & [[True], [False]]).assign_coords(role=("sample", ["A", "C"]))
    with pytest.raises(ValueError, match="no sample of role 'C'"):
        deja_vu_gains(near, near, lonely, public)


def test_models_that_are_not_asked_alike(case):
    near, objects, public = case
    more = xr.concat([near, near], "neighbor")
    with pytest.raises(ValueError, match=r"have 2 and 1 neighbours: .* Give k=1, or"):
        deja_vu_gains(more, near, objects, public)
    assert not deja_vu_gains(more, near, objects, public, k=1).prg
    turned = near.assign_coords(sample=[1, 0])
    with pytest.raises(ValueError, match="target and reference are of different samples"):
        deja_vu_gains(near.assign_coords(sample=[0, 1]), turned, objects, public)
    said = predicted_objects(near, public).predicted
    for name in ("k", "top_objects"):
        with pytest.raises(ValueError, match=f"{name}=1 chooses among neighbours"):
            deja_vu_gains(said, said, objects, **{name: 1})
    with pytest.raises(ValueError, match=r"name 'model', .* as in .rename\(model='run'\)"):
        deja_vu_gains(near.expand_dims("model"), near, objects, public)
    roles = objects.assign_coords(role=("sample", ["A", "C"]))
    with pytest.raises(ValueError, match=r"no coordinate 'rloe' but \['role'\]"):
        deja_vu_gains(near, near, roles, public, by="rloe")


def test_places_of_other_public_images(case):
    near, _, public = case
    with pytest.raises(TypeError, match="whole numbers; not float64"):
        predicted_objects(near.astype(float), public)
    vectors = xr.DataArray(np.eye(2), dims=("sample", "feature"))
    found = nearest_public(vectors, vectors.rename(sample="public"), 1)
    with pytest.raises(ValueError, match="among 2 public images, and public_objects has 4"):
        predicted_objects(found, xr.concat([public, public], "public"))


def test_groups_and_keys(case):
    near, objects, public = case
    found = deja_vu_gains(near, near, objects, public, draws=0)
    with pytest.raises(ValueError, match=r"no null group 'C' among the samples' 'role': \[\]"):
        deja_vu_top(found)
    with pytest.raises(ValueError, match="key='min_dist' needs distances"):
        deja_vu_top(found, null=None)
    with pytest.raises(ValueError, match="Did you mean 'min_dist'"):
        deja_vu_top(found, key="min_dst", null=None)
    with pytest.raises(TypeError, match="shares must be a list"):
        deja_vu_top(found, shares=0.1, null=None)
    with pytest.raises(ValueError, match="shares is empty"):
        deja_vu_top(found, shares=[], null=None)
    with pytest.raises(ValueError, match="no variable 'recall'"):
        recall_survival(found.drop_vars("recall"))
