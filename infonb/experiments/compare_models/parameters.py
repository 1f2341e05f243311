"""Parameters of the comparison of one's own models: files, what is recorded, what is measured."""

from __future__ import annotations

from dataclasses import dataclass

from infonb.experiments.parameters import MAX_SEED
from infonb.parameters import ParameterSet, parameter

__all__ = ["ComparisonParameters"]


@dataclass(frozen=True)
class ComparisonParameters(ParameterSet):
    """All parameters but those that every experiment has."""

    # the files are in the key of a run by their content, not by where they stand
    models: list[str] = parameter(
        [], "files of weights or stores of activations, PATH or NAME=PATH; empty: a demonstration",
        affects="selection",
    )  # fmt: skip
    reference: str = parameter(
        "", "the one to compare with, name or path; empty: none, or clean without models",
        affects="selection",
    )  # fmt: skip
    model: str = parameter(
        "", "makes the network of the weights: FILE.py:FUNCTION; that file is run",
        affects="selection",
    )  # fmt: skip
    inputs: str = parameter(
        "", "unlabelled examples for the networks: FILE.npz, a folder of images, FILE.csv",
        affects="selection",
    )  # fmt: skip
    layers: list[str] = parameter(
        [], "layers to record; empty: blocks, stages or linear layers, as the architecture is"
    )
    size: int = parameter(
        0, "rows and columns of pictures; 0: as they are", minimum=0, affects="selection"
    )
    n_samples: int = parameter(
        1000, "examples, drawn where there are more; 0: all", minimum=0, affects="selection"
    )
    n_neurons: int = parameter(
        64, "neurons of each layer drawn for MI", minimum=2, affects="selection"
    )
    bins: int = parameter(100, "bins of the entropy", minimum=1, affects="selection")
    estimator: str = parameter(
        "auto", "of MI; auto: what suits the activations",
        choices=["auto", "ksg", "mixture", "binned"], affects="selection",
    )  # fmt: skip
    k: int = parameter(3, "neighbours of ksg and mixture", minimum=1, affects="selection")
    views: str = parameter(
        "none", "of the inputs, training images, on which UnitMem is measured, too",
        choices=["none", "images", "digits"],
    )  # fmt: skip
    seed: int = parameter(
        0, "of all that is drawn: examples, neurons, intervals, permutations", minimum=0,
        maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    device: str = parameter(
        "cpu", "where networks are run; auto: on a GPU if there is one",
        choices=["cpu", "cuda", "auto"],
    )  # fmt: skip
    shown: str = parameter(
        "", "the model to look into; empty: the one whose MI differs most from the reference",
        affects="selection",
    )  # fmt: skip
    found: str = parameter(
        "", "a saved result of inb.compare (.zarr) to show, in place of models",
        affects="selection",
    )  # fmt: skip
