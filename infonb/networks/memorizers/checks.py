"""What all memorizers that tell two classes apart ask of their points and labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.networks.memorizers.points import flat_inputs, plain_array

__all__ = ["as_points", "check_signs"]


def as_points(inputs: Any, n_features: int | None = None) -> np.ndarray:
    """Return inputs (sample, ...) as float64 (sample, feature); raise unless finite and fitting."""
    shape = plain_array(inputs).shape
    if len(shape) < 2:
        raise ValueError(f"inputs must have dims (sample, ...) and values; not shape {shape}.")
    points = flat_inputs(inputs)
    if n_features is not None and points.shape[1] != n_features:
        raise ValueError(
            f"inputs have {points.shape[1]} features a sample; the memorizer was built of points "
            f"with {n_features}."
        )
    return points


def check_signs(labels: Any, n_samples: int) -> np.ndarray:
    """Return labels of two classes as int64 -1 and 1; raise unless there are both, one a sample."""
    signs = plain_array(labels)
    if signs.shape != (n_samples,):
        raise ValueError(
            f"labels must have one number for each of the {n_samples} samples; not shape "
            f"{signs.shape}."
        )
    classes = list(dict.fromkeys(signs.tolist()))  # not sorted: None and numbers have no order
    if len(classes) != 2 or set(classes) != {-1, 1}:
        named = ", ".join(str(one) for one in classes[:4])
        raise ValueError(
            f"labels must be of two classes, -1 and 1, both of them; not {named}. Of other two "
            "classes take np.where(labels == first, 1, -1)."
        )
    return signs.astype(np.int64)
