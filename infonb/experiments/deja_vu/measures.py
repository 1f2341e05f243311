"""What is measured on two networks: déjà vu, with one model alone, utility, and information."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.memorization import (
    deja_vu_gains,
    deja_vu_top,
    memorization_confidence,
    naive_bayes_objects,
    nearest_public,
    predicted_objects,
)

if TYPE_CHECKING:
    from torch import nn

__all__ = ["KEYS", "LAYERS", "between", "embeddings", "information_of", "one_model", "utility"]

#: What puts single pairs first.
KEYS = ("min_dist", "crct_pred", "max_pred_gap")
#: Layers of both towers: name → module.
LAYERS = {
    "image, mean": "image.pooled",
    "image, hidden": "image.relu",
    "text, mean": "text.pooled",
    "text, hidden": "text.relu",
}
_GAINS = ("ppg", "prg", "aucg")


def embeddings(model: nn.Module, pairs: xr.Dataset, tower: str) -> xr.DataArray:
    """Return the embeddings (sample, feature) of captions (tower text) or images (image)."""
    import torch

    from infonb.networks.state import device_and_dtype, eval_mode

    name, embed = {
        "text": ("caption", model.embed_captions), "image": ("input", model.embed_images),
    }[tower]  # fmt: skip
    device, _ = device_and_dtype(model)
    values = torch.from_numpy(np.ascontiguousarray(pairs[name].values))
    with eval_mode(model):
        found = [embed(some.to(device)).cpu() for some in values.split(1024)]  # type: ignore[operator]
    return xr.DataArray(torch.cat(found).numpy(), dims=("sample", "feature"))


def between(
    near: tuple[xr.Dataset, xr.Dataset], objects: xr.DataArray, public_objects: xr.DataArray, *,
    tried: Sequence[int], chosen: int, top_objects: int | None, top: Sequence[float],
) -> xr.Dataset:  # fmt: skip
    """
    Return how much better the first model knows the objects than the second, by group.

    Of each number of neighbours that is tried ``ppg_at``, ``prg_at``, ``aucg_at`` (n_neighbors,
    group) and ``top_recall_gap``, ``top_precision_gap`` (n_neighbors, key, group, top); of the one
    that is chosen all that `deja_vu_gains` gives, its samples as the dim ``pair``.
    """
    numbers = xr.Variable("n_neighbors", list(tried))
    said = [
        xr.concat(
            [predicted_objects(one, public_objects, k=k, top_objects=top_objects).predicted
             for k in tried], numbers,
        ) for one in near
    ]  # fmt: skip
    found = deja_vu_gains(said[0], said[1], objects, draws=200)
    found["min_dist"] = near[0].distance.isel(neighbor=0, drop=True)
    tops = [deja_vu_top(found, key=key, shares=top) for key in KEYS]
    first = xr.concat(tops, _labels("key", KEYS), combine_attrs="drop")
    first = first[["recall_gap", "precision_gap"]].rename(
        recall_gap="top_recall_gap", precision_gap="top_precision_gap"
    )
    whole = found.sel(n_neighbors=chosen, drop=True).rename(sample="pair")
    curves = found[list(_GAINS)].rename({name: f"{name}_at" for name in _GAINS})
    own = said[0].sel(n_neighbors=chosen, drop=True)
    itself = deja_vu_gains(own, own, objects, draws=0)
    largest = max(float(abs(itself[name]).max()) for name in _GAINS)
    merged = xr.merge([whole, curves, first], compat="no_conflicts", join="exact",
                      combine_attrs="drop")  # fmt: skip
    return merged.drop_vars(["sample", "pair"], errors="ignore").assign(
        n_top=tops[0].n_top, gain_of_itself=largest
    )


def one_model(
    near: xr.Dataset, pairs: xr.Dataset, public: xr.Dataset, *, k: int, top_objects: int | None
) -> xr.Dataset:
    """
    Return what one model seems to remember, with public captions in place of a second model.

    ``prg_alone``, ``aucg_alone`` (reference, group): the reference is naive Bayes of the words, or
    the public images whose captions have the most words in common; ``confidence`` (pair), in nats.
    """
    shown = public.objects.rename(sample="public")
    said = predicted_objects(near, shown, k=k, top_objects=top_objects)
    bayes = naive_bayes_objects(
        pairs.caption, public.caption.rename(sample="public"), shown,
        n_predicted=said.predicted.sum("object").drop_vars("sample", errors="ignore"),
    )  # fmt: skip
    words = [_words(one.caption, pairs.attrs["n_tokens"]) for one in (pairs, public)]
    by_words = nearest_public(words[0], words[1].rename(sample="public"), k)
    common = {"k": k, "top_objects": top_objects, "draws": 0}
    found = [
        deja_vu_gains(said.predicted, bayes.predicted, pairs.objects, draws=0),
        deja_vu_gains(near, by_words, pairs.objects, shown, **common),  # type: ignore[arg-type]
    ]
    gains = xr.concat(
        [one[["prg", "aucg"]] for one in found],
        _labels("reference", ["naive Bayes", "alike captions"]), combine_attrs="drop",
    )  # fmt: skip
    surer = memorization_confidence(
        bayes.probability.drop_vars("sample", errors="ignore"), said.share
    )
    return gains.rename(prg="prg_alone", aucg="aucg_alone").assign(
        confidence=surer.drop_vars(["sample", "role"], errors="ignore").rename(sample="pair")
    )


def utility(model: nn.Module, pairs: xr.Dataset, recall: xr.DataArray) -> dict[str, Any]:
    """
    Return what a network is good for, on held-out pairs: numbers.

    ``recall_held_out``: mean recall of objects; ``retrieval``: how often the image of a caption is
    the nearest one of all held-out images.
    """
    text, image = (embeddings(model, pairs, tower).values for tower in ("text", "image"))
    hits = (text @ image.T).argmax(axis=1) == np.arange(len(text))
    return {"recall_held_out": float(recall.mean()), "retrieval": float(hits.mean())}


def information_of(model: nn.Module, pairs: xr.Dataset, side: str, **options: Any) -> xr.Dataset:
    """
    Return activations (layer, neuron, sample) of both towers on pairs, with entropy and MI.

    Before (side pre) or after (post) the ReLU, where the many zeros are ties.
    """
    from infonb.activations import record
    from infonb.experiments.measuring import information
    from infonb.measures import ScaleWarning, TiesWarning

    inputs = {"images": pairs.input, "captions": pairs.caption}
    hook = {"pre": "input", "post": "output"}[side]
    recorded = record(model, inputs, layers=LAYERS, hook=hook, prediction=False, progress=False)
    recorded = recorded.drop_vars([name for name, c in recorded.coords.items()
                                   if "sample" in c.dims and name != "sample"])  # fmt: skip
    with warnings.catch_warnings():
        # the estimator of all pages is kept where a ReLU is 0; the page says what it does then
        warnings.simplefilter("ignore", TiesWarning)
        warnings.simplefilter("ignore", ScaleWarning)
        return information(recorded, **options)


def _words(caption: xr.DataArray, n: int) -> xr.DataArray:
    """Return which words a caption has: (sample, feature), 0 or 1."""
    has = (caption.values[:, :, None] == np.arange(n)).any(axis=1)
    return xr.DataArray(has.astype(float), dims=("sample", "feature"))


def _labels(dim: str, names: Sequence[str]) -> Any:
    return xr.Variable(dim, np.array(list(names), object))
