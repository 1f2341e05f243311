"""Concentric circles: the two kinds of memorization on a toy that can be drawn.

Bansal, Pruthi and Belinkov (2022), section 3, Figure 1. Two features give the place of a point on
one of two circles, a third one, c1, may give its label away. A network that leans on c1 memorizes a
heuristic; one that is trained on few points with random labels memorizes examples.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.experiments.claims import Claim, ClaimsTable, change
from infonb.experiments.networks import (
    MAX_SEED,
    MeasureParameters,
    collect,
    describe_run,
    measure_run,
)
from infonb.experiments.parameters import ParameterError, ParameterSet, parameter
from infonb.experiments.rows import median_within_layers

if TYPE_CHECKING:
    from torch import nn

__all__ = ["CLAIM", "NETWORKS", "Parameters", "claims", "data", "run", "train"]

CLAIM = (
    "Entropy: heuristic < baseline < memorized. Mutual information: heuristic > baseline > "
    "memorized."
)

#: The networks that are compared; the last is the control of the third: as few points, true labels.
NETWORKS = ("heuristic", "baseline", "memorized", "few points")

#: What is recorded: before and after each ReLU. The paper's circles are measured after it.
LAYERS = ("fc1", "relu1", "fc2", "relu2")

#: The points on which networks are measured: c1 gives the label away, or says nothing.
MEASURED = ("bias", "none")

#: Values of c1 at which the answers of a network over the plane are kept.
C1 = (-3.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0)


@dataclass(frozen=True)
class CircleParameters(ParameterSet):
    """Parameters of points, networks and training."""

    division: float = parameter(
        1.0, "share of artifacts that agree with the label in the heuristic set: 0.5 to 1",
        minimum=0.5, maximum=1,
    )  # fmt: skip
    fraction: float = parameter(0.75, "share of points with an artifact", minimum=0, maximum=1)
    beta: float = parameter(
        1.0, "probability of a random label in the memorized set", minimum=0, maximum=1
    )
    seed: list[int] = parameter(
        [0, 1, 2, 3, 4], "one network of each kind for each seed", minimum=0, maximum=MAX_SEED
    )
    n_points: int = parameter(2000, "points of the heuristic and the baseline set", minimum=20)
    n_memorized: int = parameter(100, "points of the memorized set", minimum=10)
    width: int = parameter(16, "neurons in each of the two hidden layers", minimum=2)
    epochs: int = parameter(60, "largest number of epochs on many points", minimum=1)
    patience: int = parameter(
        5, "stop after so many epochs without lower validation loss", minimum=1
    )
    epochs_memorized: int = parameter(
        1200, "largest number of epochs on few points; ends when all are learnt", minimum=1
    )
    learning_rate: float = parameter(1e-2, "of Adam", minimum=0)
    penalty: float = parameter(3e-4, "weight of the squared norm of all parameters", minimum=0)


@dataclass(frozen=True)
class Parameters(MeasureParameters, CircleParameters):
    """Parameters of the experiment; the notebook has the same names, defaults and help texts."""

    bins: int = parameter(20, "bins of the entropy", minimum=1)
    edges: str = parameter(
        "neuron", "bins common to all neurons, or for each neuron its own",
        choices=["common", "neuron"],
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k >= self.n_points:
            raise ParameterError(
                f"k must be below the number of points, {self.n_points}; not {self.k}."
            )


def data(parameters: Parameters, network: str, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return the training points of a network, and unseen points of the same distribution.

    Parameters
    ----------
    parameters
        Of the experiment.
    network
        One of `NETWORKS`.
    seed
        Of c1 and of the shuffled labels; the circles themselves are always the paper's.

    Returns
    -------
    points, unseen : xarray.Dataset
        ``input`` (sample, feature=x, y, c1) and ``label`` (sample); the labels of `unseen` are
        true.

    Examples
    --------
    >>> points, unseen = data(Parameters(), "memorized", seed=0)
    >>> points.sizes["sample"], unseen.sizes["sample"]
    (100, 2000)
    """
    from infonb.data import add_artifact, align, concentric_circles, shuffled
    from infonb.validate import check_choice

    check_choice("network", network, NETWORKS)
    many = network in ("heuristic", "baseline")
    circles = concentric_circles(parameters.n_points if many else parameters.n_memorized, seed=42)
    unseen = concentric_circles(parameters.n_points, seed=21)
    if many:
        division = parameters.division if network == "heuristic" else 0.5
        how = {"fraction": parameters.fraction, "division": division}
        return (
            add_artifact(circles, **how, seed=seed),
            add_artifact(unseen, **how, seed=seed + 1_000_000),
        )
    circles, unseen = (
        align(part, "none", seed=seed + 1_000_000 * (i + 1))
        for i, part in enumerate((circles, unseen))
    )
    beta = parameters.beta if network == "memorized" else 0.0
    return shuffled(circles, beta, n_classes=2, seed=seed), unseen


def train(
    parameters: Parameters,
    network: str,
    points: xr.Dataset,
    unseen: xr.Dataset,
    seed: int,
    *,
    progress: bool | str = False,
) -> tuple[nn.Module, xr.Dataset]:
    """
    Train one network; return it and its history.

    On many points it stops when the loss on a tenth of them, held out, no longer falls; on few
    points when all labels are learnt.

    Examples
    --------
    >>> parameters = Parameters(epochs=2, n_points=200)
    >>> model, history = train(parameters, "baseline", *data(parameters, "baseline", 0), seed=0)
    >>> [name for name, module in model.named_modules() if name.startswith("fc")]
    ['fc1', 'fc2']
    """
    from infonb.data import split
    from infonb.networks.mlp import MLP
    from infonb.training import fit

    model = MLP([3, parameters.width, parameters.width, 1], seed=seed, initialization="default")
    many = network in ("heuristic", "baseline")
    if many:
        n_held_out = max(1, points.sizes["sample"] // 10)
        part, held_out = split(points, n_held_out, seed=seed)
        history = fit(
            model, part, held_out, epochs=parameters.epochs, patience=parameters.patience,
            monitor="validation_loss", batch_size=64, learning_rate=parameters.learning_rate,
            penalty=parameters.penalty, seed=seed, progress=progress,
        )  # fmt: skip
    else:
        history = fit(
            model, points, unseen, epochs=parameters.epochs_memorized, stop_at=1.0, keep="last",
            batch_size=100, learning_rate=parameters.learning_rate, penalty=parameters.penalty,
            seed=seed, progress=progress,
        )  # fmt: skip
    return model, history


def run(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure the four networks for each seed.

    Each network is measured, labels unused, on two sets of unseen points: on one c1 gives the label
    away on every point (``bias``), on the other it says nothing (``none``). Networks that are
    compared are measured on the same points.

    Parameters
    ----------
    parameters
        Of the experiment.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        ``entropy`` (network, seed, alignment, layer, neuron) and ``mutual_information`` (network,
        seed, alignment, layer, neuron, other_layer, other_neuron) in nats, of layers before (fc)
        and after (relu) each ReLU; ``mixture_information``, the same within each layer by the
        estimator that is right after a ReLU too; curves of the training (network, seed, epoch);
        ``aligned_accuracy`` (network, seed, points) on points whose c1 agrees with the label
        (bias), disagrees (anti) or says nothing (none); of the first seed ``activation`` (network,
        alignment, layer, neuron, sample) and ``probability`` of label 1 (network, c1, y, x).

    Examples
    --------
    >>> small = Parameters(seed=0, n_points=100, epochs=2, epochs_memorized=2)
    >>> dict(run(small, progress=False).entropy.sizes)
    {'network': 4, 'seed': 1, 'alignment': 2, 'layer': 4, 'neuron': 16}
    """
    surfaces = []

    def run_one(network: str, seed: int) -> xr.Dataset:
        points, unseen = data(parameters, network, seed)
        model, history = train(parameters, network, points, unseen, seed)
        if seed == parameters.seed[0]:
            surfaces.append(_surface(model))
        sets = _aligned(unseen, seed)
        result = xr.concat(
            [_measured(parameters, model, history, sets[name]) for name in MEASURED],
            dim=xr.Variable("alignment", np.array(MEASURED, dtype=object)),
            data_vars=["activation", "entropy", "mutual_information", "mixture_information"],
            coords="minimal", compat="override", join="override", combine_attrs="override",
        )  # fmt: skip
        result["aligned_accuracy"] = _accuracy(model, sets)
        return result

    results = collect(run_one, "network", NETWORKS, parameters.seed, progress=progress)
    results["aligned_accuracy"].attrs["long_name"] = "accuracy"
    results["probability"] = xr.concat(surfaces, dim=results.network)
    return results.assign_attrs(describe_run(parameters), dataset="concentric circles")


def _measured(
    parameters: Parameters, model: nn.Module, history: xr.Dataset, points: xr.Dataset
) -> xr.Dataset:
    """Return what a run leaves behind, with the MI within layers by the mixture estimator."""
    from infonb.measures import TiesWarning, mutual_information

    with warnings.catch_warnings():
        # the paper's estimator is kept for the layers after a ReLU too; the page says what it does
        warnings.simplefilter("ignore", TiesWarning)
        run = measure_run(
            model, history, points.reset_coords(drop=True), layers=LAYERS,
            bins=parameters.bins, edges=parameters.edges, k=parameters.k,
        )  # fmt: skip
    run["mixture_information"] = mutual_information(
        run.activation, estimator="mixture", k=parameters.k, within="layer"
    )
    return run


def _aligned(unseen: xr.Dataset, seed: int) -> dict[str, xr.Dataset]:
    from infonb.data import align

    return {name: align(unseen, name, seed=seed + 2_000_000) for name in ("bias", "anti", "none")}


def _accuracy(model: nn.Module, sets: dict[str, xr.Dataset]) -> xr.DataArray:
    from infonb.training import accuracy

    values = [accuracy(model, points) for points in sets.values()]
    return xr.DataArray(values, {"points": np.array(list(sets), dtype=object)}, ("points",))


def _surface(model: nn.Module, points: int = 61) -> xr.DataArray:
    """Return the probability of label 1 on a grid, dims (c1, y, x)."""
    from scipy.special import expit

    from infonb.training import predict

    line = np.linspace(-1.8, 1.8, points)
    c1, y, x = np.meshgrid(np.array(C1), line, line, indexing="ij")
    logits = predict(model, np.stack([x.ravel(), y.ravel(), c1.ravel()], axis=1))
    return xr.DataArray(
        expit(logits[:, 0].astype(float)).reshape(x.shape),
        {"c1": np.array(C1), "y": line, "x": line}, ("c1", "y", "x"),
    )  # fmt: skip


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what `run` found.

    *Heuristic* and *baseline* are compared on points whose c1 gives the label away, *memorized* and
    the networks without random labels on points whose c1 says nothing. *Memorized* and *baseline*
    differ in the labels and in the number of points; *memorized* and *few points* in the labels
    only. MI is compared before the ReLU: after it the estimator measures joint zeros.

    Parameters
    ----------
    results
        What `run` returned.

    Examples
    --------
    >>> small = Parameters(seed=0, n_points=100, epochs=2, epochs_memorized=2)
    >>> table = claims(run(small, progress=False))
    >>> [claim.verdict for claim in table.claims][:2]
    ['too close to tell', 'too close to tell']
    """
    entropy = results.entropy.median("neuron")
    before = [layer for layer in LAYERS if layer.startswith("fc")]
    information = median_within_layers(
        results.mutual_information.sel(layer=before, other_layer=before)
    )
    rows = []
    for start, end, alignment, entropy_sign in _PAIRS:
        for name, values, sign in (
            ("entropy", entropy, entropy_sign),
            ("mutual information", information, -entropy_sign),
        ):
            statement = f"median {name} of {end} {'above' if sign > 0 else 'below'} {start}"
            paper = "Fig. 1 (order)" if start == "baseline" else "not in the paper"
            for layer in values.layer.values:
                one = values.sel(layer=layer, alignment=alignment)
                here, effect = change(one, "network", start, end)
                rows.append(Claim(statement, str(layer), sign, paper, here, effect))
    rows += _accuracy_claims(results.aligned_accuracy)
    return ClaimsTable(
        rows,
        "Differences between two networks, one for each seed; entropy and MI in nats; Student's t "
        "interval over seeds. fc: before the ReLU; relu: after it.",
    )


#: From, to, the points they are compared on, and the sign of the change of entropy.
_PAIRS = (
    ("baseline", "heuristic", "bias", -1),
    ("baseline", "memorized", "none", 1),
    ("few points", "memorized", "none", 1),
)


def _accuracy_claims(accuracy: xr.DataArray) -> list[Claim]:
    """Return the rows that say whether the networks memorized what they should have."""
    here, effect = change(accuracy.sel(network="heuristic"), "points", "bias", "anti")
    falls = Claim(
        "accuracy of heuristic falls where c1 disagrees", "network", -1, "section 3", here, effect
    )
    lost = accuracy.sel(points="bias") - accuracy.sel(points="anti")
    here, effect = change(lost, "network", "baseline", "heuristic")
    more = Claim("it loses more there than baseline does", "network", 1, "section 3", here, effect)
    here, effect = change(accuracy.sel(points="none"), "network", "few points", "memorized")
    lower = Claim(
        "accuracy of memorized below few points", "network", -1, "section 3", here, effect
    )
    return [falls, more, lower]
