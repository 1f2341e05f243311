"""What the networks are taught, in words: their labels, and which of them take long."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["BUILT", "NETWORKS", "NOISY", "SLOW", "WORDS", "planted_for"]

#: In order of growing memorization, as planted.
NETWORKS = (
    "true labels", "shortcut", "regularized", "logic gates", "noise", "random labels",
    "constructed",
)  # fmt: skip

#: Those of which some typical samples have a wrong label, too: the same ones in all three.
NOISY = ("regularized", "logic gates", "noise")

#: Those that are trained one by one, and that are not trained at all.
SLOW, BUILT = ("regularized", "logic gates"), ("constructed",)

#: What each of them is, in a clause.
WORDS = {
    "true labels": "every image has its true label, also the planted ones",
    "shortcut": "labels as planted, and every image has the mark that tells its label",
    "regularized": "the noisy labels, with a loss that holds the network to what it learnt first",
    "logic gates": "the noisy labels, in a network of logic gates",
    "noise": "labels as planted, and a share of the typical ones wrong as well",
    "random labels": "all labels drawn at random",
    "constructed": "labels as planted; weights are computed so that they are known, not trained",
}


def planted_for(
    network: str, images: xr.Dataset, *, noise: float, **planting: object
) -> xr.Dataset:
    """
    Return the samples that a network is taught, with twins: the same images for all seeds.

    ``label`` (sample) is what it is taught; ``planted_label`` stays as it was planted. ``role`` is
    ``"null"`` for twins, which nobody trains on.
    """
    from infonb.data import planted_images

    marked = "all" if network == "shortcut" else "shortcut"
    found = planted_images(images, marked=marked, **planting)  # type: ignore[arg-type]
    label = found["label"].values
    rng = np.random.default_rng(71)
    if network == "true labels":
        taught = found["true_label"].values
    elif network == "random labels":
        taught = rng.integers(found.attrs["n_classes"], size=label.size)
        for one in range(int(found["group"].max()) + 1):  # copies share theirs
            at = found["group"].values == one
            taught[at] = taught[at][0]
    elif network in NOISY:
        drawn = rng.random(label.size) < noise
        other = (label + rng.integers(1, found.attrs["n_classes"], label.size)) % (
            found.attrs["n_classes"]
        )
        taught = np.where(drawn & (found["kind"].values == "typical"), other, label)
    else:
        taught = label
    role = np.where(found["is_in"].values, "in", "null").astype(object)
    return found.assign(label=("sample", taught.astype(np.int64))).assign_coords(
        planted_label=("sample", label), role=("sample", role)
    )
