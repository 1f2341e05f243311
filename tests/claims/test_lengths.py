"""What the lengths of training say, in words, for grids made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims.lengths import what_lengths_decide
from infonb.plots.lengths import plot_lengths


def grid(entropy, information, epochs, layers):
    """Changes (relu, edges, epochs, layer) and (relu, epochs, layer) as what over_lengths gives."""
    entropy, information = np.array(entropy, float), np.array(information, float)
    coords = {
        "beta": [0.0, 1.0], "relu": ["before", "after"][: len(entropy)],
        "edges": ["common", "neuron"][: entropy.shape[1]], "epochs": epochs, "layer": layers,
    }  # fmt: skip
    dims = ("beta", "relu", "edges", "epochs", "layer")
    found = xr.Dataset(
        {
            "entropy": (dims, np.stack([np.full(entropy.shape, 2.0), 2.0 + entropy])),
            "mutual_information": (
                tuple(d for d in dims if d != "edges"),
                np.stack([np.full(information.shape, 0.5), 0.5 + information]),
            ),
        },
        coords,
    )
    return found.transpose("beta", "epochs", "relu", "edges", "layer")


def test_words_for_each_convention():
    up = np.full((3, 2), 0.3)
    turns = np.array([[-0.3, 0.3], [0.01, 0.3], [0.3, 0.3]])
    found = grid(
        [[up, -up], [turns, 0 * up]], [-up, -turns], epochs=[10, 20, 40], layers=[1, 2]
    )  # fmt: skip
    assert what_lengths_decide(found, 1).splitlines() == [
        "Entropy, common bins, before the ReLU: as the paper says in layers 1, 2 at all lengths.",
        "Entropy, own bins, before the ReLU: against the paper in layers 1, 2 at all lengths.",
        "Entropy, common bins, after the ReLU: in layer 1 against the paper at 10 epochs, no clear "
        "change at 20 epochs, as the paper says at 40 epochs; as the paper says in layer 2 at all "
        "lengths.",
        "Entropy, own bins, after the ReLU: no clear change in layers 1, 2 at all lengths.",
        "Mutual information, before the ReLU: as the paper says in layers 1, 2 at all lengths.",
        "Mutual information, after the ReLU: in layer 1 against the paper at 10 epochs, no clear "
        "change at 20 epochs, as the paper says at 40 epochs; as the paper says in layer 2 at all "
        "lengths.",
    ]


def words_of(changes, **options):
    """Words for one layer's changes of entropy, one for each length: 1, 2, 4, ... epochs."""
    values = np.array(changes)[None, None, :, None]
    epochs = [2**n for n in range(len(changes))]
    lines = what_lengths_decide(grid(values, values[:, 0], epochs, [3]), 1, **options).splitlines()
    return lines[0].removeprefix("Entropy, common bins, before the ReLU: ")


def test_words_for_when_it_turns():
    says, against, none = "as the paper says", "against the paper", "no clear change"
    assert words_of([-1, -1, 1, 1]) == (
        f"{says} in layer 3 only from 4 epochs on ({against} up to 2 epochs)."
    )
    assert words_of([0, 1]) == f"{says} in layer 3 only at 2 epochs ({none} at 1 epoch)."
    assert words_of([1, 1, -1]) == f"in layer 3 {says} up to 2 epochs, {against} at 4 epochs."
    assert words_of([1, 0, 0, 1]) == (
        f"in layer 3 {says} at 1 epoch, {none} from 2 to 4 epochs, {says} at 8 epochs."
    )
    assert words_of([np.nan, 1]) == f"{says} in layer 3 only at 2 epochs (not measured at 1 epoch)."


def test_words_follow_the_claim_and_the_least_clear_change():
    assert words_of([0.019, 0.019]) == "no clear change in layer 3 at all lengths."
    assert words_of([0.021, 0.021]) == "as the paper says in layer 3 at all lengths."
    assert words_of([0.021, 0.021], clear=0.05) == "no clear change in layer 3 at all lengths."
    found = grid([[[[0.3]]]], [[[0.3]]], [5], [1])
    assert [line.split(": ")[1] for line in what_lengths_decide(found, -1).splitlines()] == [
        "against the paper in layer 1 at all lengths.",
        "as the paper says in layer 1 at all lengths.",
    ]
    with pytest.raises(ValueError, match="direction"):
        what_lengths_decide(found, 0)
    with pytest.raises(ValueError, match="clear"):
        what_lengths_decide(found, 1, clear=-1.0)


def test_figure_names_a_layer_as_the_other_figures_do():
    found = grid(np.zeros((2, 2, 2, 2)), np.zeros((2, 2, 2)), [5, 10], [1, 2])
    picture = plot_lengths(found)
    titles = [axis.get_title(loc="left") for axis in picture.axes[:2]]
    assert titles == ["layer 1 (fc1, relu1)", "layer 2 (fc2, relu2)"]
