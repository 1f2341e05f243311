"""What is measured of a memorizer: accuracy, its wrong answers, and the information of its layers.

Of cells also how far they decide as the nearest neighbour does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.generalizable_memorizers.building import LAYERS, Memorizer, flat

__all__ = [
    "MOST_COVERED", "accuracies", "cover_number", "information_of", "neighbour_check",
    "nothing_found",
]  # fmt: skip

#: So many wrong answers are kept for the page.
SHOWN = 6
#: Images on which the cover number is taken at most.
MOST_COVERED = 2000


def nothing_found() -> xr.Dataset:
    """Return what `neighbour_check` and `information_of` would, without values."""
    shares = (
        "agreement",
        "sharp_agreement",
        "sharp_agreement_of_all",
        "sharp_ties",
        "sharp_accuracy",
        "nearest_accuracy",
        "cover_of",
    )
    of_layers = ("entropy", "pair_information", "firing", "n_alive")
    none = np.full(SHOWN, -1, dtype=np.int64)
    return xr.Dataset(
        dict.fromkeys(shares, np.nan)
        | {name: ("layer", np.full(len(LAYERS), np.nan)) for name in of_layers}
        | dict.fromkeys(("wrong", "nearest"), ("shown", none)),
        {"layer": np.array(LAYERS, dtype=object)},
    )  # fmt: skip


def accuracies(
    memorizer: Memorizer, labels: np.ndarray, data: dict[str, xr.Dataset], *, n_checked: int,
    said: np.ndarray | None = None,
) -> dict[str, float]:  # fmt: skip
    """
    Return accuracy on the training images, with the labels that were given, and held out.

    `said`: what it decides on the held-out images, where that is known.
    """
    inside = flat(data["train"])[: memorizer.n_points]
    known = labels[: memorizer.n_points]
    at = np.random.default_rng([7, len(known)]).permutation(len(known))[: n_checked or None]
    said = memorizer.decide(flat(data["evaluation"])) if said is None else said
    return {
        "train_accuracy": float((memorizer.decide(inside[at]) == known[at]).mean()),
        "accuracy": float((said == data["evaluation"]["label"].values).mean()),
        "ties": float((said == 0).sum()),
    }


def neighbour_check(
    memorizer: Memorizer, data: dict[str, xr.Dataset]
) -> tuple[np.ndarray, xr.Dataset]:
    """
    Return what cells decide, and how far it is what scikit-learn's nearest neighbour does.

    ``agreement`` of the cells as they are; ``sharp_agreement_of_all`` with the sharpest edges, in
    which a tie of the cells agrees with nothing; ``sharp_agreement``, in which images that are
    equally near to both classes, ``sharp_ties``, count as agreed, since there it is the order of
    the training images that decides; ``sharp_accuracy``, ``nearest_accuracy``; ``wrong`` and
    ``nearest`` (shown): numbers of held-out images that the cells get wrong, and of the training
    images that are nearest to them; -1: none.
    """
    from sklearn.neighbors import KNeighborsClassifier

    train, held_out = data["train"], data["evaluation"]
    images, label = flat(held_out), held_out["label"].values
    plain, sharp, nearest, tied = _decisions(memorizer.net, images)
    neighbour = KNeighborsClassifier(1, algorithm="brute").fit(flat(train), train["label"].values)
    expected = neighbour.predict(images)
    wrong = np.flatnonzero(plain != label)[:SHOWN]
    places = np.full((2, SHOWN), -1, dtype=np.int64)
    places[0, : wrong.size] = held_out["sample"].values[wrong]
    places[1, : wrong.size] = train["sample"].values[nearest[wrong]]
    return plain, xr.Dataset({
        "agreement": (plain == expected).mean(),
        "sharp_agreement": ((sharp == expected) | tied).mean(),
        "sharp_agreement_of_all": (sharp == expected).mean(), "sharp_ties": float(tied.sum()),
        "sharp_accuracy": (sharp == label).mean(), "nearest_accuracy": (expected == label).mean(),
        "wrong": ("shown", places[0]), "nearest": ("shown", places[1]),
    })  # fmt: skip


def _decisions(net: Any, images: np.ndarray) -> tuple[np.ndarray, ...]:
    """
    Return what cells decide, what sharp ones do, the place of the nearest point, and ties.

    A tie is told by the distances, whatever the cells say: both classes are equally near.
    """
    import torch

    from infonb.networks.memorizers.cell import Cells
    from infonb.networks.memorizers.distances import squared_distances

    points = net.cells.points
    sharp = Cells(points.numpy(), net.cells.signs.numpy(), math.inf, 0.5)
    parts: list[tuple[Any, ...]] = []
    with torch.no_grad():
        for part in torch.split(torch.from_numpy(images), 1024):
            distances = squared_distances(part, points)  # once for all three
            cells = [one.of_distances(distances) for one in (net.cells, sharp)]
            least = [distances[:, net.cells.signs == sign].amin(dim=1) for sign in (-1, 1)]
            said = (net.out(one)[:, 0].sign() for one in cells)
            parts.append((*said, distances.argmin(dim=1), least[0] == least[1]))
    return tuple(torch.cat(one).numpy() for one in zip(*parts, strict=True))


def cover_number(inputs: np.ndarray, labels: np.ndarray, *, fraction: float = 0.5) -> int:
    """
    Return how many balls cover all points, found greedily: (sample, feature), (sample).

    A ball is around a point, its radius a fraction of the distance to the other class; one that
    covers the most points that are left is taken next.
    """
    import torch

    from infonb.networks.memorizers.distances import squared_distances

    points = torch.from_numpy(np.asarray(inputs, dtype=np.float64)[:MOST_COVERED])
    signs = torch.from_numpy(np.asarray(labels)[:MOST_COVERED])
    found = 0
    for sign in (-1, 1):
        own, other = points[signs == sign], points[signs != sign]
        reach = fraction**2 * squared_distances(own, other).amin(dim=1)
        covers = squared_distances(own, own) < reach[:, None]
        covers.fill_diagonal_(fill_value=True)
        left = covers.sum(dim=1)
        while int(left.max()) > 1:
            taken = covers[int(left.argmax())].clone()
            left -= covers[:, taken].sum(dim=1)
            covers[:, taken] = False
            found += 1
        found += int(covers.diagonal().sum())  # those that are left are in no ball but their own
    return found


def information_of(
    memorizer: Memorizer, images: xr.Dataset, *, bins: int, mi_neurons: int, seed: int
) -> xr.Dataset:
    """
    Return mean entropy and mean MI of pairs of the layers of a memorizer, in nats: (layer).

    On images that it has not seen, in bins of each neuron's own range; neurons that are constant
    are left out, and MI is that of drawn ones, less what it is of permuted samples. ``firing``: on
    which share of the images a neuron is not 0.
    """
    from infonb.activations import record
    from infonb.measures import entropy, mutual_information

    if not memorizer.layers:
        return xr.Dataset(coords={"layer": np.array([], dtype=object)})
    values = xr.Dataset({"input": (("sample", "feature"), flat(images))})
    found = []
    for words, module in memorizer.layers.items():
        acts = record(
            memorizer.net, values, layers=[module], prediction=False, progress=False
        ).activation
        alive = acts.isel(neuron=np.flatnonzero(acts.std("sample").values.ravel() > 1e-6))
        rng = np.random.default_rng([seed, 41])
        drawn = np.sort(rng.permutation(alive.sizes["neuron"])[:mi_neurons])
        alive = alive.isel(layer=0, drop=True)
        pairs = mutual_information(
            alive.isel(neuron=drawn), estimator="binned", bins=bins, edges="neuron",
            corrected="permutation",
        )  # fmt: skip
        between = pairs.values[~np.eye(drawn.size, dtype=bool)]
        told = {
            "entropy": float(entropy(alive, bins=bins, edges="neuron").mean()),
            "pair_information": float(between.mean()) if between.size else math.nan,
            "firing": float((alive != 0).mean()), "n_alive": float(alive.sizes["neuron"]),
        }  # fmt: skip
        found.append(xr.Dataset(told).expand_dims(layer=np.array([words], dtype=object)))
    units = {"units": "nat", "bins": bins, "edges": "neuron"}
    whole = xr.concat(found, "layer")
    for name in ("entropy", "pair_information"):
        whole[name].attrs = units | {"n_samples": images.sizes["sample"]}
    return whole
