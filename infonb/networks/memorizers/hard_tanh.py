"""Hard-tanh units, as they are or made of two ReLUs each, and linear layers of given weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

__all__ = ["ACTIVATIONS", "LEAK", "followed", "hidden", "linear_of"]

#: What stands in the hidden layers.
ACTIVATIONS = ("relu", "leaky", "hardtanh")

#: Slope of a leaky ReLU below zero.
LEAK = 0.1


def linear_of(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
    """Return a float64 layer with weights (out, in) and biases (out)."""
    made: nn.Linear = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], dtype=torch.float64)
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight, dtype=np.float64)))
        made.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias, dtype=np.float64)))
    return made


def hidden(weight: np.ndarray, bias: np.ndarray, activation: str) -> nn.Sequential:
    """
    Return a layer of hard-tanh units, or of two ReLUs for each: those at t + 1, then at t − 1.

    clip(t, −1, 1) = [σ(t + 1) − σ(t − 1) − (s₊ + s₋)] / (s₊ − s₋) for any σ of two slopes.
    """
    layer = nn.Sequential()
    if activation == "hardtanh":
        layer.add_module("linear", linear_of(weight, bias))
        layer.add_module("units", nn.Hardtanh())
        return layer
    twice = np.concatenate([bias + 1, bias - 1])
    layer.add_module("linear", linear_of(np.concatenate([weight, weight]), twice))
    layer.add_module("units", nn.ReLU() if activation == "relu" else nn.LeakyReLU(LEAK))
    return layer


def followed(
    weight: np.ndarray, bias: np.ndarray, activation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and biases that do on the units of `hidden` what these do on hard-tanhs."""
    if activation == "hardtanh":
        return weight, bias
    below = 0.0 if activation == "relu" else LEAK
    scaled = weight / (1 - below)
    return np.concatenate([scaled, -scaled], axis=1), bias - (1 + below) * scaled.sum(axis=1)
