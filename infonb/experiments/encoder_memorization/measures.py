"""What a pair of encoders leaves behind: scores of layers, units and images, beside H and MI."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.encoder_memorization.data import joined, some_of_each
from infonb.experiments.encoder_memorization.training import PAIR, layers_of

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "agreement_of_layers", "images_of", "in_layers", "layer_scores", "neurons", "selectivity_of",
    "unit_scores",
]  # fmt: skip

Pair = Mapping[str, "nn.Module"]
Views = Callable[..., Any]

#: So many images are scored at once: of ResNet-9 their views take 330 MB in both encoders.
_AT_ONCE = 50

#: Of the candidates so many are called the most memorized, and as many the least.
_SHARE = 0.2

#: Of the units so many count, the most selective ones, where groups of images are compared.
_UNITS = 0.1


def layer_scores(
    pair: Pair, data: Mapping[str, xr.Dataset], views: Views, *, n_scored: int,
    n_augmentations: int, pairs: str, normalize: str,
) -> xr.Dataset:  # fmt: skip
    """
    Return LayerMem and all it is made of, with the roles: dims (image,) instead of (sample,).

    ``alignment`` (model, layer, image), ``ssl_mem`` (layer, image), ``layer_mem`` (layer), ... as
    `infonb.memorization.layer` has them. Whole outputs are large: few images are held at a time.
    """
    from infonb.data.tensor_batches import batch_sizes
    from infonb.memorization.layer_mem import scores
    from infonb.memorization.view_distances import distances

    images = some_of_each(data, n_scored)
    found, start = [], 0
    for number, size in enumerate(batch_sizes(images.sizes["sample"], _AT_ONCE)):
        part = images.isel(sample=slice(start, start + size))
        start += size
        # views of their own for each part: by a seed they are the same for the same places
        views_of_both = _both(pair, part, augment=views, n_augmentations=n_augmentations,
                              seed=number)  # fmt: skip
        clean = _both(pair, part) if pairs == "clean-aug" else None
        with _small_parts():
            found.append(
                distances(
                    views_of_both, list(PAIR), dim="model", pairs=pairs, unit_length=True,
                    clean=clean,
                )
            )  # fmt: skip
    alignment = xr.concat(found, "sample", coords="minimal", compat="override")
    about = {name: ("sample", images[name].values) for name in ("role", "kind")}
    result = scores(alignment.assign_coords(about), dim="model", normalize=normalize)
    return _without_labels(result).rename(sample="image")


@contextmanager
def _small_parts() -> Iterator[None]:
    """Do not warn of few samples: of a part, or of so many as the parameters ask for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*below 20 it says more of these samples.*")
        yield


def _both(pair: Pair, images: xr.Dataset, **options: Any) -> xr.DataArray:
    """Return whole outputs of all layers, (model, [augmentation,] layer, neuron, sample)."""
    from infonb.activations import record

    layers = layers_of(pair["target"])
    found = []
    for name in PAIR:
        one = record(
            pair[name], images[["input"]], layers=[whole for whole, _ in layers.values()],
            reduce="flatten", prediction=False, progress=False, **options,
        )  # fmt: skip
        labels = np.array(list(layers), dtype=object)
        found.append(one["activation"].assign_coords(layer=labels))
    return xr.concat(found, xr.Variable("model", np.array(list(PAIR), dtype=object)))


def in_layers(model: nn.Module, images: xr.Dataset, **options: Any) -> xr.Dataset:
    """Return the units of all layers, means over space or patches: (..., layer, neuron, sample)."""
    from infonb.activations import record

    layers = layers_of(model)
    found = record(
        model, images, layers=[units for _, units in layers.values()], prediction=False,
        progress=False, **options,
    )  # fmt: skip
    return found.assign_coords(layer=np.array(list(layers), dtype=object))


def unit_scores(
    pair: Pair, data: Mapping[str, xr.Dataset], views: Views, *, ssl_mem: xr.DataArray,
    n_scored: int, n_augmentations: int, rest: str,
) -> xr.Dataset:  # fmt: skip
    """
    Return UnitMem and ClassMem of the target's units, and of which images they are.

    ``unit_mem``, ``argmax_sample``, ``class_mem`` (layer, neuron); ``owned_by_textures`` (layer):
    the share of units that are most active for a texture; ``part_unit_mem`` (part, layer): the
    selectivity for the most and the least memorized candidates, by the scores `ssl_mem` (layer,
    image); ``null_part_unit_mem``: the same of external images, whose scores are chance.
    """
    from infonb.memorization import class_selectivity, unit

    images = some_of_each(data, n_scored)
    seen = images.isel(sample=np.flatnonzero(np.isin(images["role"].values, list(PAIR["target"]))))
    model = pair["target"]
    acts = in_layers(model, seen, augment=views, n_augmentations=n_augmentations, seed=0)
    with _small_parts():
        found = unit(acts, rest=rest, negative="rectify")
        clean = in_layers(model, joined(data, PAIR["target"]))
        classes = class_selectivity(clean, negative="rectify")
    result = found[["unit_mem", "argmax_sample"]].assign(class_mem=classes["class_mem"])
    textures = seen["sample"].values[seen["kind"].values == "texture"]
    owned = found["argmax_sample"].isin(textures).where(found["argmax_sample"] >= 0)
    result["owned_by_textures"] = owned.mean("neuron")
    means = _plain_means(acts)
    result["part_unit_mem"] = _of_parts(means, ssl_mem, "C")
    # bright images may be first in both scores and units without any memory: those of E tell
    external = images.isel(sample=np.flatnonzero(images["role"].values == "E"))
    others = in_layers(model, external, augment=views, n_augmentations=n_augmentations, seed=0)
    shared = means.isel(sample=np.isin(means["sample"].values, data["S"]["sample"].values))
    means = xr.concat([shared, _plain_means(others)], "sample")
    result["null_part_unit_mem"] = _of_parts(means, ssl_mem, "E")
    return _without_labels(result)


def _plain_means(acts: xr.Dataset) -> xr.DataArray:
    """Return means over views (layer, neuron, sample), with the labels of the dims alone."""
    return acts["activation"].mean("augmentation").reset_coords(drop=True)


def _of_parts(means: xr.DataArray, ssl_mem: xr.DataArray, role: str) -> xr.DataArray:
    """Return the selectivity for the images of a role with most and least score: (part, layer)."""
    candidates = ssl_mem["image"].values[ssl_mem["role"].values == role]
    n = max(1, round(_SHARE * candidates.size))
    rows = []
    for layer in means["layer"].values:
        memory = ssl_mem.sel(layer=layer, image=candidates).values
        order = candidates[np.argsort(np.nan_to_num(memory), kind="stable")]
        one = means.sel(layer=layer)
        rows.append([selectivity_of(one, part) for part in (order[-n:], order[:n])])
    return xr.DataArray(
        np.array(rows).T,
        {"part": np.array(["most", "least"], dtype=object), "layer": means["layer"].values},
        ("part", "layer"), attrs={"units": "1", "long_name": "UnitMem for some images"},
    )  # fmt: skip


def selectivity_of(means: xr.DataArray, images: np.ndarray) -> float:
    """
    Return how selective the units that are most so are for some images, (neuron, sample) → number.

    Of each unit (largest − rest) / (largest + rest), with the largest mean activation among these
    images and the mean over all others: UnitMem, but for images that are told; then the mean over
    the tenth of the units with the largest values.
    """
    values = np.maximum(means.transpose("neuron", "sample").values, 0)
    inside = np.isin(means["sample"].values, images)
    values = values[np.isfinite(values).all(axis=1)]
    largest, rest = values[:, inside].max(axis=1), values[:, ~inside].mean(axis=1)
    total = largest + rest
    share = ((largest - rest) / np.where(total > 0, total, 1))[total > 0]
    if not share.size:
        return float("nan")
    return float(np.sort(share)[-max(1, round(_UNITS * share.size)) :].mean())


def agreement_of_layers(ssl_mem: xr.DataArray) -> xr.DataArray:
    """Return Kendall's τ of the candidates' scores in two layers: (layer, other_layer)."""
    from scipy.stats import kendalltau

    scores = ssl_mem.isel(image=np.flatnonzero(ssl_mem["role"].values == "C")).values
    names = ssl_mem["layer"].values
    tau = np.full((len(names), len(names)), np.nan)
    for i, j in np.ndindex(tau.shape):
        # where all are alike, as of a network compared with itself, there is no order
        if min(np.ptp(scores[i]), np.ptp(scores[j])) > 0:
            tau[i, j] = kendalltau(scores[i], scores[j]).statistic
    return xr.DataArray(
        tau, {"layer": names, "other_layer": names}, ("layer", "other_layer"),
        attrs={"units": "1", "long_name": "Kendall's τ of the candidates' scores"},
    )  # fmt: skip


def neurons(
    model: nn.Module, images: xr.Dataset, *, bins: int, edges: str, k: int, mi_neurons: int,
    mi_samples: int,
) -> xr.Dataset:  # fmt: skip
    """
    Return activations on images that no encoder has seen, with entropy and MI, in nats.

    Dims (layer, neuron, sample), (layer, neuron), and of drawn neurons of a layer (layer, neuron,
    other_neuron), by the mixture estimator: units behind a ReLU are often 0.
    """
    from infonb.measures import entropy, mutual_information

    # all of them are of one role
    run = _without_labels(in_layers(model, images)).drop_vars(["role", "kind"])
    if edges != "shared":
        run["entropy"] = entropy(run.activation, bins=bins, edges=edges)
    run["mutual_information"] = mutual_information(
        run.activation, estimator="mixture", k=k, standardize=True, within="layer",
        neurons=mi_neurons or None, max_samples=mi_samples or None,
    )  # fmt: skip
    return run


def images_of(runs: xr.Dataset) -> xr.Dataset:
    """
    Return the scores of images of all runs, with the dims that `infonb.memorization.layer` has.

    In runs ``sample`` are the images of the activations; those that are scored have the dimension
    ``image``, which becomes ``sample`` here.

    Parameters
    ----------
    runs
        What `EncoderMemorization.run` returned.

    Returns
    -------
    xarray.Dataset
        ``alignment`` (network, seed, model, layer, sample), ``ssl_mem`` (network, seed, layer,
        sample), ``layer_mem``, ``delta_layer_mem`` (network, seed, layer), ``group_mem``,
        ``group_error`` (network, seed, group, layer); the coordinates ``role`` and ``kind``
        (sample).

    Examples
    --------
    >>> images_of(runs).ssl_mem.dims  # doctest: +SKIP
    ('network', 'seed', 'layer', 'sample')
    """
    names = ["alignment", "ssl_mem", "layer_mem", "delta_layer_mem", "group_mem", "group_error"]
    found = runs[names].rename(image="sample")
    return found.drop_vars([name for name, one in found.coords.items() if "neuron" in one.dims])


def _without_labels(run: xr.Dataset) -> xr.Dataset:
    return run.drop_vars(["label", "prediction", "name"], errors="ignore")
