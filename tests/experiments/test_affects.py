"""What each parameter affects, word for word: a wrong entry would return another value's runs."""

from __future__ import annotations

import pytest

from infonb import experiments
from infonb.parameters import describe

SELECTION = {"preset", "seed", "cache", "cluster", "interactive", "results"}

#: All others affect the training, and with it everything.
EXPECTED = {
    "concentric_circles": {
        "selection": SELECTION | {"division", "beta", "alignment", "activations", "edges"},
        "measures": {"bins", "bin_width", "k", "mi_samples"},
    },
    "colored_digits": {
        "selection": SELECTION | {"alpha"},
        "measures": {"activations", "bins", "edges", "k", "mi_samples", "mi_neurons"},
    },
    "shuffled_digits": {
        "selection": SELECTION | {"beta"},
        "measures": {"activations", "bins", "edges", "k", "mi_samples", "mi_neurons"},
    },
    "shuffled_reviews": {
        "selection": SELECTION | {"beta"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons"},
    },
    "sentiment_adjectives": {
        "selection": SELECTION | {"alpha"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons"},
    },
    "contexts": {
        "selection": SELECTION | {"folder"},
        "measures": {"activations", "bins", "edges", "k", "mi_samples", "mi_neurons"},
    },
    "biographies": {
        "selection": SELECTION | {"training_set", "folder"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons", "permutations"},
    },
    "model_selection": {
        "selection": SELECTION - {"preset"} | {"setting", "kept", "level", "found", "beside"},
        "measures": set(),
    },
    "entropy_regularizer": {
        "selection": SELECTION | {"alpha", "treatment", "edges"},
        "measures": {"activations", "bins", "k", "mi_samples", "mi_neurons"},
    },
    "early_learning": {
        "selection": SELECTION | {"loss"},
        "measures": {"activations", "bins", "edges", "k", "mi_samples", "mi_neurons"}
        | {"linear_steps"},
    },
    "encoder_memorization": {
        "selection": SELECTION | {"network", "folder"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons", "n_scored", "n_random"}
        | {"n_augmentations", "pairs", "normalize", "rest"},
    },
    # files and what is drawn of them are in the key by their content
    "compare_models": {
        "selection": SELECTION - {"preset"}
        | {"models", "reference", "model", "inputs", "size", "n_samples", "n_neurons", "bins"}
        | {"estimator", "k", "shown", "found"},
        "measures": set(),
    },
    "deja_vu": {
        "selection": SELECTION | {"treatment", "folder"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons"}
        | {"neighbors", "curve", "top_objects", "top", "activations"},
    },
    "memorization_capacity": {
        "selection": SELECTION | {"size", "n_strings"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons", "prompt"},
    },
    "density_memorization": {
        "selection": SELECTION | {"learning_rate", "repeats", "folder"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons"}
        | {"draws", "n_measured", "downsample"},
    },
    "logic_gates": {
        "selection": SELECTION | {"kind", "folder"},
        "measures": {"n_measured", "mi_neurons"},
    },
    "relu_memorizers": {
        "selection": SELECTION
        | {"network", "labels", "n_points", "near_epochs", "dataset"}
        | {"folder", "n_hyperplanes", "restarts", "pairs", "share", "pair_hyperplanes"}
        | {"pair_restarts"},
        "measures": {"bins", "edges", "mi_bins"},
    },
    "generalizable_memorizers": {
        "selection": SELECTION
        | {"memorizer", "pair", "folder", "n_dims", "law_points", "bit_points", "cube", "draws"},
        "measures": {"n_checked", "information_of", "bins", "mi_neurons"},
    },
    "nine_rulers": {
        "selection": SELECTION | {"network", "folder", "repeats", "slow_repeats"},
        "measures": {"views", "units", "projections", "bins", "mi_bins"},
    },
    "in_and_out": {"selection": SELECTION | {"labels", "repeats"}, "measures": set()},
    "predictable_memorization": {
        "selection": SELECTION | {"size"},
        "measures": {"bins", "edges", "k", "mi_samples", "mi_neurons", "prompt", "prompts"}
        | {"at_least"},
    },
    "verdicts": {"selection": SELECTION | {"setting", "kind", "choosing"}, "measures": {"says"}},
}


@pytest.mark.parametrize("name", experiments.names())
def test_affects(name):
    found: dict[str, set[str]] = {"training": set(), "selection": set(), "measures": set()}
    for info in describe(experiments.get(name)):
        found[info.affects].add(info.name)
    assert found["selection"] == EXPECTED[name]["selection"]
    assert found["measures"] == EXPECTED[name]["measures"]
