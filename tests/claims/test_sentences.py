"""What a grid says in words: which choice decides, what stays open, and what one seed shows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import compare_settings, describe_grid
from infonb.claims.sentences import describe_setting
from infonb.claims.words import choice_words, label_words, where

EDGES = ["common", "shared", "neuron"]
BINS = [10, 30, 100, 300]


def grid_of(changes, seeds=3, claimed=-1, layers=("fc1",), name="entropy", **axes):
    """Return a grid whose changes (*axes, layer) are given, clear ones 1 or -1, 0 for unclear."""
    changes = np.array(changes, dtype=float)
    changes = changes.reshape(*(len(labels) for labels in axes.values()), -1)
    changes = np.broadcast_to(changes, (*changes.shape[:-1], len(layers)))
    noise = 0.01 * np.linspace(-1, 1, seeds) if seeds > 1 else np.zeros(1)
    values = np.stack(
        [np.zeros((seeds, *changes.shape)), changes[None] + noise.reshape(-1, *[1] * changes.ndim)]
    )
    values = values[..., None] + 0.01 * np.linspace(-1, 1, 20)
    labels = {
        axis: np.array(one, dtype=object if isinstance(one[0], str) else None)
        for axis, one in axes.items()
    }
    coords = {"alpha": [0, 1], **labels, "layer": list(layers)}
    one = xr.DataArray(
        values, coords, ("alpha", "seed", *axes, "layer", "neuron"), attrs={"units": "nat"}
    )
    return compare_settings({name: one}, "alpha", (0, 1), {name: claimed})


FIRST = "The median entropy of fc1 "


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (-np.ones((3, 4)), "falls, as the paper says, in all 12 settings."),
        (np.ones((3, 4)), "rises, against the paper, in all 12 settings."),
        (
            [[-1] * 4, [1] * 4, [0] * 4],
            "falls, as the paper says, in common bins (all 4 settings); in shared bins it rises, "
            "against the paper (all 4), and in neuron bins it cannot be told (all 4). The ruler "
            "of the bins decides.",
        ),
        (
            [[-1] * 4, [1] * 4, [-1] * 4],
            "falls, as the paper says, in common bins and in neuron bins (all 8 settings); in "
            "shared bins it rises, against the paper (all 4). The ruler of the bins decides.",
        ),
        (
            [[-1, -1, 1, 1]] * 3,
            "falls, as the paper says, with up to 30 bins (all 6 settings); with 100 bins or "
            "more it rises, against the paper (all 6). The number of bins decides.",
        ),
        (
            [[-1, 1, 1, -1]] * 3,
            "falls, as the paper says, with 10 bins (all 3 settings); with 30 to 100 bins it "
            "rises, against the paper (all 6), and with 300 bins it falls (all 3). The number of "
            "bins decides.",
        ),
        (
            [[-1] * 4, [1] * 4, [1, 1, 1, 0]],
            "falls, as the paper says, in common bins (all 4 settings); in shared bins and in "
            "neuron bins it rises, against the paper (7 of 8). The ruler of the bins decides "
            "most: 1 of 12 settings is otherwise.",
        ),
        (
            [[-1] * 4, [1] * 4, [1, 1, 0, 0]],
            "falls, as the paper says, in common bins (all 4 settings); in shared bins it rises, "
            "against the paper (all 4), and in neuron bins it depends on the number of bins. The "
            "ruler of the bins decides.",
        ),
        (
            [[-1] * 4, [-1] * 4, [-1, -1, 0, 0]],
            "falls, as the paper says, in 10 of 12 settings; in the other 2, both in neuron "
            "bins, it cannot be told.",
        ),
        (
            [[-1, -1, 0, -1], [-1] * 4, [0, -1, -1, -1]],
            "falls, as the paper says, in 10 of 12 settings; in the other 2 it cannot be told; "
            "no one choice decides.",
        ),
        (
            [[-1, -1, -1, -1], [-1, 1, -1, 0], [1, -1, 1, 0]],
            "falls, as the paper says, in 7 of 12 settings; in 3 it rises, against the paper, "
            "and in 2, both with 300 bins, it cannot be told; no one choice decides.",
        ),
    ],
)
def test_one_layer_in_words(changes, words):
    assert describe_grid(grid_of(changes, edges=EDGES, bins=BINS)) == [FIRST + words]


def test_what_is_never_clear_and_what_there_is_one_setting_of():
    assert describe_grid(grid_of(np.zeros((3, 4)), edges=EDGES, bins=BINS)) == [
        "Whether the median entropy of fc1 rises or falls cannot be told in any of the 12 settings."
    ]
    assert describe_grid(grid_of([0], k=[3])) == [
        "Whether the median entropy of fc1 rises or falls cannot be told."
    ]
    assert describe_grid(grid_of([-1], k=[3])) == [f"{FIRST}falls, as the paper says."]
    assert describe_grid(grid_of([[0], [-1]], edges=EDGES[:2], bins=[10])) == [
        f"{FIRST}falls, as the paper says, in shared bins; in common bins it cannot be told. The "
        "ruler of the bins decides."
    ]
    assert describe_grid(grid_of([0, 0, 1], k=[1, 3, 10], name="mutual_information")) == [
        "Whether the median mutual information of fc1 rises or falls cannot be told with k up to "
        "3 (both settings); with k = 10 it rises, against the paper. The number of neighbours k "
        "decides."
    ]


def test_where_nothing_is_claimed_no_paper_is_named():
    said = describe_grid(
        grid_of([[-1] * 4, [1] * 4, [0] * 4], claimed=None, edges=EDGES, bins=BINS)
    )
    assert said[0].startswith(f"{FIRST}falls in common bins (all 4 settings); in")
    assert "paper" not in said[0]
    assert describe_grid(grid_of([1, 1], claimed=None, k=[1, 3])) == [
        f"{FIRST}rises in both settings."
    ]


def test_layers_with_the_same_outcomes_are_told_together():
    grid = grid_of([[-1, -1, 1], [-1, -1, 1]], layers=["fc1", "fc2", "fc3"], k=[1, 3])
    assert describe_grid(grid) == [
        "The median entropy of fc1 and fc2 falls, as the paper says, in both settings.",
        "The median entropy of fc3 rises, against the paper, in both settings.",
    ]
    said = describe_grid(grid.assign_coords(layer=[1, 2, 3]))
    assert said[0].startswith("The median entropy of layers 1 and 2 falls")
    assert said[1].startswith("The median entropy of layer 3 rises")
    named = grid.assign_coords(layer=["layer 1", "layer 2", "layer 3"])
    assert describe_grid(named) == said


def test_lengths_of_training_in_words():
    grid = grid_of([-1, 0, 1, 1], claimed=1, epochs=[1, 10, 20, 40])
    assert describe_grid(grid) == [
        f"{FIRST}falls, against the paper, after 1 epoch; after 10 epochs it cannot be told, and "
        "from 20 epochs on it rises, as the paper says (both). The length of training decides."
    ]


def test_one_seed_says_why_nothing_is_clear_and_what_it_shows():
    grid = grid_of([[-1] * 4, [1] * 4, [0] * 4], seeds=1, edges=EDGES, bins=BINS)
    first, second = describe_grid(grid)
    assert first.startswith("There is one seed only, so nothing is clear")
    assert second.startswith(f"{FIRST}falls, as the paper says, in common bins")


def test_settings_that_were_not_measured_are_counted():
    grid = grid_of([[-1] * 4, [np.nan] * 4, [-1] * 4], edges=EDGES, bins=BINS)
    assert describe_grid(grid) == [
        f"{FIRST}falls, as the paper says, in all 8 settings. 4 settings were not measured."
    ]
    grid = grid_of([np.nan], k=[1])
    assert describe_grid(grid) == [f"{FIRST}was not measured."]


def comparisons(first, second):
    """Return a grid of two comparisons whose changes (edges, relu) are given; both claimed up."""
    rng = 0.01 * np.linspace(-1, 1, 20)
    changes = np.stack([np.zeros((2, 2)), np.array(first, float), np.array(second, float)])
    values = (
        changes[:, None, :, :, None, None]
        + 0.01 * np.arange(3)[None, :, None, None, None, None]
        + rng
    )
    names = {
        "network": ["a", "b", "c, long"], "edges": ["common", "neuron"],
        "relu": ["before", "after"], "layer": ["fc1"],
    }  # fmt: skip
    coords = {name: np.array(labels, dtype=object) for name, labels in names.items()}
    entropy = xr.DataArray(values, coords, ("network", "seed", "edges", "relu", "layer", "neuron"))
    pairs = [("a", "b", 1), ("a", "c, long", 1)]
    return compare_settings(
        {"entropy": entropy}, "network", pairs, {"entropy": 1}, mean_of_layers=True
    )


def test_comparisons_name_their_levels():
    grid = comparisons([[1, 1], [-1, -1]], [[1, 1], [1, 1]])
    assert describe_grid(grid) == [
        "From a to b, the median entropy (mean of the layers) rises, as the paper says, in "
        "common bins (both settings); in neuron bins it falls, against the paper (both). The "
        "ruler of the bins decides.",
        'From a to "c, long", the median entropy (mean of the layers) rises, as the paper says, in '
        "all 4 settings.",
    ]
    same = comparisons([[1, 1], [1, 1]], [[1, 1], [1, 1]])
    assert describe_grid(same) == [
        'From a to b and from a to "c, long", the median entropy (mean of the layers) rises, as '
        "the paper says, in all 4 settings."
    ]
    one = describe_grid(grid.sel(edges="neuron", relu="after"))
    assert (
        one[0] == "From a to b, the median entropy (mean of the layers) falls, against the paper."
    )


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ([[1, 1], [-1, -1]], "in 2 of 4 settings, both in common bins."),
        ([[1, 1], [1, 1]], "in all 4 settings."),
        ([[-1, -1], [-1, -1]], "in none of 4 settings."),
        ([[1, -1], [-1, 1]], "in 2 of 4 settings."),
        ([[1, 1], [1, -1]], "in 3 of 4 settings."),
    ],
)
def test_where_several_comparisons_hold_at_once(first, words):
    grid = comparisons(first, [[1, 1], [1, 1]])
    said = describe_grid(grid, together=["a → b", "a → c, long"])
    assert said[-1] == (
        'Both changes of the median entropy, from a to b and from a to "c, long", are as the paper '
        f"says at once {words}"
    )


@pytest.mark.parametrize(
    ("change", "claimed", "words"),
    [
        (-1.0, None, "median entropy falls by 1.00 nat [0.9"),
        (1.0, None, "median entropy rises by 1.00 nat [0.9"),
        (-1.0, -1, ": as the paper says"),
        (1.0, -1, ": against the paper"),
        (0.001, -1, "median entropy changes by +0.00 nat [−0.02, +0.03]: too close to tell"),
        (np.nan, -1, "median entropy: not measured"),
    ],
)
def test_one_setting_in_words(change, claimed, words):
    grid = grid_of([change], claimed=claimed, k=[3])
    said = describe_setting(grid, "entropy", k=3, layer="fc1")
    assert words in said
    assert ("paper" in said) == ("paper" in words)


def test_one_setting_of_one_seed_says_so():
    said = describe_setting(grid_of([1.0], seeds=1, k=[3]), "entropy", k=3, layer="fc1")
    assert said == "median entropy changes by +1.00 nat (one seed only): too close to tell"


def test_choices_without_words_of_their_own_are_named():
    assert choice_words("weight_decay") == "the choice of weight decay"
    assert label_words("weight_decay", 0.1) == "weight decay = 0.1"
    assert where("penalty", [0.1, 0.2], [0.0, 0.1, 0.2]) == "from penalty 0.1 on"
    assert where("kind", ["x"], ["x", "y"]) == "with kind 'x'"
    assert where("alignment", ["bias"], ["bias", "anti"]) == "on the points 'bias'"
    assert where("n_samples", [1000], [100, 1000]) == "on 1,000 samples"


@pytest.mark.parametrize("label", ["after", "after the ReLU"])
@pytest.mark.parametrize("axis", ["side", "relu"])
def test_a_side_of_the_relu_has_the_same_words_however_it_is_labelled(axis, label):
    assert where(axis, [label], [label]) == "after the ReLU"
    assert label_words(axis, label) == "after ReLU"
    assert choice_words(axis) == "the side of the ReLU"
