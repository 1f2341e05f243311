"""The safety net of the keys of runs: whatever runs is among the code that the key is made of."""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path

import pytest

import infonb
from infonb import experiments
from infonb.experiments.cache import _TRAINING
from infonb.experiments.code_digest import Closure
from infonb.experiments.sources import Sources

pytestmark = pytest.mark.slow

PACKAGE = Path(infonb.__file__).parent

TINY = {
    "colored_digits": {"alpha": 1.0, "width": 4, "epochs": 1, "n_train": 30, "n_validation": 20},
    "shuffled_digits": {"beta": 1.0, "width": 4, "epochs": 1, "n_train": 30, "n_validation": 20},
    "shuffled_reviews": {
        "beta": 0.8, "width": 4, "depth": 1, "epochs": 1, "n_train": 30, "n_validation": 20,
    },
    "sentiment_adjectives": {
        "alpha": 1.0, "width": 4, "depth": 1, "epochs": 1, "n_train": 30, "n_validation": 20,
        "mi_neurons": 2,
    },
    "concentric_circles": {
        "division": 1.0, "beta": 1.0, "n_points": 60, "n_memorized": 20, "epochs": 1,
        "epochs_memorized": 1, "mi_samples": 20,
    },
    "contexts": {"n_train": 16, "n_evaluation": 16, "width": 2, "epochs": 1, "size": 8},
    "biographies": {
        "training_set": "scrubbed oversampled", "n_train": 200, "n_validation": 80, "width": 4,
        "depth": 1, "epochs": 1, "permutations": 1,
    },
    "memorization_capacity": {
        "size": 8, "n_strings": 10, "vocabulary": 64, "n_held_out": 20, "steps": 4, "warmup": 1,
        "mi_neurons": 4,
    },
    "model_selection": {"setting": "colored_digits", "level": 1.0},
    "compare_models": {"n_samples": 50},
    "deja_vu": {
        "treatment": "mask 0.5", "n": 30, "n_public": 20, "n_scored": 20, "width": 4,
        "features": 4, "steps": 2, "curve": 2, "mi_neurons": 8,
    },
    "density_memorization": {
        "learning_rate": 2e-3, "repeats": 1, "folds": 2, "n_regular": 20, "n_single": 2,
        "n_copied": 1, "copies": 2, "n_null": 20, "width": 8, "n_latent": 2,
        "checkpoints": [1, 2], "draws": 4, "n_measured": 40, "mi_neurons": 6,
    },
    "early_learning": {
        "loss": "elr 7", "n_train": 50, "n_validation": 40, "width": 4, "epochs": 1,
        "linear_steps": 100, "mi_neurons": 2,
    },
    "encoder_memorization": {
        "network": "contrastive", "n_shared": 12, "n_candidates": 8, "n_independent": 8,
        "n_external": 8, "n_planted": 4, "n_probe": 40, "n_evaluation": 40, "width": 16,
        "depth": 2, "epochs": 2, "batch_size": 10, "mi_neurons": 2, "n_random": 1,
        "n_augmentations": 2,
    },
    "entropy_regularizer": {
        "alpha": 0.75, "treatment": "entropy 0.1", "width": 4, "epochs": 1, "n_train": 30,
        "n_validation": 40,
    },
    "generalizable_memorizers": {
        "memorizer": ["cells", "mlp"], "pair": "0v1", "n_train": 30, "width": 4, "epochs": 2,
        "information_of": "0v1", "mi_neurons": 3, "law_points": [20], "bit_points": [4],
        "cube": 2, "draws": 1, "n_dims": 2,
    },
    "in_and_out": {
        "labels": "planted", "n_clean": 20, "n_wrong": 4, "n_pairs": 2, "n_copied": 1, "n_null": 4,
        "width": 4, "epochs": 2, "repeats": 1,
    },
    "logic_gates": {
        "kind": "noise 0.4", "n_train": 50, "n_test": 30, "k": 4, "width": 40, "layers": 2,
        "epochs": 1, "mi_neurons": 4,
    },
    "nine_rulers": {
        "network": ["true labels", "noise"],
        "n_typical": 40, "n_wrong": 6, "n_outliers": 6, "n_groups": 2, "copies": 3,
        "n_shortcut": 10, "n_unseen": 60, "width": 8, "gates": [40, 20], "epochs": 5, "repeats": 2,
        "slow_repeats": 1, "views": 2, "units": 4, "projections": 3,
    },
    "predictable_memorization": {
        "size": "8", "copies": [1, 4], "n_each": 4, "n_background": 20, "n_held_out": 4,
        "length": 8, "prompt": 4, "prompts": 5, "checkpoints": [0.5, 1.0], "k": 2,
        "batch_size": 8, "mi_neurons": 2,
    },
    "relu_memorizers": {
        "network": "trained", "labels": "true", "n_memorized": 20, "epochs": 2, "n_points": [4, 8],
        "near_epochs": 1,
    },
    "verdicts": {"setting": "circles/mlp2x32", "n_train": 40, "n_samples": 40, "epochs": 2},
}  # fmt: skip

#: What runs without having a say in the numbers.
MACHINERY = {
    "infonb": "the face: it says where a name is when it is asked for",
    "infonb.progress": "bars and words while it runs",
    "infonb.parameters.checks": "checks and holds the values of the fields, which are in the key",
    "infonb.parameters.schema": "describes the fields, which are in the key",
}


class _Entered:
    """The functions of the package that are entered meanwhile, in all threads."""

    def __init__(self):
        self.found = set()

    def _note(self, frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            self.found.add((frame.f_code.co_filename, frame.f_code.co_qualname))

    def __enter__(self):
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self.found

    def __exit__(self, *args):
        sys.setprofile(None)
        threading.setprofile(None)


def _module(filename):
    parts = Path(filename).relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _missing(closure, entered):
    """Return what was entered, but is not in the closure."""
    missing = set()
    for filename, function in entered:
        module = _module(filename)
        # in the files of the experiments a definition, of a class a member, counts alone
        parts = function.split(".<locals>")[0].split(".")
        names = {module, *(f"{module}:{'.'.join(parts[:n])}" for n in (1, 2))}
        face = filename.endswith("__init__.py") and parts[-1] in ("__getattr__", "__dir__")
        importing = parts[-1].startswith("<module>")
        constant = function == "<lambda>" and any(  # such as a table of functions
            place.startswith(f"{module}:") and text.startswith(("Assign(", "AnnAssign("))
            and "Lambda(" in text for place, text in closure.texts.items()
        )  # fmt: skip
        known = names & closure.texts.keys() or constant or module in MACHINERY
        if not (known or face or importing):
            missing.add(f"{module}:{function}")
    return missing


@pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")
@pytest.mark.parametrize("name", experiments.names())
def test_whatever_runs_is_in_the_closure(name, tmp_path):
    for room in (
        "data", "networks", "training", "activations", "measures", "memorization", "selection",
    ):  # fmt: skip
        importlib.import_module(f"infonb.{room}")  # what runs when a face is imported is no step
    experiment = experiments.get(name)(seed=0, cache="none", **TINY[name])
    level = experiment.levels()[-1]
    with _Entered() as trained:
        data = experiment.data(level, 0)
        model, _ = experiment.train(level, 0, data, checkpoint=tmp_path / "run")
    with _Entered() as read:
        experiment.train(level, 0, data, checkpoint=tmp_path / "run")
    with _Entered() as measured:
        experiment.measure(level, 0, model, data)
    assert min(len(trained), len(read), len(measured)) > 3
    cls = type(experiment)
    assert not _missing(Closure(Sources(), cls, _TRAINING), trained | read)
    # what was measured lies in the folder of its training: it is voided by the code of both
    assert not _missing(Closure(Sources(), cls, (*_TRAINING, "measure")), measured)
