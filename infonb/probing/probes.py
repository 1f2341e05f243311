"""Probes: small classifiers that read labels from features, and say how sure they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["PROBES", "Probe", "linear", "mlp", "never_certain"]

#: Features (sample, neuron) and classes (sample) to learn from, features to read, seed
#: → probabilities (sample, class), of the classes that were there to learn from, in their order.
Probe = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]

#: Inverse strengths of the penalty on the weights (scikit-learn's C) that a linear probe may have.
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)

#: Of an MLP: units of its hidden layer, most epochs, and how many without a gain end it.
HIDDEN, EPOCHS, PATIENCE = 128, 200, 8

#: Below so many samples none are held out to choose by: one fifth would be three or less.
FEWEST_HELD_OUT = 20


def linear(features: np.ndarray, labels: np.ndarray, wanted: np.ndarray, seed: int) -> np.ndarray:
    """Multinomial logistic regression; its penalty chosen on a held-out fifth: (sample, seen)."""
    from sklearn.linear_model import LogisticRegression

    strength = STRENGTHS[len(STRENGTHS) // 2]
    if len(labels) >= FEWEST_HELD_OUT:
        inside, outside = _held_out(labels, seed)
        losses = []
        for one in STRENGTHS:
            with _quiet():
                model = LogisticRegression(C=one, max_iter=300)
                model.fit(features[inside], labels[inside])
            told = model.predict_proba(features[outside])
            losses.append(_loss(told, model.classes_, labels[outside], len(inside)))
        strength = STRENGTHS[int(np.argmin(losses))]
    with _quiet():
        model = LogisticRegression(C=strength, max_iter=300).fit(features, labels)
    return model.predict_proba(wanted)


def mlp(features: np.ndarray, labels: np.ndarray, wanted: np.ndarray, seed: int) -> np.ndarray:
    """One hidden layer of ReLU units, as long as the held-out loss falls: (sample, seen)."""
    epochs = PATIENCE
    if len(labels) >= FEWEST_HELD_OUT:
        inside, outside = _held_out(labels, seed)
        seen, counts = np.unique(labels[inside], return_counts=True)
        share = np.tile(counts / len(inside), (len(outside), 1))
        best, epochs = _loss(share, seen, labels[outside], len(inside)), 0
        model = _network(seed)
        for epoch in range(EPOCHS):
            with _quiet():
                model.partial_fit(features[inside], labels[inside], classes=seen)
            told = model.predict_proba(features[outside])
            loss = _loss(told, seen, labels[outside], len(inside))
            if loss < best:
                best, epochs = loss, epoch + 1
            if epoch + 1 - epochs >= PATIENCE:
                break
    seen, counts = np.unique(labels, return_counts=True)
    if epochs == 0:  # no epoch was better than how frequent the classes are
        return np.tile(counts / len(labels), (len(wanted), 1))
    # once more with all samples, so that none of them is lost for the code
    model = _network(seed)
    for _ in range(epochs):
        with _quiet():
            model.partial_fit(features, labels, classes=seen)
    return model.predict_proba(wanted)


PROBES: dict[str, Probe] = {"linear": linear, "mlp": mlp}


def never_certain(probabilities: np.ndarray, n_samples: int) -> np.ndarray:
    """Return probabilities that count as so many samples, and half a sample more of each class."""
    n_classes = probabilities.shape[-1]
    return (n_samples * probabilities + 0.5) / (n_samples + 0.5 * n_classes)


def _network(seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier((HIDDEN,), random_state=seed)


def _held_out(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places to learn from, of two classes or more, and those of a fifth to judge by."""
    order = np.random.default_rng(seed).permutation(len(labels))
    first = labels[order] != labels[order[0]]
    # the first sample, and the first of another class, are learnt from
    other = int(np.argmax(first))
    order[[1, other]] = order[[other, 1]]
    cut = len(labels) - len(labels) // 5
    return order[:cut], order[cut:]


def _loss(told: np.ndarray, seen: np.ndarray, labels: np.ndarray, n_seen: int) -> float:
    """Return the mean code length of held-out labels, up to a constant: (sample, seen) → nats."""
    known = np.isin(labels, seen)
    place = np.where(known, np.searchsorted(seen, labels), 0)
    chance = told[np.arange(len(labels)), place]
    return float(-np.log(np.where(known, chance, 0.0) * n_seen + 0.5).mean())


@contextmanager
def _quiet() -> Iterator[None]:
    """Pass over what scikit-learn warns of and the held-out loss judges."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield
