"""The multilayer perceptron of the paper, with named layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt

import torch
from torch import nn

from infonb.validate import check_choice, check_integer

__all__ = ["MLP"]


class MLP(nn.Module):
    """
    Fully connected network with ReLU between its layers.

    Dims in: (sample, ...), flattened; dims out: (sample, ``sizes[-1]``), logits.

    Parameters
    ----------
    sizes
        Widths from the input to the output: ``[392, 256, 256, 256, 1]`` has three hidden layers.
    seed
        Seed of the initial weights; the global random state is not touched.
    initialization
        ``"xavier"``: Xavier-uniform weights and zero biases, as in the paper. ``"default"``:
        torch's own, weights and biases uniform on ±1/√(inputs).

    Notes
    -----
    The linear modules are named ``fc1``, ``fc2``, ..., and ``out`` (the last); the activation
    functions ``relu1``, ``relu2``, ... They do not work in place, so that the outputs of ``fc``
    modules (pre-activations) and of ``relu`` modules (activations) can both be recorded. Inputs
    are cast to the dtype of the weights.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (Colored MNIST).

    Examples
    --------
    >>> model = MLP([392, 256, 256, 256, 1])
    >>> [name for name, _ in model.named_children()]
    ['fc1', 'relu1', 'fc2', 'relu2', 'fc3', 'relu3', 'out']
    >>> model(torch.zeros(5, 2, 14, 14)).shape
    torch.Size([5, 1])
    """

    def __init__(
        self, sizes: Sequence[int], *, seed: int = 0, initialization: str = "xavier"
    ) -> None:
        super().__init__()
        self.sizes = [check_integer("sizes", size, 1) for size in sizes]
        if len(self.sizes) < 2:
            raise ValueError(
                f"sizes must have at least an input and an output width; not {list(sizes)}."
            )
        check_choice("initialization", initialization, ["xavier", "default"])
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        for i, (n_in, n_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1):
            # the constructor draws from the global random state, which is given back; skip_init
            # would import sympy on its first call
            with torch.random.fork_rng(devices=[]):
                linear = nn.Linear(n_in, n_out)
            _initialize(linear, initialization, generator)
            if i < len(self.sizes) - 1:
                self.add_module(f"fc{i}", linear)
                self.add_module(f"relu{i}", nn.ReLU())
            else:
                self.add_module("out", linear)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (sample, output) of inputs (sample, ...)."""
        if inputs.ndim < 2 or prod(inputs.shape[1:]) != self.sizes[0]:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this MLP takes (sample, ...) with "
                f"{self.sizes[0]} features per sample (sizes[0])."
            )
        values = inputs.flatten(1).to(next(self.parameters()).dtype)
        for module in self.children():
            values = module(values)
        return values


def _initialize(linear: nn.Linear, initialization: str, generator: torch.Generator) -> None:
    if initialization == "xavier":
        nn.init.xavier_uniform_(linear.weight, generator=generator)
        nn.init.zeros_(linear.bias)
    else:
        bound = 1 / sqrt(linear.in_features)
        nn.init.uniform_(linear.weight, -bound, bound, generator=generator)
        nn.init.uniform_(linear.bias, -bound, bound, generator=generator)
