"""A user's own images: by a file of arrays, or by a subclass with a data set of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr
from epochs import count_epochs

from infonb.data import colored_images
from infonb.experiments import ColoredDigits, ShuffledDigits
from infonb.experiments.clearing import kept_runs
from infonb.parameters import ParameterError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::infonb.measures.TiesWarning", "ignore::infonb.measures.ScaleWarning"
    ),
]

SMALL = {"seed": [0, 1], "width": 6, "epochs": 2}
N, CLASSES = 120, 3


def arrays(n=N):
    """Return bars whose place tells the class, and noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % CLASSES
    images = rng.integers(0, 60, size=(n, 6, 5)).astype(np.uint8)
    images[np.arange(n), 2 * labels] = 255
    return images, labels


@pytest.fixture
def file(tmp_path):
    images, labels = arrays()
    np.savez_compressed(tmp_path / "bars.npz", images=images, labels=labels)
    return tmp_path / "bars.npz"


@pytest.fixture
def epochs(monkeypatch):
    return count_epochs(monkeypatch)


@pytest.mark.parametrize(
    ("cls", "over", "n_outputs"), [(ColoredDigits, "alpha", 1), (ShuffledDigits, "beta", CLASSES)]
)
def test_a_file_goes_through_sweep_cache_and_claims(cls, over, n_outputs, file, tmp_path, epochs):
    experiment = cls(
        dataset=str(file), cache=str(tmp_path / "runs"), **SMALL, **{over: [0.0, 0.5, 1.0]}
    )
    experiment.prepare()
    runs = experiment.run(progress=False)
    assert len(epochs) == 3 * 2 * 2
    xr.testing.assert_identical(experiment.run(progress=False), runs)
    assert len(epochs) == 3 * 2 * 2
    assert len(kept_runs(tmp_path / "runs")[cls.name]) == 6
    assert runs.sizes["sample"] == N // 4
    assert runs.attrs["dataset"] == str(file)
    data = experiment.data(1.0, 0)
    assert data["train"].sizes["sample"] == N - N // 4
    assert experiment.options(0.0, data)["n_outputs"] == n_outputs
    np.testing.assert_allclose(data["train"].input.max(), 1.0)
    table = cls.of(runs).claims(runs)
    assert len(table.claims) == 9
    assert {claim.paper for claim in table.claims} - {"not reported"}  # of MNIST, as it says
    assert str(file) in table.caption


def test_the_images_are_in_the_key_not_their_place(file, tmp_path, epochs):
    def run(path):
        return ColoredDigits(
            dataset=str(path), alpha=1.0, cache=str(tmp_path / "runs"), **SMALL | {"seed": 0}
        ).run(progress=False)

    first = run(file)
    images, labels = arrays()
    images[0, 1, 0] += 1
    np.savez(file, images=images, labels=labels)
    assert not run(file).activation.equals(first.activation)
    assert len(epochs) == 4


@pytest.mark.parametrize("cls", [ColoredDigits, ShuffledDigits])
@pytest.mark.parametrize("sizes", [{"n_train": 50, "n_validation": 20}, {"n_validation": 20}])
def test_fewer_of_them_are_taken(cls, sizes, file):
    data = cls(dataset=str(file), **sizes).data(0.0, 0)
    assert data["train"].sizes["sample"] == sizes.get("n_train", N - N // 4)
    assert data["evaluation"].sizes["sample"] == 20


def write(path, **changed):
    images, labels = arrays()
    np.savez(path, **{"images": images, "labels": labels} | changed)


BAD = {
    "missing": (lambda path: path.unlink(), FileNotFoundError, "no file .*bars.npz with the arr"),
    "no zip": (lambda path: path.write_bytes(b"images"), ValueError, "bars.npz (is no|cannot be)"),
    "cut off": (
        lambda path: path.write_bytes(path.read_bytes()[:200]), ValueError,
        "bars.npz (is no|cannot)",
    ),
    "an .npy": (
        lambda path: path.write_bytes(_npy(arrays()[0])), ValueError, "bars.npz is no .npz file",
    ),
    "objects": (
        lambda path: write(path, images=np.array([[1], [1, 2]], dtype=object)), ValueError,
        "bars.npz has Python objects in images.npy, which are not opened",
    ),
    "names": (
        lambda path: np.savez(path, x=arrays()[0], labels=arrays()[1]), ValueError,
        r"has the arrays \['x', 'labels'\]; 'images' is missing",
    ),
    "no labels": (
        lambda path: np.savez(path, images=arrays()[0]), ValueError, "'labels' is missing",
    ),
    "flat": (
        lambda path: write(path, images=arrays()[0].reshape(N, -1)), ValueError,
        r"images has shape \(120, 30\); it must be \(sample, row, column\)",
    ),
    "in colour": (
        lambda path: write(path, images=np.zeros((N, 6, 5, 3))), ValueError, "images has shape",
    ),
    "empty": (
        lambda path: write(path, images=np.zeros((0, 6, 5)), labels=np.zeros(0, int)), ValueError,
        "images has shape",
    ),
    "too few labels": (
        lambda path: write(path, labels=arrays()[1][:-1]), ValueError,
        r"labels has shape \(119,\); there are 120 images",
    ),
    "negative": (
        lambda path: write(path, labels=arrays()[1] - 1), ValueError, "whole numbers from 0",
    ),
    "fractions": (
        lambda path: write(path, labels=arrays()[1] / 2), ValueError, "whole numbers from 0; not f",
    ),
    "one class": (
        lambda path: write(path, labels=np.ones(N, int)), ValueError,
        "all labels are 1; two classes are the fewest",
    ),
    "NaN": (
        lambda path: write(path, images=np.full((N, 6, 5), np.nan)), ValueError,
        "images must hold finite numbers",
    ),
    "words": (
        lambda path: write(path, images=np.full((N, 6, 5), "x")), ValueError, "finite numbers",
    ),
}  # fmt: skip


def _npy(values):
    import io

    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


@pytest.mark.parametrize("cls", [ColoredDigits, ShuffledDigits])
@pytest.mark.parametrize("harm", BAD)
def test_a_bad_file_is_one_clear_line_before_anything_is_made(cls, harm, file, tmp_path):
    change, error, words = BAD[harm]
    change(file)
    experiment = cls(dataset=str(file), cache=str(tmp_path / "runs"), **SMALL)
    for step in (experiment.prepare, lambda: experiment.data(0.0, 0), experiment.run):
        with pytest.raises(error, match=words) as told:
            step()
        assert "\n" not in str(told.value)
        assert str(file) in str(told.value)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n_train": 91}, "n_train must be between 1 and 90; not 91"),
        ({"n_validation": 31}, "n_validation must be between 1 and 30; not 31"),
        ({"k": 30}, "k must be below the number of validation examples, 30; not 30"),
        ({"mi_samples": 31}, "mi_samples must be at most the number of validation examples, 30"),
    ],
)
def test_what_does_not_go_with_a_file_is_told_by_prepare(values, words, file):
    with pytest.raises(ValueError, match=words):
        ColoredDigits(dataset=str(file), **values).prepare()


def test_a_name_that_is_no_set_and_no_file_is_refused():
    with pytest.raises(ParameterError, match=r"dataset must be 'digits', 'mnist', or the path of"):
        ColoredDigits(dataset="cifar")


images, labels = arrays()
my_dataset = xr.Dataset(
    {"input": (("sample", "row", "column"), (images / 255).astype(np.float32)),
     "label": ("sample", labels)},
    {"sample": np.arange(N)}, {"name": "bars"},
)  # fmt: skip


@dataclass(frozen=True)
class Bars(ColoredDigits):
    """Colored bars: my own images with a shortcut."""

    name = "bars"

    def data(self, alpha, seed):
        parts = colored_images(my_dataset, alpha, label_noise=self.label_noise, seed=seed)
        return dict(zip(("train", "evaluation"), parts, strict=True))


def test_a_subclass_with_images_of_its_own(file, tmp_path, epochs):
    experiment = Bars(alpha=[0.0, 0.5, 1.0], cache=str(tmp_path / "runs"), **SMALL)
    experiment.prepare()
    runs = experiment.run(progress=False)
    assert len(epochs) == 3 * 2 * 2
    xr.testing.assert_identical(experiment.run(progress=False), runs)
    assert len(epochs) == 3 * 2 * 2
    assert list(kept_runs(tmp_path / "runs")) == ["bars"]
    assert len(Bars.of(runs).claims(runs).claims) == 9
    assert Bars.title() == "Colored bars: my own images with a shortcut"
    # the same images by their file: the same networks
    of_file = ColoredDigits(dataset=str(file), alpha=[0.0, 0.5, 1.0], cache="none", **SMALL)
    xr.testing.assert_allclose(of_file.run(progress=False).activation, runs.activation)


def test_other_images_in_a_subclass_are_other_runs(tmp_path, monkeypatch, epochs):
    experiment = Bars(alpha=1.0, cache=str(tmp_path / "runs"), **SMALL | {"seed": 0})
    experiment.run(progress=False)
    monkeypatch.setitem(globals(), "my_dataset", my_dataset.assign(input=my_dataset.input / 2))
    experiment.run(progress=False)
    assert len(epochs) == 4
