"""Kinds of data that an estimator from neighbours must get right."""

import numpy as np


def families(n_samples, seed=0):
    """Three dependent rows of each kind of data that the estimator must get right."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(2, n_samples))
    x = rng.normal(size=(3, 2)) @ shared + rng.normal(size=(3, n_samples))
    half = n_samples // 2
    return {
        "normal": x,
        "float32": x.astype(np.float32),
        "float16": x.astype(np.float16),
        "relu": np.maximum(x, 0),
        "relu, mostly off": np.maximum(x - 2, 0),
        "relu6, saturated": np.clip(3 * x, 0, 1),
        "tanh": np.tanh(3 * x),
        "int8": np.round(np.tanh(x) * 127),
        "integers": np.round(x),
        "binary": (x > 0).astype(float),
        "heavy tails": x**5,
        "cauchy": x / rng.normal(size=x.shape),
        "a few far away": np.where(rng.random(x.shape) < 0.1, 1e20, 1e-3) * x,
        "duplicated": np.concatenate([x[:, :half], x[:, : n_samples - half]], axis=1),
        "equal rows": x[[0, 0, 1]],
        "one constant": np.where([[True], [False], [False]], 1.5, x),
        "discrete and continuous": np.stack([np.round(x[0]), x[1], np.maximum(x[2], 0)]),
        "scales": x * np.array([[1e-6], [1.0], [1e6]]),
        "1e-300": x * 1e-300,
        "1e300": x * 1e300,
        "subnormal": np.round(x * 20) * 5e-324,
        "far from 0": x + 1e9,
        "signed zeros": np.where(x > 0, 0.0, -0.0) + np.maximum(x, -0.0) * (x > 1),
    }
