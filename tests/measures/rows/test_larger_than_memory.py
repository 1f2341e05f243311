"""Measures of dask arrays: the values of memory to the last bit, lazily, chunk by chunk."""

import subprocess
import sys
import textwrap
import threading
from collections import Counter

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import infonb as inb
from infonb.measures import TiesWarning
from infonb.measures.pairs import choose_pairs
from infonb.measures.rows import chunked, cluster, pairing
from infonb.measures.rows.loaded import rows_of

pytestmark = pytest.mark.slow

BETTER_ADDED_UP = pairing.better_added_up

CHUNKS = {
    "samples": {"sample": 7},
    "one sample": {"sample": 1, "layer": 1},
    "uneven": {"sample": (3, 20, 1, 16), "neuron": (1, 3)},
    "neurons": {"neuron": 1, "layer": 1, "sample": -1},
    "as stored": {"neuron": 2, "layer": 1, "sample": 11},
    "whole": {"sample": -1},
}


@pytest.fixture(scope="module", autouse=True)
def joint_counts_are_added_up():
    """Small data would have the codes of all rows in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "better_added_up", lambda *_: True)
        yield


def activations(seed=0, n_samples=40):
    """Return a layer of 4 and one of 2 neurons, padded, with samples named from 100 on."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=n_samples)
    values = (rng.normal(size=(2, 4, n_samples)) + shared).astype(np.float32)
    values[1] = np.maximum(values[1], 0)
    values[1, 2:] = np.nan
    return xr.DataArray(
        values,
        dims=("layer", "neuron", "sample"),
        coords={
            "layer": np.array(["fc2", "fc1"], object),
            "neuron": np.arange(4),
            "sample": np.arange(100, 100 + n_samples),
            "width": ("layer", [4, 2]),
            "label": ("sample", np.arange(n_samples) % 3),
            "level": ("sample", shared),
        },
        name="activation",
    )


def networks():
    """Return two runs of different scale."""
    return xr.concat([activations(s) * (s + 1) for s in range(2)], xr.Variable("seed", [0, 1]))


def in_chunks(acts, **chunks):
    """Return the array in chunks, its coordinates in memory, as `open_activations` does."""
    return acts.copy(data=acts.chunk(chunks).data)


def counted(acts, **chunks):
    """Return the array in chunks, and how often each was made, by its first sample and layer."""
    seen = Counter()
    lock = threading.Lock()

    def load(block, block_info=None):
        with lock:
            seen[tuple(start for start, _ in block_info[0]["array-location"])] += 1
        return block

    chunked = in_chunks(acts, **chunks)
    made = chunked.data.map_blocks(load, dtype=acts.dtype, meta=np.empty((0,) * 3, acts.dtype))
    return chunked.copy(data=made), seen


def assert_same(lazy, expected):
    assert dask.is_dask_collection(lazy)
    found = lazy.compute()
    found.attrs.pop("loaded", None)  # by blocks, which only a dask array is
    xr.testing.assert_identical(found, expected)


ENTROPY = [
    {},
    {"edges": "neuron", "bins": 7},
    {"edges": [-20.0, -1.0, 0.0, 0.5, 20.0]},
    {"corrected": "miller-madow"},
    {"corrected": "grassberger", "unit": "bit"},
    {"corrected": "chao-shen"},
    {"normalized": True},
    {"pointwise": True},
    {"estimator": "knn"},
    {"estimator": "knn", "pointwise": True},
]
BINNED = [
    {},
    {"edges": "neuron"},
    {"edges": [-20.0, -1.0, 0.0, 0.5, 20.0]},
    {"corrected": "miller-madow", "clip": True},
    {"corrected": "permutation", "seed": 3},
    {"normalized": True, "bins": 30},
    {"pointwise": True, "within": "layer"},
    {"within": "layer", "unit": "bit"},
    {"between": ("fc2", "fc1")},
    {"neurons": 2, "seed": 1},
    {"other": "label"},
    {"other": "level", "corrected": "permutation"},
    {"other": "label", "pointwise": True},
]
NEAREST = [
    {"estimator": "ksg"},
    {"estimator": "mixture", "k": 5},
    {"estimator": "mixture", "pointwise": True},
    {"estimator": "ksg", "other": "level"},
    {"estimator": "ksg", "other": "label"},
    {"estimator": "mixture", "other": "label"},
    {"estimator": "mixture", "max_samples": 30, "between": ("fc1", "fc2")},
]
quiet = pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")


@pytest.mark.parametrize("chunks", CHUNKS)
def test_entropy(chunks):
    for acts in (activations(), networks()):
        for options in ENTROPY:
            lazy = inb.entropy(acts.chunk(CHUNKS[chunks]), **options)
            assert_same(lazy, inb.entropy(acts, **options))


@pytest.mark.parametrize("chunks", CHUNKS)
def test_binned(chunks):
    for options in BINNED:
        options = {"estimator": "binned", **options}
        lazy = inb.mutual_information(activations().chunk(CHUNKS[chunks]), **options)
        assert_same(lazy, inb.mutual_information(activations(), **options))
    lazy = inb.mutual_information(networks().chunk(CHUNKS[chunks] | {"seed": 1}), **options)
    assert_same(lazy, inb.mutual_information(networks(), **options))


@quiet
@pytest.mark.parametrize("rows", [1, 4, 100])
@pytest.mark.parametrize("options", [*NEAREST, *BINNED[4:7:2], *BINNED[10:]], ids=str)
def test_blocks_of_neurons(options, rows, monkeypatch):
    options = {"estimator": "binned", **options}
    monkeypatch.setattr(chunked, "BLOCK_BYTES", rows * 4 * 40)
    monkeypatch.setattr(pairing, "TASK_VALUES", 3 * 40)  # three pairs a task
    for name in ("samples", "uneven", "as stored"):
        lazy = inb.mutual_information(activations().chunk(CHUNKS[name]), **options)
        if options["estimator"] != "binned":
            assert lazy.attrs["loaded"] == "one block of neurons at a time"
        assert_same(lazy, inb.mutual_information(activations(), **options))


@pytest.mark.parametrize("estimator", ["binned", "knn"])
def test_blocks_of_neurons_of_entropy(estimator, monkeypatch):
    monkeypatch.setattr(chunked, "BLOCK_BYTES", 2 * 4 * 40)
    options = {"estimator": estimator, "pointwise": True}
    lazy = inb.entropy(activations().chunk(CHUNKS["uneven"]), **options)
    assert_same(lazy, inb.entropy(activations(), **options))


@quiet
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int8", "int64", "bool"])
def test_any_real_dtype(dtype):
    if dtype == "bfloat16":
        dtype = pytest.importorskip("ml_dtypes").bfloat16
    acts = activations().fillna(0).astype(dtype)
    for measure, options in (
        (inb.entropy, {}),
        (inb.mutual_information, {"estimator": "binned"}),
        (inb.mutual_information, {"estimator": "mixture"}),
    ):
        assert_same(measure(acts.chunk(sample=9, layer=1), **options), measure(acts, **options))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_chunks(data):
    acts = activations(n_samples=12)

    def cut(size):
        at = data.draw(st.sets(st.integers(1, size - 1)))
        return tuple(int(n) for n in np.diff([0, *sorted(at), size]))

    chunked = acts.chunk({dim: cut(size) for dim, size in acts.sizes.items()})
    for measure, options in ((inb.entropy, {}), (inb.mutual_information, {"estimator": "binned"})):
        assert_same(measure(chunked, **options), measure(acts, **options))


def test_any_order_of_dims_and_another_dim():
    acts = activations()
    turned = acts.transpose("sample", "neuron", "layer").chunk(sample=7, neuron=3)
    assert_same(inb.entropy(turned), inb.entropy(acts))
    one = acts.isel(layer=0, drop=True)
    assert_same(inb.entropy(one.chunk(neuron=3), "neuron"), inb.entropy(one, "neuron"))


def test_one_neuron_and_no_neuron():
    acts = activations()[0, 0].drop_vars(["layer", "width", "neuron"])
    assert_same(inb.entropy(acts.chunk(sample=7)), inb.entropy(acts))
    padding = activations().isel(layer=[1], neuron=[2, 3])
    assert_same(inb.entropy(padding.chunk(sample=7)), inb.entropy(padding))
    options = {"estimator": "binned", "within": "layer"}
    lazy = inb.mutual_information(padding.chunk(sample=7), **options)
    assert_same(lazy, inb.mutual_information(padding, **options))


def test_padding_is_never_made_and_the_store_is_read_once_with_edges():
    acts, seen = counted(activations(), layer=1, neuron=2, sample=10)
    measured = {(0, 0), (0, 2), (1, 0)}  # layer and neuron of chunks that are not all padding
    for measure, options in (
        (inb.entropy, {"bins": 9}),
        (inb.mutual_information, {"estimator": "binned", "bins": 9}),
    ):
        for edges, times in (("common", 2), ("neuron", 2), (np.linspace(-20, 20, 9), 1)):
            seen.clear()
            measure(acts, **options | {"edges": edges}).compute(scheduler="synchronous")
            assert {place[:2] for place in seen} == measured
            assert len(seen) == 3 * 4
            assert set(seen.values()) == {times}


def test_only_layers_that_are_paired_are_made():
    acts, seen = counted(activations(), layer=1, neuron=2, sample=10)
    mi = inb.mutual_information(acts.sel(layer=["fc1"]), estimator="mixture", within="layer")
    mi.compute(scheduler="synchronous")
    assert {place[:2] for place in seen if place[-1] > 0} == {(1, 0)}
    # the widest layer is not here: what stands beyond the width is looked at, in one sample
    assert {place[:2] for place in seen} <= {(1, 0), (1, 2)}


@quiet
def test_drawn_samples_alone_are_made():
    plain = activations(n_samples=400)
    acts, seen = counted(plain, sample=5)
    lazy = inb.mutual_information(acts, max_samples=8, seed=2)
    assert_same(lazy, inb.mutual_information(plain, max_samples=8, seed=2))
    assert lazy.attrs["n_samples"] == 8
    assert lazy.attrs["drawn_from_samples"] == 400
    drawn = np.random.default_rng(2).choice(400, 8, replace=False)
    assert {place[-1] // 5 for place in seen} == set(drawn // 5)


def test_nothing_is_computed_before_compute():
    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    acts = in_chunks(networks(), sample=7, seed=1)
    with dask.config.set(scheduler=refuse):
        lazy = [
            *(inb.entropy(acts, **options) for options in ENTROPY),
            *(inb.mutual_information(acts, estimator="binned", **o) for o in BINNED),
            *(inb.mutual_information(acts, **options) for options in NEAREST),
            (acts - acts.mean("sample")).infonb.entropy(),
        ]
        assert all(dask.is_dask_collection(one) for one in lazy)
        with pytest.raises(AssertionError, match="computed"):
            lazy[0].compute()


def test_one_call_of_the_scheduler_computes_all():
    calls = []

    def count(graph, keys, **options):
        calls.append(keys)
        return dask.get(graph, keys, **options)

    acts = in_chunks(activations(), sample=7)
    with dask.config.set(scheduler=count):
        lazy = inb.entropy(acts), inb.mutual_information(acts, estimator="binned")
        assert not calls
        h, mi = dask.compute(*lazy)
    assert len(calls) == 1
    xr.testing.assert_identical(h, inb.entropy(activations()))
    xr.testing.assert_identical(mi, inb.mutual_information(activations(), estimator="binned"))


def test_results_are_lazy_arrays_like_any_other():
    a, b = activations(0), activations(1)
    run = xr.Variable("run", [0, 1])
    lazy = xr.concat([inb.entropy(one.chunk(sample=7)) for one in (a, b)], run)
    assert_same(lazy, xr.concat([inb.entropy(a), inb.entropy(b)], run))
    options = {"estimator": "binned"}
    both = [
        xr.Dataset({"h": inb.entropy(one), "mi": inb.mutual_information(one, **options)})
        for one in (a.chunk(sample=7), a)
    ]
    xr.testing.assert_identical(both[0].compute(), both[1])
    medians = inb.entropy(a.chunk(sample=7)).fillna(0).mean("neuron")
    np.testing.assert_array_equal(medians, inb.entropy(a).fillna(0).mean("neuron"))


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_persisted(scheduler):
    acts = activations().chunk(sample=7, neuron=2)
    with dask.config.set(scheduler=scheduler):
        assert_same(inb.entropy(acts.persist()), inb.entropy(activations()))
        assert_same(inb.entropy(acts).persist(), inb.entropy(activations()))


@pytest.mark.parametrize(
    ("measure", "options"),
    [
        (inb.entropy, {}),
        (inb.entropy, {"edges": [-50.0, 0.0, 50.0]}),
        (inb.entropy, {"estimator": "knn"}),
        (inb.mutual_information, {"estimator": "binned"}),
        (inb.mutual_information, {"estimator": "binned", "edges": [-50.0, 0.0, 50.0]}),
        (inb.mutual_information, {"estimator": "binned", "pointwise": True}),
        (inb.mutual_information, {"estimator": "mixture"}),
        (inb.mutual_information, {"estimator": "mixture", "other": "label"}),
    ],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_value_that_is_not_finite_is_named_by_compute(measure, options, bad):
    acts = activations()
    acts[1, 1, 7] = bad
    lazy = measure(acts.chunk(sample=3, neuron=1), **options)
    with pytest.raises(ValueError, match=rf"{bad} at layer 'fc1', neuron 1, sample 107.*drop_sel"):
        lazy.compute()


@pytest.mark.parametrize("measure", [inb.entropy, inb.mutual_information])
@pytest.mark.parametrize("pointwise", [False, True])
def test_value_outside_of_given_edges_is_named_by_compute(measure, pointwise):
    acts = activations()
    acts[1, 1, 7] = 77
    options = {"estimator": "binned", "edges": [-20.0, 0.0, 20.0], "pointwise": pointwise}
    lazy = measure(acts.chunk(sample=3, neuron=1), **options)
    with pytest.raises(ValueError, match=r"layer 'fc1', neuron 1 runs from .* to 77\.0"):
        lazy.compute()


def test_range_beyond_float64():
    acts = xr.DataArray([[-1e308, 0.0, 1e308], [1.0, 2.0, 3.0]], dims=("neuron", "sample"))
    for options in ({}, {"estimator": "knn", "k": 1}):  # no chunk alone spans too much
        with pytest.raises(ValueError, match="neuron 0: differences overflow"):
            inb.entropy(acts.chunk(sample=1), **options).compute()


def test_options_are_checked_at_once():
    acts = activations().chunk(sample=7)
    with pytest.raises(ValueError, match="k=40 needs at least 41 samples"):
        inb.mutual_information(acts, k=40)
    with pytest.raises(ValueError, match="bins must be at least 1"):
        inb.entropy(acts, bins=0)


def test_ties_are_warned_of():
    acts = activations().clip(min=0).chunk(sample=7)
    with pytest.warns(TiesWarning, match="KSG on ties"):
        inb.mutual_information(acts).compute()


def test_long_work_is_a_chain_of_tasks(monkeypatch):
    """So that an interrupt ends it soon, and a bar moves."""
    acts = activations()
    h, mi = inb.entropy(acts), inb.mutual_information(acts, estimator="binned")
    lazy = acts.chunk(sample=1)
    few = len(dict(inb.entropy(lazy).__dask_graph__()))
    monkeypatch.setattr(chunked, "LINK_BYTES", 4 * 2 * 4 * 4)
    many = inb.entropy(lazy)
    assert len(dict(many.__dask_graph__())) > few + 10
    assert_same(many, h)
    assert_same(inb.mutual_information(lazy, estimator="binned"), mi)


@pytest.mark.parametrize("block", [1, 2, 4, 100])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"corrected": "miller-madow", "bins": 300},
        {"normalized": True, "edges": np.linspace(-20, 20, 30)},
        {"between": ("fc1", "fc2"), "edges": "neuron"},
    ],
)
def test_codes_of_blocks_of_neurons(options, block, monkeypatch):
    plain = activations()
    expected = inb.mutual_information(plain, estimator="binned", **options)
    monkeypatch.setattr(pairing, "better_added_up", lambda *_: False)
    code = 2 if options.get("bins", 10) > 256 else 1
    monkeypatch.setattr(chunked, "BLOCK_BYTES", block * 40 * code)
    acts, seen = counted(plain, sample=11, layer=1)
    lazy = inb.mutual_information(acts, estimator="binned", **options)
    assert not seen
    assert_same(lazy, expected)
    with pytest.raises(ValueError, match=r"edges run from -0\.1 to 0\.1"):
        inb.mutual_information(acts, estimator="binned", edges=[-0.1, 0.1]).compute()


@pytest.mark.parametrize(
    ("n_neurons", "n_samples", "bins", "added_up"),
    [
        (768, 1_000_000, 10, True),  # counts of 118 MB, or 3 blocks of codes
        (768, 200_000, 10, True),  # the same, or one block of 154 MB
        (600, 4_000, 100, False),  # counts of 7 GB, or codes of 2 MB
        (768, 10_000, 10, False),
        (768, 10_000_000, 30, True),  # 4 tiles of counts, or 30 blocks of codes
    ],
)
def test_many_bins_are_not_added_up(n_neurons, n_samples, bins, added_up):
    empty = dask.array.zeros((n_neurons, n_samples), np.float32, chunks=(n_neurons, n_samples))
    rows = rows_of(xr.DataArray(empty, dims=("neuron", "sample")), "sample")
    n_pairs = len(choose_pairs(rows.layout).ends[0])
    assert BETTER_ADDED_UP(rows, n_pairs, bins) == added_up


@pytest.mark.parametrize("corrected", [None, "miller-madow"])
def test_joint_counts_in_tiles(corrected, monkeypatch):
    plain = activations()
    options = {"estimator": "binned", "bins": 9, "edges": np.linspace(-20, 20, 10)}
    options["corrected"] = corrected
    expected = inb.mutual_information(plain, **options)
    n_pairs = 6 * 7 // 2
    for pairs, passes in ((n_pairs, 1), (n_pairs - 1, 2), (5, 5), (1, n_pairs)):
        monkeypatch.setattr(pairing, "TILE_BYTES", pairs * 4 * 81 + 3)
        acts, seen = counted(plain, layer=1, sample=20)
        lazy = inb.mutual_information(acts, **options)
        assert not seen
        assert_same(lazy, expected)
        assert set(seen.values()) == {passes}


def test_what_chunks_share_is_made_once():
    plain = activations()
    acts, seen = counted(plain, sample=1)
    centred = acts - acts.mean("sample", skipna=False)
    h = inb.entropy(centred, edges=np.linspace(-50, 50, 9)).compute()
    assert set(seen.values()) == {2}  # for the mean and for the counts
    expected = plain.chunk(sample=1)
    expected = (expected - expected.mean("sample", skipna=False)).compute()
    np.testing.assert_array_equal(h, inb.entropy(expected, edges=np.linspace(-50, 50, 9)))


def test_smaller_chunks_than_those_of_the_store_read_each_once(monkeypatch):
    monkeypatch.setattr(cluster, "SIDE_BY_SIDE", 1)
    acts, seen = counted(activations(), sample=20, layer=1)
    for samples in (3, 5):
        seen.clear()
        cut = acts.chunk(sample=samples)
        for measure in (inb.entropy, inb.mutual_information):
            options = {"estimator": "binned", "edges": np.linspace(-50, 50, 9)}
            lazy = measure(cut.isel(layer=[0]), **options)
            assert_same(lazy, measure(activations().isel(layer=[0]), **options))
        assert set(seen.values()) == {2}  # once for each of two measures


def test_thousands_of_chunks():
    values = np.random.default_rng(0).normal(size=(3, 3000)).astype(np.float32)
    acts = xr.DataArray(values, dims=("neuron", "sample"))
    for measure in (inb.entropy, inb.mutual_information):
        lazy = measure(acts.chunk(sample=1), estimator="binned")
        assert_same(lazy, measure(acts, estimator="binned"))


PEAK = """
import resource, sys
import dask, numpy as np
import infonb as inb

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def measures(acts):
    yield inb.entropy(acts)
    yield inb.mutual_information(acts, estimator="binned", neurons=8, within="layer")
    yield inb.mutual_information(acts, max_samples=200, neurons=8, within="layer")

if __name__ == "__main__":
    small = inb.from_arrays({"a": np.random.default_rng(0).normal(size=(300, 9))}).activation
    dask.compute(*measures(small.chunk(sample=10)))  # imports, compiled code, threads
    acts = inb.open_activations(sys.argv[1], chunks={}).activation
    before = peak()
    for lazy in measures(acts):
        lazy.compute()
    print(peak() - before)
"""


def test_memory(tmp_path):
    """A store of 240 MB in chunks of 4 MB is measured within five of them and 8 MB, once warm."""
    chunk = 4_000_000

    def made(block_info=None):
        (start, stop), shape = block_info[None]["array-location"][2], (1, 100, 10_000)
        assert stop - start == shape[2]
        return np.random.default_rng(start).normal(size=shape).astype(np.float32)

    lengths = ((1,), (100,), (10_000,) * 60)
    values = dask.array.map_blocks(made, chunks=lengths, meta=np.empty((0, 0, 0), np.float32))
    array = xr.DataArray(values, dims=("layer", "neuron", "sample"), name="activation")
    array = array.assign_coords(layer=np.array(["a"], object), width=("layer", [100]))
    path = tmp_path / "acts.zarr"
    array.to_dataset().to_zarr(path, zarr_format=3, consolidated=False)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PEAK), str(path)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 5 * chunk + 8e6
