"""Three hidden layers that are built to give N points their classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.networks.memorizers.hard_tanh import ACTIVATIONS, followed, linear_of
from infonb.networks.memorizers.points import check_float64, distinct, flat_inputs, plain_array
from infonb.networks.memorizers.relu_memorizer import ReLUMemorizer, build, tell_error
from infonb.networks.memorizers.sizes import plan_classifier_sizes
from infonb.validate import check_choice, check_integer

__all__ = ["class_codes", "memorizing_classifier"]


def memorizing_classifier(
    inputs: Any, labels: Any, *, n_classes: int | None = None, margin: float = 1.0,
    activation: str = "relu", seed: int = 0, dtype: Any = "float64",
) -> ReLUMemorizer:  # fmt: skip
    """
    Return a network of three hidden layers that gives each of N points its class: none is trained.

    Dims in: inputs (sample, ...), labels (sample). The network: (sample, ...) → (sample, class), 1
    at the class and 0 elsewhere.

    Parameters
    ----------
    inputs
        The points, all different; array, tensor or DataArray.
    labels
        Their classes: 0, 1, ..., n_classes − 1.
    n_classes
        Classes; None: as many as the largest label says.
    margin, seed, dtype
        As of `relu_memorizer`.
    activation
        Of the first two layers, as of `relu_memorizer`. The third has ReLUs.

    Returns
    -------
    ReLUMemorizer
        A module with the children ``hidden1``, ``hidden2``, ``hidden3`` and ``out``; ``sizes`` and
        ``construction`` as of `relu_memorizer`.

    Raises
    ------
    ValueError
        If a label is no class, or as `relu_memorizer`.

    Warns
    -----
    UserWarning
        As `relu_memorizer`; the error is that of the outputs.

    Notes
    -----
    The first two layers store a number for each class. Above each of these numbers four units of
    the third layer make a bump that is 1 around it and 0 at the others, so that rounding in the
    first two layers is not seen in the output.

    References
    ----------
    Yun, Sra and Jadbabaie, *Small ReLU networks are powerful memorizers*, NeurIPS 2019, corollary
    on classification; weights of our own, of the same sizes.

    Examples
    --------
    >>> import torch
    >>> points = torch.arange(6.0)[:, None]
    >>> net = memorizing_classifier(points, [2, 0, 1, 1, 0, 2])
    >>> net(points).argmax(dim=1)
    tensor([2, 0, 1, 1, 0, 2])
    """
    from torch import nn

    check_float64(dtype)
    check_choice("activation", activation, ACTIVATIONS)
    points, classes = flat_inputs(inputs), plain_array(labels)
    if classes.ndim != 1 or not classes.size or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            "labels must be whole numbers (sample), from 0 on; not "
            f"{classes.dtype} of shape {classes.shape}."
        )
    n = check_integer("n_classes", int(classes.max()) + 1 if n_classes is None else n_classes, 2)
    if classes.min() < 0 or classes.max() >= n:
        raise ValueError(
            f"labels must lie from 0 to {n - 1} (n_classes={n}); they lie from {classes.min()} to "
            f"{classes.max()}."
        )
    points, kept = distinct(points, classes)
    codes = class_codes(n)[kept][:, None]
    built, sizes, construction = build(points, codes, p=None, q=None, margin=margin, seed=seed)
    layers = built.layers(activation)
    bumps, out = _bumps(n)
    # code → bump: two linear layers in a row, which are one
    read, offset = followed(built.weight3, built.bias3, activation)
    third = nn.Sequential()
    third.add_module(
        "linear", linear_of(bumps[:, :1] @ read, bumps[:, 0] * offset[0] + bumps[:, 1])
    )
    third.add_module("units", nn.ReLU())
    layers |= {"hidden3": third, "out": linear_of(out, np.zeros(n))}
    layers["out"] = layers.pop("out")  # the last of all
    sizes = plan_classifier_sizes(len(points), n, n_inputs=points.shape[1])
    net = ReLUMemorizer(layers, sizes, construction)
    tell_error(net, points, np.eye(n)[kept])
    return net


def class_codes(n_classes: int) -> np.ndarray:
    """Return the number that stands for each class: from −1 to 1, equally far apart."""
    return np.linspace(-1, 1, n_classes)


def _bumps(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and offset of the four units of each class, and their weights in the output."""
    # in units of the distance between classes: 1 within a quarter of the code, 0 from a half on
    slope = (n_classes - 1) / 2
    ends = np.array([0.5, 0.25, -0.25, -0.5])
    offsets = (slope - np.arange(n_classes))[:, None] + ends
    units = np.stack([np.full(4 * n_classes, slope), offsets.ravel()], axis=1)
    return units, np.kron(np.eye(n_classes), 4 * np.array([1.0, -1.0, -1.0, 1.0]))
