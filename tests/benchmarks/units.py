"""Activations for the benchmarks: dependent units of several kinds."""

import numpy as np
from scipy.special import ndtr


def units(kind, n_neurons, n_samples, seed=0):
    """
    Return (neuron, sample) float32: 8 shared causes and private noise, through a nonlinearity.

    heavy: heavy tails; bf16, int8: tanh units rounded as these types do, with many equal values.
    """
    rng = np.random.default_rng(seed)
    causes = 0.5 * rng.normal(size=(n_neurons, 8)) @ rng.normal(size=(8, n_samples))
    bias = 0.5 * rng.normal(size=(n_neurons, 1))
    z = causes + rng.normal(size=(n_neurons, n_samples)) + bias
    if kind == "bf16":
        bits = np.tanh(z).astype(np.float32).view(np.uint32)
        return ((bits + 0x8000) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    made = {
        "tanh": lambda: np.tanh(z),
        "relu": lambda: np.maximum(z, 0),
        "gelu": lambda: z * ndtr(z),
        "heavy": lambda: z**3,
        "int8": lambda: np.round(np.tanh(z) * 127),
    }[kind]()
    return made.astype(np.float32)
