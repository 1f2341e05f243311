"""The weights of several networks as one tensor, with their forward pass and their optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional
from torch.optim.adam import adam

from infonb.training.group.padding import missing_features, padded

if TYPE_CHECKING:
    from infonb.training.group.member import Member

__all__ = ["Stack"]

#: So many networks at least are computed: libraries take another way for a batch of one matrix.
_FEWEST = 2


class Stack:
    """
    Networks of one shape as one: ``weights`` (network, weight), of which theirs are views.

    Whatever the networks beside it are, and how many, a network's numbers are the same bit for
    bit: the shapes of all that is computed depend on it alone, but for the number of networks.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        first = members[0]
        self.members, self._layers = list(members), first.layers
        self.device = first.device
        names = list(first.parameters)
        starts, at = {}, 0
        for index, parameter in enumerate(names):
            starts[index] = at
            at += padded(parameter.numel())
        self.rows = max(len(members), _FEWEST)
        empty = torch.zeros(self.rows, at, dtype=first.parameters[0].dtype, device=first.device)
        self.weights, self._mean, self._square = empty, empty.clone(), empty.clone()
        self._step = torch.zeros((), dtype=torch.float32, device=first.device)
        self._gradients = empty.clone()
        self._penalty = self._penalties(members)
        for row, member in enumerate(members):
            self._take_in(row, member, starts)
        parts = [(starts[index], parameter) for index, parameter in enumerate(names)]
        self._views = [self._part(self.weights, *part).requires_grad_() for part in parts]
        self._places = [self._part(self._gradients, *part) for part in parts]
        self._settings = first.run.optimizer.param_groups[0]  # the same for all of them

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (network, sample, output) of inputs (network, sample, feature)."""
        values, views = inputs, iter(self._views)
        for layer in self._layers:
            if isinstance(layer, nn.Linear):
                weight = next(views)
                more = missing_features(layer.in_features)
                if more:
                    values, weight = (functional.pad(one, (0, more)) for one in (values, weight))
                weight = weight.transpose(1, 2)
                if layer.bias is None:
                    values = torch.bmm(values, weight)
                else:
                    values = torch.baddbmm(next(views).unsqueeze(1), values, weight)
            elif not isinstance(layer, nn.Flatten):
                values = layer(values)
        return values

    def step(self, losses: torch.Tensor, shares: torch.Tensor) -> None:
        """Change the weights by the losses (network, sample), of which each has its share."""
        # of a sum: gradients of several numbers would import sympy on the first call
        found = torch.autograd.grad((losses * shares).sum(), self._views)
        with torch.no_grad():
            for place, gradient in zip(self._places, found, strict=True):
                place.copy_(gradient)
            if self._penalty is not None:
                self._gradients.addcmul_(self.weights, self._penalty)
            self._adam()

    def _adam(self) -> None:
        # not by the optimiser's step(), which imports torch's compiler on its first call
        one = self._settings
        adam(
            [self.weights], [self._gradients], [self._mean], [self._square], [], [self._step],
            fused=one["fused"], amsgrad=one["amsgrad"], beta1=one["betas"][0],
            beta2=one["betas"][1], lr=one["lr"], weight_decay=one["weight_decay"],
            eps=one["eps"], maximize=one["maximize"],
        )  # fmt: skip

    def _penalties(self, members: Sequence[Member]) -> torch.Tensor | None:
        """Return the factors of the weights in the gradient of penalty·Σw², one for each weight."""
        if not any(member.settings["penalty"] for member in members):
            return None
        found = torch.zeros_like(self.weights)
        for row, member in enumerate(members):
            found[row] = 2 * member.settings["penalty"]
        return found

    def _take_in(self, row: int, member: Member, starts: dict[int, int]) -> None:
        """Copy a network's weights and its optimiser's state; make them views of the stack."""
        states = member.run.optimizer.state
        for index, parameter in enumerate(member.parameters):
            place = slice(starts[index], starts[index] + parameter.numel())
            state = states[parameter]
            own = {"exp_avg": self._mean, "exp_avg_sq": self._square}
            for name, tensor in own.items():
                view = tensor[row, place].view(parameter.shape)
                if state:
                    view.copy_(state[name])
                own[name] = view
            if state:
                self._step.copy_(state["step"])
            states[parameter] = {"step": self._step, **own}
            view = self.weights[row, place].view(parameter.shape)
            view.copy_(parameter.detach())
            parameter.data = view

    def _part(self, rows: torch.Tensor, start: int, parameter: nn.Parameter) -> torch.Tensor:
        """Return what stands in rows for one parameter of all networks, dims (network, ...)."""
        place = slice(start, start + parameter.numel())
        return rows[:, place].view(self.rows, *parameter.shape).detach()
