"""Contexts: what objects that always stand in the same place do to entropy and information.

Bansal, Pruthi and Belinkov (2022), section 4, Figure 5 (NICO++, ResNet-18). In the unbalanced
training set every object has its own context (bears on grass, dogs in water), in the balanced one
every object is in all contexts. Networks that tell the context instead of the object memorize a
heuristic (hypothesis H1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import xarray as xr

from infonb.experiments.contexts.claims import SETTINGS, claims
from infonb.experiments.contexts.conclusions import (
    entropy_by_convention,
    entropy_by_length,
    what_length_does,
    what_was_learnt,
    which_convention,
)
from infonb.experiments.contexts.drawn import draw_neurons
from infonb.experiments.contexts.measures import (
    STAGES,
    accuracy_by_context,
    by_estimator,
    measure,
    usual_contexts,
)
from infonb.experiments.contexts.training import train
from infonb.experiments.networks import (
    MAX_SEED,
    DeviceParameters,
    MeasureParameters,
    PresetParameters,
    describe_run,
)
from infonb.experiments.sweep import sweep
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = [
    "CLAIM", "SETTINGS", "STAGES", "Parameters", "accuracy_by_context", "by_estimator", "claims",
    "data", "draw_neurons", "entropy_by_convention", "entropy_by_length", "measure", "prepare",
    "run", "run_half", "train", "usual_contexts", "what_length_does", "what_was_learnt",
    "which_convention",
]  # fmt: skip

CLAIM = (
    "H1: where every object has its own context in training, the entropy of neurons is lower and "
    "the mutual information between neurons higher than where it is in all contexts."
)

#: How many scenes are generated if the parameters do not say; there is no end of them.
_SCENES = {"n_train": 800, "n_evaluation": 400}
#: How many objects are drawn on them, and in how many contexts.
_OBJECTS = 4
#: Two neurons of each stage are the fewest that have pairs in all stages.
_FEWEST_NEURONS = 2 * len(STAGES)


@dataclass(frozen=True)
class NetworkParameters(ParameterSet):
    """Parameters of data, network and training."""

    dataset: str = parameter(
        "scenes", "scenes: generated, offline; waterbirds: in INFONB_DATA; nico: in folder",
        choices=["scenes", "waterbirds", "nico"],
    )  # fmt: skip
    folder: str = parameter(
        "", "where the images of waterbirds or nico are; empty: INFONB_DATA", affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one pair of networks for each seed", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip
    n_train: int = parameter(0, "training examples; 0: all (scenes: 800)", minimum=0)
    n_evaluation: int = parameter(0, "evaluation examples; 0: all (scenes: 400)", minimum=0)
    size: int = parameter(24, "rows and columns of an image", minimum=8)
    width: int = parameter(8, "channels of the first stage; 64 is ResNet-18's", minimum=2)
    stem: str = parameter(
        "small", "first layers: standard (to a quarter of the size) or small (at full size)",
        choices=["standard", "small"],
    )  # fmt: skip
    epochs: int = parameter(6, "passes over the training examples", minimum=1)
    batch_size: int = parameter(64, "examples in a step", minimum=2)
    optimizer: str = parameter("adam", "adam or rmsprop", choices=["adam", "rmsprop"])
    learning_rate: float = parameter(4e-3, "of the optimiser", minimum=0)
    activations: str = parameter(
        "post", "measure before (pre) or after (post) the last ReLU of a stage",
        choices=["pre", "post"], affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        0, "neurons drawn for MI, at least 8; 0, or more than there are: all",
        minimum=0, affects="measures",
    )  # fmt: skip


@dataclass(frozen=True)
class Parameters(MeasureParameters, DeviceParameters, NetworkParameters, PresetParameters):
    """Parameters of the experiment; the notebook has the same names, defaults and help texts."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper": {
            "dataset": "nico",
            "seed": [0, 1, 2, 3, 4],
            "size": 64,
            "width": 64,
            "stem": "standard",
            "epochs": 50,
            "batch_size": 64,
            "optimizer": "rmsprop",
            "learning_rate": 1e-5,
            "mi_neurons": 768,
        }
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset == "scenes" and self.folder:
            raise ParameterError(
                f"folder={self.folder!r} is not used with dataset='scenes', whose images are "
                "generated. Leave folder out, or choose dataset='waterbirds' or 'nico'."
            )
        if 0 < self.mi_neurons < _FEWEST_NEURONS:
            raise ParameterError(
                f"mi_neurons must be at least {_FEWEST_NEURONS}, two for each of the "
                f"{len(STAGES)} stages, or 0 for all; not {self.mi_neurons}."
            )
        n = self.n_evaluation or (_SCENES["n_evaluation"] if self.dataset == "scenes" else 0)
        if n:  # else `prepare` counts them
            self.check_measured(n, "evaluation examples")


def prepare(parameters: Parameters) -> None:
    """
    Find the images and check that there are enough, before anything else is done.

    Raises
    ------
    FileNotFoundError, ValueError
        As `infonb.data.waterbird_images` and `infonb.data.nico_images`, also for a damaged file
        of those that are drawn; where more examples are to be measured than there are; or if
        there is no such device.

    Examples
    --------
    >>> prepare(Parameters())
    >>> prepare(Parameters(n_train=100))
    Traceback (most recent call last):
        ...
    ValueError: n_train must be a multiple of 16 (4 objects x 4 contexts); not 100.
    The nearest are 96 and 112.
    """
    parameters.check_device()
    sizes: dict[str, Any] = {name: getattr(parameters, name) or None for name in _SCENES}
    folder = parameters.folder or None
    if parameters.dataset == "scenes":
        from infonb.data.groups import images_per_group

        for name, size in _SCENES.items():
            images_per_group(name, sizes[name] or size, _OBJECTS)
        return
    if parameters.dataset == "waterbirds":
        from infonb.data.waterbirds import check_waterbirds

        _, n_evaluation = check_waterbirds(folder=folder, **sizes)
    else:
        from infonb.data.nico import check_nico

        _, n_evaluation = check_nico(folder=folder, seeds=parameters.seed, **sizes)
    parameters.check_measured(n_evaluation, "evaluation examples")


def data(parameters: Parameters, setting: str, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return training and evaluation examples; the evaluation is balanced over contexts.

    Examples
    --------
    >>> train, evaluation = data(Parameters(n_train=64, n_evaluation=32), "unbalanced", seed=0)
    >>> dict(train.input.sizes)
    {'sample': 64, 'channel': 3, 'row': 24, 'column': 24}
    """
    from infonb import data as sets

    options: dict[str, Any] = {
        "n_train": parameters.n_train or None,
        "n_evaluation": parameters.n_evaluation or None,
        "size": parameters.size,
        "seed": seed,
    }
    if parameters.dataset == "scenes":
        options |= {name: options[name] or size for name, size in _SCENES.items()}
        return sets.context_scenes(setting, n_objects=_OBJECTS, **options)
    load = {"waterbirds": sets.waterbird_images, "nico": sets.nico_images}[parameters.dataset]
    return load(setting, folder=parameters.folder or None, **options)


def run(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure a network on each training set for each seed.

    Parameters
    ----------
    parameters
        Of the experiment.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        What `measure` returns, with the dims (setting, seed, ...); ``activation`` (setting,
        layer, neuron, sample) of the first seed.

    Examples
    --------
    >>> small = Parameters(seed=0, width=2, epochs=1, n_train=32, n_evaluation=32)
    >>> results = run(small, progress=False)
    >>> dict(results.entropy.sizes)
    {'setting': 2, 'seed': 1, 'layer': 4, 'neuron': 16}
    """
    results = sweep(
        parameters, "setting", SETTINGS,
        data=lambda setting, seed: data(parameters, setting, seed),
        train=lambda setting, examples, evaluation, seed, checkpoint: train(
            parameters, examples, evaluation, seed, checkpoint=checkpoint
        ),
        measure=lambda setting, model, history, evaluation, seed: measure(
            parameters, model, history, evaluation
        ),
        progress=progress,
    )  # fmt: skip
    return results.assign_attrs(describe_run(parameters), dataset=parameters.dataset)


def run_half(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure the pair of networks of the first seed for half the epochs.

    Parameters
    ----------
    parameters, progress
        As in `run`.

    Returns
    -------
    xarray.Dataset
        As `run`, with one seed.

    Examples
    --------
    >>> small = Parameters(seed=0, width=2, epochs=2, n_train=32, n_evaluation=32)
    >>> half, whole = run_half(small, progress=False), run(small, progress=False)
    >>> what_length_does(half, whole).split(" the median")[0]
    'After 1 epoch'
    """
    half = max(1, parameters.epochs // 2)
    shorter = parameters.changed(seed=parameters.seed[:1], epochs=half)
    return run(shorter, progress=progress)
