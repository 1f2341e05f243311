"""Measures on the workers of a cluster: two processes of one thread each."""

import pickle
import time

import dask
import numpy as np
import pytest
import xarray as xr
from measures.rows.test_larger_than_memory import activations, in_chunks
from two_workers import two_workers

import infonb as inb
from infonb.measures import TiesWarning
from infonb.measures.rows import cluster, pairing
from infonb.measures.rows.loaded import rows_of

distributed = pytest.importorskip("distributed")

# a cluster of two processes
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with two_workers(tmp_path_factory.mktemp("workers")) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def joint_counts_are_added_up():
    """Small data would have the codes of all rows in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "better_added_up", lambda *_: True)
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "activations.zarr"
    acts = activations(n_samples=200).assign_attrs(hook="output")
    dataset = acts.to_dataset().chunk(sample=20, layer=1)
    for name in dataset.coords:
        dataset[name] = dataset[name].compute()
    dataset.to_zarr(path, zarr_format=3, consolidated=False)
    return path


def opened(path, chunks=None):
    array = xr.open_zarr(path, consolidated=False, chunks=chunks).activation
    return array.assign_coords({name: coord.compute() for name, coord in array.coords.items()})


MEASURES = [
    (inb.entropy, {}),
    (inb.entropy, {"edges": "neuron", "pointwise": True}),
    (inb.entropy, {"estimator": "knn"}),
    (inb.mutual_information, {"estimator": "binned"}),
    (inb.mutual_information, {"estimator": "binned", "corrected": "permutation"}),
    (inb.mutual_information, {"estimator": "binned", "other": "label"}),
    (inb.mutual_information, {"estimator": "mixture"}),
    (inb.mutual_information, {"estimator": "mixture", "max_samples": 50}),
]


def assert_same(lazy, expected):
    assert dask.is_dask_collection(lazy)
    found = lazy.compute()
    found.attrs.pop("loaded", None)
    xr.testing.assert_identical(found, expected)


@pytest.mark.parametrize(("measure", "options"), MEASURES)
def test_same_values(client, store, measure, options):
    expected = measure(opened(store).compute(), **options)
    assert_same(measure(opened(store, {}), **options), expected)


@pytest.mark.parametrize("at", [0, 3, 6], ids=["entropy", "binned", "mixture"])
def test_work_is_spread(client, store, at, monkeypatch):
    def slow(block):  # defined here, it travels with the task
        time.sleep(0.02)
        return block

    measure, options = MEASURES[at]
    acts = opened(store, {})
    acts = acts.copy(data=acts.data.map_blocks(slow, meta=np.empty((0, 0, 0), np.float32)))
    with distributed.get_task_stream(client) as stream:
        measure(acts, **options).compute()
        client.run(time.sleep, 0.1)  # until the news is there
    seconds = dict.fromkeys(client.nthreads(), 0.0)
    for task in stream.data:
        spans = [span for span in task["startstops"] if span["action"] == "compute"]
        seconds[task["worker"]] += sum(span["stop"] - span["start"] for span in spans)
    assert len(seconds) == 2
    assert min(seconds.values()) > 0.1


@pytest.mark.parametrize("at", range(len(MEASURES)))
def test_persisted_on_the_workers(client, store, at):
    measure, options = MEASURES[at]
    plain = opened(store).compute()
    held = opened(store, {}).persist()
    assert_same(measure(held, **options), measure(plain, **options))
    derived = (held.isel(sample=slice(3, 150)) * 2).transpose("sample", "layer", "neuron")
    assert_same(measure(derived, **options), measure(derived.compute(), **options))


def test_mean_of_persisted(client, store):
    held = opened(store, {}).chunk(sample=5).persist()
    centred = held - held.mean("sample")
    assert_same(inb.entropy(centred), inb.entropy(centred.compute()))
    assert_same(inb.entropy(centred.persist()), inb.entropy(centred.compute()))


def test_result_may_outlive_its_input(client, store):
    held = opened(store, {}).persist()
    lazy = inb.entropy(held)
    future = client.compute(lazy)
    del held, lazy
    xr.testing.assert_identical(future.result(), inb.entropy(opened(store).compute()))


def test_several_at_once(client, store):
    acts = opened(store, {})
    h, mi = dask.compute(inb.entropy(acts), inb.mutual_information(acts, estimator="binned"))
    plain = opened(store).compute()
    xr.testing.assert_identical(h, inb.entropy(plain))
    xr.testing.assert_identical(mi, inb.mutual_information(plain, estimator="binned"))


def test_array_in_memory_of_the_client(client):
    plain = activations()
    assert_same(inb.entropy(in_chunks(plain, sample=7)), inb.entropy(plain))


def test_errors_reach_the_client(client):
    acts = activations()
    acts[1, 1, 7] = np.nan
    lazy = inb.entropy(in_chunks(acts, sample=3))
    with pytest.raises(ValueError, match="nan at layer 'fc1', neuron 1, sample 107"):
        lazy.compute()


def test_warnings_reach_the_client(client):
    acts = in_chunks(activations().clip(min=0), sample=7)
    lazy = inb.mutual_information(acts)
    with pytest.warns(TiesWarning, match="KSG on ties"):
        _ = lazy.compute(), client.run(time.sleep, 0.2)  # news takes a moment


def test_workers_read_the_compiled_code(client, store):
    def hits():
        from infonb.measures.kernels.counts import _count

        return sum(_count.stats.cache_hits.values()), sum(_count.stats.cache_misses.values())

    inb.entropy(opened(store).compute())  # made at the latest here
    client.restart()
    inb.entropy(opened(store, {})).compute()
    found, made = zip(*client.run(hits).values(), strict=True)
    assert sum(found) >= 1
    assert sum(made) == 0


def test_a_task_has_what_it_needs_and_no_more(client, store):
    """Of the graph only its own chunks, so that thousands of tasks stay small."""
    part = opened(store, {})
    many = xr.concat([part] * 50, "sample").chunk(sample=20)  # 1,000 chunks
    rows = rows_of(many, "sample")
    whole = len(pickle.dumps(rows._blocks))
    for some in (rows._part(None, range(3)), rows._part([(0, 1)], range(3))):
        assert len(pickle.dumps(some._blocks)) < whole / 10


def test_threads_of_a_worker(client):
    assert cluster.cluster() == (2, 2)

    def threads():
        import numba

        part = rows_of(xr.DataArray(np.zeros(3), dims="sample").chunk(), "sample")
        return part.task(lambda own: numba.get_num_threads()).compute(scheduler="synchronous")

    assert client.submit(threads).result() == 1
