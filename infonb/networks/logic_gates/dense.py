"""A layer of gates, each of which reads two of the inputs."""

from __future__ import annotations

import torch

from infonb.networks.layers import generator_of
from infonb.networks.logic_gates.layer import GateLayer, check_unit_interval
from infonb.networks.logic_gates.trees import features_first
from infonb.networks.logic_gates.wiring import dense_connections
from infonb.validate import check_choice, check_integer

__all__ = ["LogicDense"]


class LogicDense(GateLayer):
    """
    Layer of two-input logic gates that learn which of the sixteen gates each of them is.

    Dims in: (sample, in_features), numbers in 0 .. 1; dims out: (sample, out_features), the same.

    Parameters
    ----------
    in_features, out_features
        Inputs, at least two, and gates.
    init
        ``"residual"``: each gate begins as its first input, almost, so that values and gradients
        get through many layers. ``"normal"``: logits are standard normal.
    strength
        The logit of that gate with ``init="residual"``, all others being 0: 5 gives it the
        probability e⁵ / (e⁵ + 15) = 0.908.
    connections
        ``"random"``: drawn so that each input is read as often as any other, or once more.
        ``"independent"``: each drawn by itself, so that some are not read at all. Neither gives a
        gate the same input twice.
    seed
        Of connections and logits; the global random state is not touched.

    Raises
    ------
    ValueError
        For inputs of another width, or not in 0 .. 1.

    Notes
    -----
    A gate is Σᵢ softmax(z)ᵢ gᵢ(a, b) in training mode, where gᵢ is gate i of `GATES` and a and b
    are read as probabilities; in eval mode it is the gate of the greatest logit, and what comes out
    of zeros and ones is zeros and ones exactly. ``logits`` (out_features, 16) is the parameter,
    ``connections`` (2, out_features) a buffer, ``gates()`` the numbers of the likeliest gates.
    It is computed with four coefficients a gate, samples last: outputs are a transposed view.

    References
    ----------
    Petersen, Borgelt, Kuehne and Deussen, *Deep Differentiable Logic Gate Networks*, NeurIPS 2022;
    the residual initialization is that of Petersen et al., *Convolutional Differentiable Logic Gate
    Networks*, NeurIPS 2024 (arXiv 2411.04732).

    Examples
    --------
    >>> layer = LogicDense(4, 3)
    >>> layer(torch.rand(5, 4)).shape
    torch.Size([5, 3])
    >>> bits = torch.tensor([[0.0, 1.0, 1.0, 0.0]])
    >>> bool((layer.eval()(bits) == bits[:, layer.connections[0]]).all())  # the first input
    True
    """

    def __init__(
        self, in_features: int, out_features: int, *, init: str = "residual",
        strength: float = 5.0, connections: str = "random", seed: int = 0,
    ) -> None:  # fmt: skip
        self.in_features = check_integer("in_features", in_features, 2)
        self.out_features = check_integer("out_features", out_features, 1)
        super().__init__((self.out_features,), init, strength, seed)
        check_choice("connections", connections, ["random", "independent"])
        drawn = dense_connections(
            self.in_features, self.out_features, connections, generator_of(seed, 0)
        )
        self.register_buffer("connections", drawn)

    def leaves(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Return the row that each gate's inputs are: (2, gate, 1)."""
        return self.connections[:, :, None]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the values of the gates (sample, out_features)."""
        if inputs.ndim != 2 or inputs.shape[1] != self.in_features:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this layer takes (sample, "
                f"{self.in_features})."
            )
        check_unit_interval(inputs)
        return self.through_trees(features_first(inputs.to(self.logits.dtype))).squeeze(1).t()

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.in_features}, {self.out_features}"
