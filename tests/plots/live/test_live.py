"""Figures that are drawn again and again show what a new one would show."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from infonb.plots.live import (
    EntropyBoxes,
    EstimatorDots,
    ExampleList,
    ExampleRow,
    NeuronHistogram,
    PairMatrix,
    PairScatter,
)
from infonb.plots.picture import DPI, SCALE, encode_png, png_size

pytestmark = pytest.mark.slow


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.to_png())))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def histograms(rng):
    edges = np.linspace(-4, 4, 11)
    for scale, title in ((1.0, "one"), (0.5, "another"), (0.01, "narrow"), (0.5, "another")):
        yield (scale * rng.normal(size=200), edges * (1 if scale > 0.1 else 2), title, "10 bins")


def scatters(rng):
    for n, title in ((50, "one"), (50, "another"), (3000, "more"), (50, "last")):
        x, y = rng.normal(size=(2, n))
        yield x, y, rng.integers(0, 2, n), ("neuron 0", "neuron 1"), title


def matrices(rng):
    first, second = np.abs(rng.normal(size=(2, 5, 5)))
    yield first, (0, 1), "one", "nat"
    yield first, (3, 1), "one", "nat"
    yield first, None, "one", "bit"
    yield second[:3, :3], (2, 2), "another", "bit"


def boxes(rng):
    first, second = rng.normal(size=(2, 3, 40))
    yield list(first), (0, 1.0), "one", "nat", "here"
    yield list(first), (2, -1.0), "one", "nat", "there"
    yield list(second), (2, -1.0), "another", "bit", "there"


def estimates(rng):
    x, y = rng.normal(size=(2, 50))
    found = {name: rng.normal(0.1, 0.02, size=4) for name in ("KSG", "binned")}
    yield x, y, found, 0.1
    yield x, y, {name: values / 2 for name, values in found.items()}, 0.0
    yield y, x, {name: values * 9 for name, values in found.items()}, 0.9


def images(rng):
    for shape in ((8, 6, 6, 3), (8, 6, 6, 3), (5, 9, 4, 3), (8, 3, 12, 3)):
        yield rng.random(shape).astype(np.float32), ["−0.0123"] * len(range(shape[0])), "one", "alt"


def texts(rng):
    for n, words in ((4, "a short one"), (3, "one that goes on " * 9), (4, "costs $5 or $6")):
        yield [f"{i} {words}" for i in range(n)], ["1.5"] * n, f"{n} of them", "alt"


CASES = {
    "histogram": (NeuronHistogram, histograms),
    "scatter": (lambda: PairScatter(np.array([0, 1]), "label"), scatters),
    "matrix": (PairMatrix, matrices),
    "boxes": (lambda: EntropyBoxes(["a", "b", "c"]), boxes),
    "images": (lambda: ExampleRow(4.6), images),
    "texts": (lambda: ExampleList(4.6), texts),
    "estimators": (lambda: EstimatorDots(["KSG", "binned"]), estimates),
}


def draw(figure, kind, arguments):
    if kind == "scatter":
        x, y, classes, names, title = arguments
        return figure.draw(x, y, classes, names=names, where="fc1", title=title)
    if kind == "matrix":
        return figure.draw(*arguments[:3], unit=arguments[3])
    if kind == "boxes":
        return figure.draw(*arguments[:3], unit=arguments[3], chosen=arguments[4])
    return figure.draw(*arguments)


@pytest.mark.parametrize("kind", CASES)
def test_a_figure_drawn_again_is_as_a_new_one(kind, rng):
    make, arguments = CASES[kind]
    again, before = make(), None
    for one in arguments(rng):
        shown = pixels(draw(again, kind, one))
        np.testing.assert_array_equal(shown, pixels(draw(make(), kind, one)))
        assert before is None or (shown != before).any()
        before = shown


@pytest.mark.parametrize("kind", CASES)
def test_what_is_saved_is_what_is_shown(kind, rng, tmp_path):
    make, arguments = CASES[kind]
    picture = draw(make(), kind, next(arguments(rng)))
    shown = pixels(picture)
    picture.savefig(tmp_path / "saved.png", dpi=SCALE * DPI)
    saved = np.asarray(Image.open(tmp_path / "saved.png").convert("RGB"))
    np.testing.assert_array_equal(saved, shown)


@pytest.mark.parametrize("kind", CASES)
def test_no_word_is_cut_off(kind, rng):
    make, arguments = CASES[kind]
    for one in arguments(rng):
        shown = pixels(draw(make(), kind, one))
        edge = np.concatenate(
            [shown[:2].reshape(-1, 3), shown[-2:].reshape(-1, 3), shown[:, 0], shown[:, -1]]
        )
        assert (edge == 255).all()


def test_the_histogram_shows_the_shares(rng):
    values = rng.normal(size=500)
    edges = np.linspace(-5, 5, 21)
    picture = NeuronHistogram().draw(values, edges, "one", "20 bins")
    stairs = picture.axes[0].patches[0]
    np.testing.assert_allclose(stairs.get_data().values, np.histogram(values, edges)[0] / 500)
    assert picture.axes[0].get_ylim()[1] >= stairs.get_data().values.max()


def test_the_matrix_hides_the_diagonal_and_marks_the_pair():
    information = np.full((4, 4), 0.3)
    np.fill_diagonal(information, 9.0)
    picture = PairMatrix().draw(information, (1, 3), "one", unit="nat")
    shown = picture.axes[0].images[0].get_array()
    assert np.isnan(np.diag(np.ma.filled(shown, np.nan))).all()
    assert picture.axes[0].images[0].get_clim() == (0.0, 0.3)
    assert "highest is 0.30 nat" in picture.alt
    assert picture.cursor == (3.0, 1.0)
    assert PairMatrix().draw(information, None, "one", unit="nat").cursor is None


def test_boxes_have_the_quartiles(rng):
    values = [rng.normal(size=30), rng.normal(size=50)]
    picture = EntropyBoxes(["a", "b"]).draw(values, (1, 0.5), "one", unit="nat", chosen="b")
    found = [np.unique(box.get_path().vertices[:4, 1]) for box in picture.axes[0].patches]
    np.testing.assert_allclose(found, [np.quantile(one, [0.25, 0.75]) for one in values])


def test_more_classes_than_colours_have_one_colour():
    classes = np.arange(50)
    figure = PairScatter(classes, "label")
    picture = figure.draw(
        np.zeros(50),
        np.zeros(50),
        classes,
        names=("neuron 0", "neuron 1"),
        where="fc1",
        title="one",
    )
    assert "coloured" not in picture.alt
    assert picture.axes[0].get_legend() is None


def test_names_of_many_layers_do_not_touch(rng):
    names = [f"encoder.layers.{at}.mlp.activation" for at in range(24)]
    picture = EntropyBoxes(names).draw(
        list(rng.normal(size=(24, 9))), (3, 0.0), "one", unit="nat", chosen="there"
    )
    picture.to_png()
    labels = [label for label in picture.axes[0].get_xticklabels() if label.get_text()]
    assert [label.get_text() for label in labels] == [f"…{at}…" for at in range(0, 24, 4)]
    bounds = [label.get_window_extent() for label in labels]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(bounds))


def test_png_without_filters_is_read_as_it_was(rng):
    image = rng.integers(0, 256, (7, 5, 4)).astype(np.uint8)
    for level in (1, 6, 9):
        png = encode_png(image, level)
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), image[..., :3])
    assert png_size(png) == (2, 3)


def overlap(picture):
    """Return the pairs of words that lie over each other."""
    picture.to_png()
    renderer = picture.canvas.get_renderer()
    words = [
        text
        for axis in picture.axes
        for text in axis.findobj(lambda one: hasattr(one, "get_text"))
        if text.get_text() and text.get_visible()
    ]
    boxes = [text.get_window_extent(renderer) for text in words]
    return [
        (words[a].get_text(), words[b].get_text())
        for a, b in itertools.combinations(range(len(words)), 2)
        if boxes[a].overlaps(boxes[b])
    ]


def test_labels_of_small_differences_lie_over_nothing(rng):
    matrix = PairMatrix().draw(np.full((3, 3), 0.004), (0, 2), "fc1", unit="nat")
    entropy = [np.full(5, 0.6925) + 1e-5 * rng.normal(size=5) for _ in range(2)]
    boxes = EntropyBoxes(["a", "b"]).draw(entropy, (0, 0.6925), "x", unit="nat", chosen="a")
    for picture in (matrix, boxes):
        assert overlap(picture) == []
    assert np.ptp(boxes.axes[0].get_ylim()) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("factor", "start", "words"),
    [(1, 0, ""), (1e-30, 0, "× 1e−30"), (0.1, 1e6, "+ 1e6"), (0.1, -1e6, "− 1e6")],
)
def test_powers_of_ten_are_in_the_label(rng, factor, start, words):
    x, y = factor * rng.normal(size=(2, 50)) + start
    picture = PairScatter().draw(
        x, y, None, names=("neuron 0", "neuron 1"), where="fc1", title="one\ntwo"
    )
    expected = f" (ticks {words})" if words else ""
    axis = picture.axes[0]
    assert axis.get_xlabel() == f"neuron 0{expected}"
    assert axis.get_ylabel() == f"neuron 1{expected}"
    assert not axis.yaxis.get_offset_text().get_visible()


def test_the_mark_at_the_edge_is_whole():
    picture = PairMatrix().draw(np.ones((9, 9)), (0, 8), "fc1", unit="nat")
    assert not any(mark.get_clip_on() for mark in picture.axes[0].lines[2:])


def test_a_dollar_in_a_name_is_no_formula():
    boxes = EntropyBoxes(["$a$", "$\\bad{$"])
    values = [np.array([0.0, 1.0])] * 2
    boxes.draw(values, (0, 1.0), "x", unit="nat", chosen="$a$").to_png()
    scatter = PairScatter(np.array(["$x$", "$\\bad{$"]), "$c$")
    x = np.array([0.0, 1.0])
    scatter.draw(
        x, x, np.array(["$x$", "$\\bad{$"]), names=("$\\a{$", "$b$"), where="fc1", title="$\\c{$"
    ).to_png()


def test_the_alt_text_says_what_is_shown():
    pair = EntropyBoxes(["fc1", "fc2"])
    values = [np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])]
    assert pair.draw(values, (0, 2.0), "entropy", unit="nat", chosen="fc1, neuron 1").alt == (
        "Boxes of the entropy of neurons, entropy; medians (nat): fc1 2.00, fc2 0.50. "
        "Marked: fc1, neuron 1, 2.00 nat."
    )
    found = {"KSG": np.array([0.1, 0.3]), "binned": np.array([0.4, 0.6])}
    x, y = np.random.default_rng(0).normal(size=(2, 50))
    assert EstimatorDots(["KSG", "binned"]).draw(x, y, found, 0.2).alt == (
        "Left: scatter of two neurons, 50 samples. Right: estimates of their mutual information, "
        "exactly 0.20 nat; means over seeds: KSG 0.20, binned 0.50."
    )
    values, edges = np.array([0.0, 0.1, 0.9]), np.linspace(0, 1, 3)
    title = "fc1, neuron 0\nH = 0.64"
    assert NeuronHistogram().draw(values, edges, title, "2 bins").alt == (
        "Histogram of a neuron in 2 bins: fc1, neuron 0; H = 0.64."
    )
    information = np.array([[1.0, 0.2], [0.2, 1.0]])
    matrix = PairMatrix().draw(information, (0, 1), "fc1, MI of pairs", unit="nat")
    assert matrix.cursor == (1.0, 0.0)
    x, y, classes = np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.0, 0.5]), np.array([0, 1, 1])
    scatter = PairScatter(np.array([0, 1]), "label")
    names = ("neuron 0", "neuron 1")
    assert scatter.draw(x, y, classes, names=names, where="fc1", title="I = 0.10 nat").alt == (
        "Scatter of fc1, neuron 0 and neuron 1 coloured by label: I = 0.10 nat."
    )
