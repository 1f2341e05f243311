"""A recording on disk equals the one in memory, and is neither lost, mixed up nor written twice."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from activations.models import Calls, Functional, Reused, before_each_call, inputs, quiet
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from infonb.activations import open_activations, record, save_activations, saving, stream
from infonb.data import concentric_circles
from infonb.networks.mlp import MLP


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of 7 samples or so, so that a few samples fill several columns."""
    monkeypatch.setattr(saving, "CHUNK_BYTES", 7 * 3 * 4)


def assert_same(opened, expected):
    """Stricter than identical: also the types, and the order of the variables."""
    opened = opened.load()
    xr.testing.assert_identical(opened, expected)
    assert list(opened.variables) == list(expected.variables)
    for name in expected.variables:
        assert opened[name].dtype == expected[name].dtype, name


def contents(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Counts:
    """Counts the samples on which a model is run; fails or stops at one of its batches."""

    def __init__(self, model, at=None, error=RuntimeError):
        self.samples, self.calls, self.at, self.error = 0, 0, at, error
        self.handle = before_each_call(model, self)

    def __call__(self, module, args):
        if self.calls == self.at:
            raise self.error("in the middle")
        self.calls += 1
        self.samples += len(args[0])


# ------------------------------------------------------------------------- the same as in memory


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("batch_size", [1, 4, 7, 30, 100])
def test_equals_the_recording_in_memory(tmp_path, batch_size):
    model, x = Functional(), inputs(53, 4)
    kwargs = {
        "batch_size": batch_size,
        "coords": {"group": ["a", "b"] * 26 + ["ü"], "sample": np.arange(53) * 2},
        "attrs": {"epoch": 3, "note": None},
    }
    data = (x, torch.arange(53) % 2)
    streamed = quiet(model, data, to=tmp_path / "a.zarr", **kwargs)
    assert streamed.activation.chunks == ((1, 1), (3, 2), (7,) * 7 + (4,))
    assert_same(streamed, quiet(model, data, **kwargs))
    assert_same(open_activations(tmp_path / "a.zarr"), streamed)
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.usefixtures("small_chunks")
def test_forms_of_data_and_models(tmp_path):
    model, x, labels = Functional(), inputs(20, 4), torch.arange(20)
    pairs = list(zip(x.split(6), labels.split(6), strict=True))
    texts = [(a, np.array(["x", "yz"] * 10)[b.numpy()]) for a, b in pairs]

    class Items(IterableDataset):
        def __iter__(self):
            return iter(x)

    cases = [
        (model, lambda: x.numpy(), {}),
        (model, lambda: pairs, {"dtype": "float64"}),  # labels in the batches
        (model, lambda: iter(texts), {"prediction": lambda output: output[:, 0] > 0}),
        (model, lambda: DataLoader(TensorDataset(x, labels), 6), {"hook": "input"}),
        (model, lambda: DataLoader(Items(), 6), {}),  # nobody knows how many
        (model, lambda: DataLoader(TensorDataset(x), 6, collate_fn=lambda parts: torch.stack(
            [part[0] for part in parts for _ in range(2)])), {}),  # more than it says
        (Reused(), lambda: x, {"layers": ["relu", "b"], "prediction": False}),
        (MLP([2, 6, 1]), lambda: concentric_circles(30), {"batch_size": 8}),
        (nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(18, 5), nn.Linear(5, 2)),
         lambda: inputs(9, 1, 4, 4), {"reduce": "flatten"}),
    ]  # fmt: skip
    for number, (net, data, kwargs) in enumerate(cases):
        path = tmp_path / f"{number}.zarr"
        assert_same(quiet(net, data(), to=path, **kwargs), quiet(net, data(), **kwargs))
        assert_same(quiet(net, data(), to=str(path), **kwargs), quiet(net, data(), **kwargs))


def test_layout_is_that_of_saved_activations_and_padding_is_not_written(tmp_path):
    model = MLP([4, 64, 8, 64, 1])
    model.fc3.weight.data[5] = np.nan  # a neuron that is NaN everywhere
    x = inputs(100, 4)
    save_activations(quiet(model, x), tmp_path / "saved.zarr")
    quiet(model, iter(x.split(30)), to=tmp_path / "streamed.zarr")
    listed = [
        {path.relative_to(folder) for path in folder.rglob("*")}
        for folder in (tmp_path / "saved.zarr", tmp_path / "streamed.zarr")
    ]
    assert listed[0] == listed[1]
    chunks = [path for path in (tmp_path / "streamed.zarr/activation/c").rglob("*/0")
              if path.is_file()]  # fmt: skip
    assert len(chunks) == 8 + 1 + 8


def test_chunks_of_real_size(tmp_path):
    model = nn.Sequential(nn.Linear(4, 768), nn.Linear(768, 768), nn.Linear(768, 2))
    streamed = quiet(model, inputs(6000, 4), to=tmp_path / "a.zarr")
    assert streamed.activation.chunks == ((1, 1), (768,), (5208, 792))
    assert 8e6 < 768 * 5208 * 4 < 32e6


# ------------------------------------------------------------------------------ interruptions


INTERRUPTS = [RuntimeError, KeyboardInterrupt]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("error", INTERRUPTS)
@pytest.mark.parametrize("at", [1, 2, 5, 12])
def test_goes_on_after_the_last_whole_batch(tmp_path, at, error):
    model, path = Functional(), tmp_path / "a.zarr"
    data = list(zip(inputs(50, 4).split(4), torch.arange(50).split(4), strict=True))
    expected = quiet(model, data)
    count = Counts(model, at, error)
    with pytest.raises(error, match="in the middle") as caught:
        quiet(model, data, to=path)
    count.handle.remove()
    assert f"{4 * at} samples are kept" in caught.value.__notes__[-1]
    assert not path.exists()
    with pytest.raises(FileNotFoundError, match=rf"not finished: {4 * at} samples are in a.zarr.p"):
        open_activations(path)
    count = Counts(model)
    assert_same(quiet(model, data, to=path), expected)
    assert count.samples == 50 - 4 * at
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.usefixtures("small_chunks")
def test_interrupted_at_every_write(tmp_path, monkeypatch):
    """Stopped before each of its writes, moves and removals, it goes on and ends the same."""
    model, x = MLP([4, 5, 3, 1]), inputs(16, 4)
    expected = quiet(model, x, batch_size=6)
    patched = {
        (stream.GrowingStore, "write"), (stream.GrowingStore, "_declare"), (stream, "Lock"),
        (stream, "write_atomically"), (stream.Journal, "append"), (stream.Journal, "sync"),
        (stream.Journal, "drop"), (stream.Journal, "trim"), (shutil, "rmtree"), (Path, "unlink"),
        (Path, "rename"), (os, "replace"), (stream.GrowingStore, "finish"),
    }  # fmt: skip
    countdown = [0]

    def failing(function):
        def call(*args, **kwargs):
            # an interrupt reaches the main thread only
            countdown[0] -= threading.current_thread() is threading.main_thread()
            if countdown[0] == 0:
                countdown[0] = -1
                raise KeyboardInterrupt
            return function(*args, **kwargs)

        return call

    for place, name in patched:
        monkeypatch.setattr(place, name, failing(getattr(place, name)))
    n = 0
    while countdown[0] <= 0:
        n += 1 + n // 20
        path = tmp_path / f"{n}.zarr"
        countdown[0] = n
        try:
            quiet(model, x, batch_size=6, to=path)
        except KeyboardInterrupt:
            assert_same(quiet(model, x, batch_size=6, to=path), expected)
        assert not path.with_name(f"{n}.zarr.partial").exists()
        assert_same(open_activations(path), expected)
    assert n > 20


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("cut", [1, 17])
@pytest.mark.parametrize("file", ["batches.jsonl", "column-000001.rows"])
def test_half_a_batch_never_was(tmp_path, file, cut):
    model, x, path = Functional(), inputs(40, 4), tmp_path / "a.zarr"
    expected = quiet(model, x, batch_size=4)
    count = Counts(model, 3)
    with pytest.raises(RuntimeError):
        quiet(model, x, batch_size=4, to=path)
    count.handle.remove()
    journal = tmp_path / "a.zarr.partial" / file
    text = journal.read_bytes()
    journal.write_bytes(text[: max(len(text) - cut, 0)] + b"\0" * (cut // 2))
    count = Counts(model)
    assert_same(quiet(model, x, batch_size=4, to=path), expected)
    assert count.samples == 40 - 8


@pytest.mark.usefixtures("small_chunks")
def test_coordinates_may_be_mended_when_the_recording_itself_is_done(tmp_path, monkeypatch):
    model, path = Functional(), tmp_path / "a.zarr"

    def data():
        return (part for part in inputs(20, 4).split(6))

    with pytest.raises(ValueError, match=r"'group' has shape \(2,\)") as caught:
        quiet(model, data(), to=path, coords={"group": ["a", "b"]})
    assert "20 samples are kept" in caught.value.__notes__[-1]
    with monkeypatch.context() as patch:
        patch.setattr("infonb.storage.growing.finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            quiet(model, data(), to=path, coords={"group": np.arange(20)})
    with pytest.raises(ValueError, match="the coords 'group' differ"):  # these did fit
        quiet(model, data(), to=path)
    count = Counts(model)
    finished = quiet(model, data(), to=path, coords={"group": np.arange(20)})
    assert count.calls == 0
    assert_same(finished, quiet(model, data(), coords={"group": np.arange(20)}))


@pytest.mark.usefixtures("small_chunks")
def test_damage_is_named(tmp_path):
    model, x, path = Functional(), inputs(40, 4), tmp_path / "a.zarr"
    count = Counts(model, 3)
    with pytest.raises(RuntimeError):
        quiet(model, x, batch_size=4, to=path)
    count.handle.remove()
    (tmp_path / "a.zarr.partial" / "batches.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"a.zarr.partial is damaged.* or remove .* to record an"):
        quiet(model, x, batch_size=4, to=path)


@pytest.mark.usefixtures("small_chunks")
def test_full_disk(tmp_path, monkeypatch):
    model, x, path = Functional(), inputs(40, 4), tmp_path / "a.zarr"
    write = stream.Journal.append

    def full(self, rows, line):
        if self.filled == 20:
            write(self, [block[:, :2] for block in rows], line)  # a part of it
            raise OSError(28, "No space left on device")
        write(self, rows, line)

    monkeypatch.setattr(stream.Journal, "append", full)
    with pytest.raises(OSError, match="No space left") as caught:
        quiet(model, x, batch_size=4, to=path)
    full, kept = caught.value.__notes__[-2:]
    assert "the disk is full" in full
    assert "more are needed" in full
    assert "are free in" in full
    assert "goes on after" in kept


def test_size_is_checked_before_the_start_and_printed(tmp_path, monkeypatch, capsys):
    model, x, path = Functional(), inputs(1000, 4), tmp_path / "a.zarr"
    # 5 neurons are two chunks of 3, and 3 are one: 9 values for each sample
    needs = r"× 1,000 samples: at most 36.0 kB on disk; max_bytes is 35.0 kB. Set another limit"
    with pytest.raises(ValueError, match=needs):
        quiet(model, x, to=path, max_bytes=35_000)
    monkeypatch.setattr("infonb.activations.size.shutil.disk_usage",
                        lambda folder: type("Usage", (), {"free": 67_999})())  # fmt: skip
    with pytest.raises(
        ValueError, match=r"68.0 kB more are needed, but 68.0 kB are free in .*room"
    ):
        quiet(model, x, to=path)
    assert os.listdir(tmp_path) == []
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"512 samples take 18.4 kB on disk, but max_bytes is 18"):
        quiet(model, iter(x.split(256)), to=path, max_bytes=18_000)
    capsys.readouterr()
    record(model, iter(x.split(256)), to=path, max_bytes=36_000, progress="text")
    printed = capsys.readouterr().out
    assert printed.startswith("2 layers × up to 5 neurons: 36 B on disk for each sample, beyond 1,")
    assert "; 512 samples are there" in printed
    assert printed.count("neurons") == 1
    assert on_disk(path) == 36_000  # the chunk is no longer than the data were


def on_disk(path):
    chunks = (path / "activation" / "c").rglob("*")
    return sum(entry.stat().st_size for entry in chunks if entry.is_file())


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("n_samples", [7, 20, 23, 60])
def test_what_is_said_is_what_is_written(tmp_path, monkeypatch, n_samples, known):
    """Narrow and wide layers, so that chunks are padded, and the last one is not filled."""
    monkeypatch.setattr(saving, "CHUNK_BYTES", 20 * 8 * 4)
    widths = [3, 4, 3, 128, 9]
    parts = [nn.Linear(a, b) for a, b in zip([4, *widths], [*widths, 2], strict=True)]
    x, path = inputs(n_samples, 4), tmp_path / "a.zarr"
    n_chunks = (1 + 1 + 1 + 16 + 2) * -(-n_samples // 20)
    needed = n_chunks * 8 * min(n_samples, 20) * 4
    with pytest.raises(ValueError, match=r"max_bytes is"):
        quiet(
            nn.Sequential(*parts), x if known else iter(x.split(5)), to=path, max_bytes=needed - 1
        )
    quiet(nn.Sequential(*parts), x if known else iter(x.split(5)), to=path, max_bytes=needed)
    assert on_disk(path) == needed


@pytest.mark.usefixtures("small_chunks")
def test_no_more_is_asked_for_than_what_is_still_to_be_written(tmp_path, monkeypatch):
    model, x, path = Functional(), inputs(70, 4), tmp_path / "a.zarr"
    count = Counts(model, 5)
    with pytest.raises(RuntimeError):
        quiet(model, x, batch_size=6, to=path)
    count.handle.remove()
    # of 30 samples 28 are 4 columns of chunks (9 values each), 2 are rows (8 values each)
    needed = 6 * 7 * 9 * 4 + 5 * 8 * 4
    free = [needed - 1]
    monkeypatch.setattr("infonb.activations.size.shutil.disk_usage",
                        lambda folder: type("Usage", (), {"free": free[0]})())  # fmt: skip
    with pytest.raises(ValueError, match=r"1.7 kB more are needed.* is recorded already is kept"):
        quiet(model, x, batch_size=6, to=path)
    free[0] = needed
    quiet(model, x, batch_size=6, to=path)


# ---------------------------------------------------------------------------------- refusals


def other_weights():
    model = Functional()
    model.second.bias.data[1] += 1e-6
    return model


def slope(value):
    return nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(value), nn.Linear(3, 2))


X = inputs(20, 4)
Y = torch.arange(20)
REFUSED = [
    ({"model": other_weights}, "the weights of the model differ"),
    (
        {"model": lambda: MLP([4, 5, 3, 2]), "layers": None},
        "model is 'MLP' now, 'Functional' th",
    ),
    ({"layers": ["first"]}, r"layers is \['first'\] now, \['first', 'second'\] there"),
    ({"layers": None}, "layers is 'the default' now"),
    ({"layers": {"one": "first", "second": "second"}}, r"layers is \['one = first', 'second'\] n"),
    ({"hook": "input"}, "hook is 'input' now, 'output' there"),
    ({"reduce": "first"}, "reduce is 'first' now, 'mean' there"),
    ({"reduce": lambda x: x}, r"reduce is '<lambda> \(\w+\)' now"),
    ({"select": 0}, "select is 0 now, None there"),
    ({"neuron_dim": 1}, "neuron_dim is 1 now"),
    ({"dtype": "float64"}, "dtype is 'float64' now, 'float32' there"),
    ({"seed": 1}, "seed is 1 now, None there"),
    ({"prediction": False}, "prediction is False now, True there"),
    ({"data": (X[:19], Y[:19])}, "n_samples is 19 now, 20 there"),
    ({"data": (X.numpy(), Y)}, "data is 'ndarray' now, 'Tensor' there"),
]
OTHER_DATA = [(X.flip(0), Y), (X.double(), Y), (torch.cat([X[:8], X[12:], X[8:12]]), Y)]


@pytest.fixture(scope="module")
def base():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Functional()


def run(base, path, **changes):
    arguments = {"model": lambda: base, "data": (X, Y), "layers": ["second", "first"]} | changes
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = arguments.pop("model")()
    arguments = {"batch_size": 4} | arguments
    return quiet(model, arguments.pop("data"), arguments.pop("layers"), to=path, **arguments)


@pytest.fixture(scope="module")
def unfinished(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("unfinished") / "a.zarr"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saving, "CHUNK_BYTES", 7 * 3 * 4)
        count = Counts(base, 4)
        with pytest.raises(RuntimeError):
            run(base, path)
        count.handle.remove()
    return path


@pytest.fixture(scope="module")
def finished(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("finished") / "a.zarr"
    run(base, path)
    return path


@pytest.mark.parametrize("state", ["unfinished", "finished"])
@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_other_recordings_are_refused_and_nothing_is_lost(base, request, state, changes, message):
    path = request.getfixturevalue(state)
    before = contents(path.parent)
    with pytest.raises(ValueError, match=rf"(?s)holds another recording: .*{message}.*give anothe"):
        run(base, path, **changes)
    assert contents(path.parent) == before


@pytest.mark.parametrize("data", OTHER_DATA)
def test_other_data_are_refused(base, unfinished, finished, data):
    before = contents(unfinished.parent), contents(finished.parent)
    with pytest.raises(ValueError, match=r"batch [02] \(counted from 0\) has other inputs or l"):
        run(base, unfinished, data=data)
    with pytest.raises(ValueError, match=r"another recording: the inputs or labels differ"):
        run(base, finished, data=data)
    assert (contents(unfinished.parent), contents(finished.parent)) == before


def test_other_batches_are_refused_and_the_same_layers_in_another_order_are_not(base, unfinished):
    before = contents(unfinished.parent)
    with pytest.raises(ValueError, match=r"batch 0 .*has 5 samples now, 4 there; pass the same b"):
        run(base, unfinished, batch_size=5)
    count = Counts(base, 0)
    with pytest.raises(RuntimeError, match="in the middle"):  # the next batch was reached
        run(base, unfinished, layers=["first", "second"])
    count.handle.remove()
    assert contents(unfinished.parent) == before


def test_data_that_end_too_soon(tmp_path):
    model, path = Functional(), tmp_path / "a.zarr"
    count = Counts(model, 3)
    with pytest.raises(RuntimeError):
        quiet(model, (part for part in X.split(4)), to=path)
    count.handle.remove()
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"the data end after 2 batches, but 3 are there"):
        quiet(model, (part for part in X[:8].split(4)), to=path)
    assert contents(tmp_path) == before
    with pytest.raises(ValueError, match=r"holds no samples"):
        quiet(model, (part for part in []), to=path)


def test_finished_store_is_returned_as_it_is(base, finished):
    before = contents(finished.parent)
    count = Counts(base)
    again = run(base, finished, batch_size=20)
    count.handle.remove()
    assert count.calls == 0
    assert again.activation.chunks is not None
    assert_same(again, run(base, None, batch_size=4))
    for change, message in (
        ({"data": (X, Y.flip(0))}, "the coords 'label' differ"),
        ({"coords": {"group": Y}}, "the coords 'group' differ"),
        ({"attrs": {"epoch": 3}}, "the attrs 'epoch' differ"),
    ):
        with pytest.raises(ValueError, match=rf"holds another recording: {message}"):
            run(base, finished, **change)
    assert contents(finished.parent) == before


def test_what_is_no_recording_is_left_alone(tmp_path):
    model = Functional()
    saved = save_activations(quiet(model, X), tmp_path / "saved.zarr")
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("text")
    half = tmp_path / "a.zarr.partial"
    half.mkdir()
    (half / "chapter.txt").write_text("text")
    before = contents(tmp_path)
    for path in (saved, thesis, thesis / "chapter.txt", tmp_path / "a.zarr"):
        with pytest.raises(FileExistsError, match=r"is there already, and no recording with rec"):
            quiet(model, X, to=path)
    assert contents(tmp_path) == before


def test_what_cannot_be_stored_is_refused_before_the_run(tmp_path):
    model = Functional()
    count = Counts(model)
    for kwargs in ({"attrs": {"model": model}}, {"coords": {"thing": [object()] * 20}}):
        with pytest.raises(TypeError, match=r"cannot be stored"):
            quiet(model, X, to=tmp_path / "a.zarr", **kwargs)
    lazy = nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.Linear(5, 2))
    with pytest.raises(ValueError, match=r"'0.bias' has no values before the first use"):
        quiet(lazy, X, to=tmp_path / "a.zarr")
    assert count.calls == 0
    assert os.listdir(tmp_path) == []


# -------------------------------------------------------------------- order and random numbers


def test_loaders_that_shuffle(tmp_path):
    model = Functional()
    data = TensorDataset(X, Y)
    for loader in (
        DataLoader(data, 4, shuffle=True),
        DataLoader(data, batch_sampler=torch.utils.data.BatchSampler(
            torch.utils.data.RandomSampler(data), 4, drop_last=False)),
        DataLoader(data, 4, sampler=torch.utils.data.SubsetRandomSampler(range(9))),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"shuffles in another order each time.* Pass seed="):
            quiet(model, loader, to=tmp_path / "a.zarr")
        assert os.listdir(tmp_path) == []

    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        return DataLoader(data, 4, shuffle=True, generator=generator)

    seeded = DataLoader(data, 4, shuffle=True)
    for number, (loader, other, kwargs) in enumerate(
        [(lambda: seeded, None, {"seed": 3}), (lambda: drawn(5), lambda: drawn(6), {})]
    ):
        path = tmp_path / f"{number}.zarr"
        expected = quiet(model, loader(), **kwargs)
        count = Counts(model, 3)
        with pytest.raises(RuntimeError, match="in the middle"):
            quiet(model, loader(), to=path, **kwargs)
        count.handle.remove()
        if other is not None:
            with pytest.raises(ValueError, match=r"batch 0 .* pass the same data in the same ord"):
                quiet(model, other(), to=path, **kwargs)
        assert_same(quiet(model, loader(), to=path, **kwargs), expected)


@pytest.mark.parametrize("at", [1, 3, 4])
def test_models_that_draw_go_on_with_the_same_numbers(tmp_path, at):
    noisy = Calls(
        lambda self, x: self.b(self.a(x) + torch.randn(len(x), 5)),
        a=nn.Linear(4, 5), b=nn.Linear(5, 2),
    )  # fmt: skip
    loader = DataLoader(TensorDataset(X), 4, shuffle=True)
    kwargs = {"layers": ["b"], "seed": 7}
    state = torch.get_rng_state()
    expected = quiet(noisy, loader, **kwargs)
    count = Counts(noisy, at)
    with pytest.raises(RuntimeError, match="in the middle"):
        quiet(noisy, loader, to=tmp_path / "a.zarr", **kwargs)
    count.handle.remove()
    assert_same(quiet(noisy, loader, to=tmp_path / "a.zarr", **kwargs), expected)
    assert torch.equal(torch.get_rng_state(), state)


def test_functions_are_told_apart_by_code_and_plain_values():
    from infonb.activations.disk.identity import of_function

    def power(n):
        return lambda x: x**n

    def kinds(x):
        return x in {"a", "b", "c"}

    assert of_function(power(2)) == of_function(power(2)) != of_function(power(3))
    assert of_function(kinds).startswith("kinds (")
    assert of_function(len) == "len"


def test_measures_take_it_as_it_is(tmp_path):
    from infonb.measures import entropy

    model, x = MLP([4, 6, 1]), inputs(200, 4)
    streamed = quiet(model, x, to=tmp_path / "a.zarr")
    measured = entropy(streamed.activation, dim="sample", bins=10)
    xr.testing.assert_equal(measured.compute(), entropy(quiet(model, x).activation, bins=10))
