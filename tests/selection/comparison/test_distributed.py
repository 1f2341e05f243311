"""A comparison of stores on the workers of a cluster: the same as in one process."""

import numpy as np
import pytest
import xarray as xr
from two_workers import two_workers

import infonb as inb

distributed = pytest.importorskip("distributed")

# a cluster of two processes
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with two_workers(tmp_path_factory.mktemp("workers")) as client:
        yield client


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    rng = np.random.default_rng(0)
    common = rng.normal(size=(300, 1))
    paths = {}
    for name, share in (("free", 0.0), ("tied", 1.0), ("some", 0.4)):
        layers = {f"fc{i}": rng.normal(size=(300, 12)) + share * common for i in (1, 2)}
        acts = inb.from_arrays(layers).chunk(sample=60)
        paths[name] = folder / f"{name}.zarr"
        inb.save_activations(acts, paths[name])
    return paths


def test_stores_are_read_and_counted_by_the_workers(stores, tmp_path_factory, request):
    expected = inb.compare(stores, reference="free", neurons=8)
    client = request.getfixturevalue("client")  # not before: the first one is without it
    with distributed.get_task_stream(client) as stream:
        found = inb.compare(stores, reference="free", neurons=8)
        client.run(int)  # until the news is there
    xr.testing.assert_identical(found, expected)
    assert {task["worker"] for task in stream.data} == set(client.nthreads())
