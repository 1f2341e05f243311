"""What is another recording, or none, is refused and left alone."""

from __future__ import annotations

import os

import pytest
import torch
from activations.models import Functional, inputs, quiet
from activations.recordings import Counts, assert_same, contents
from torch import nn

from infonb.activations import save_activations, saving
from infonb.networks.mlp import MLP


def other_weights():
    model = Functional()
    model.second.bias.data[1] += 1e-6
    return model


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
