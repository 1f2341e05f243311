"""What is added to the loss of a batch from the activations of layers: their soft entropy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from infonb.training.soft_entropy import check_soft_bins, soft_entropy
from infonb.validate import check_number, did_you_mean

__all__ = ["Regularizer", "SoftEntropy", "check_regularizer"]

Term = Callable[[], torch.Tensor]


class Regularizer(Protocol):
    """Anything that `fit` takes as its regularizer: a context that gives a term of the loss."""

    def attached(self, model: nn.Module) -> Any:
        """Return a context; what it yields is called after each forward pass, for the term."""


@dataclass(frozen=True)
class SoftEntropy:
    """
    Push the entropy of layers up or down while a network is trained: for `infonb.fit`.

    Parameters
    ----------
    layers
        Names of modules whose outputs are measured, as `infonb.list_layers` shows them. Outputs
        (sample, neuron) are taken as they are, of images (sample, channel, row, column) the mean
        over space; of a module that is called several times all calls count.
    weight
        What is added to the loss is ``-weight`` times the mean entropy of all neurons, in nats:
        above 0 entropy is raised, below 0 lowered.
    bins, edges, softness
        As in `infonb.training.soft_entropy`; ``"common"`` is one range for all these layers.
    reduce
        A function of an output that returns (sample, neuron), for outputs of other forms.

    Notes
    -----
    It measures the samples of the batch, in training mode; take fewer bins than a batch has
    samples. Entropy is a *sign* of what was learnt: raising it does not by itself change that (the
    notebook ``entropy_regularizer`` asks how much it does), and a network that was trained on it
    cannot be judged by it any more.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022) leave it open whether measures of information help as a
    regularizer of training.

    Examples
    --------
    >>> import infonb as inb
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> points, model = concentric_circles(200), MLP([2, 16, 16, 1])
    >>> history = inb.fit(model, points, epochs=5, progress=False,
    ...     regularizer=SoftEntropy(["fc1", "fc2"], weight=0.1))

    In a training loop of one's own:

    >>> x, y = torch.tensor(points.input.values), torch.tensor(points.label.values)
    >>> with SoftEntropy(["fc1"], weight=0.1).attached(model) as term:
    ...     logits = model(x)
    ...     loss = nn.functional.binary_cross_entropy_with_logits(logits[:, 0], y.float()) + term()
    ...     loss.backward()
    """

    layers: Sequence[str]
    weight: float
    bins: int = 30
    edges: str | tuple[float, float] = "common"
    softness: float = 1.0
    reduce: Callable[[torch.Tensor], torch.Tensor] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.layers, str) or not self.layers:
            raise ValueError(f"layers must be a list of names of modules; not {self.layers!r}.")
        object.__setattr__(self, "layers", tuple(self.layers))
        check_number("weight", self.weight)
        check_soft_bins(self.bins, self.edges, self.softness)

    @contextmanager
    def attached(self, model: nn.Module) -> Iterator[Term]:
        """Yield a function that returns the term of the last forward pass; layers are hooked."""
        modules = dict(model.named_modules())
        for name in self.layers:
            if name not in modules:
                raise ValueError(
                    f"layer {name!r} not found: the model has the modules "
                    f"{', '.join(repr(name) for name in modules if name)}."
                    f"{did_you_mean(name, modules)}"
                )
        seen: list[tuple[str, torch.Tensor]] = []

        def keep(name: str) -> Callable[..., None]:
            def hook(module: nn.Module, args: Any, output: Any) -> None:
                # a copy: a ReLU that works in place changes the output afterwards
                seen.append((name, self._rows(name, output).clone()))

            return hook

        def term() -> torch.Tensor:
            missing = set(self.layers) - {name for name, _ in seen}
            if missing:
                raise ValueError(
                    f"layer {min(missing)!r} was not called in the forward pass: nothing to "
                    "measure. Call the model first, the term once after it."
                )
            rows = torch.cat([rows for _, rows in seen], dim=1)
            seen.clear()
            options = {"bins": self.bins, "edges": self.edges, "softness": self.softness}
            return -self.weight * soft_entropy(rows, **options).mean()  # type: ignore[arg-type]

        handles = [modules[name].register_forward_hook(keep(name)) for name in self.layers]
        try:
            yield term
        finally:
            for handle in handles:
                handle.remove()

    def _rows(self, name: str, output: Any) -> torch.Tensor:
        """Return what a layer put out as (sample, neuron)."""
        if self.reduce is not None:
            output = self.reduce(output)
        if not isinstance(output, torch.Tensor) or output.ndim not in (2, 4, 5):
            what = tuple(output.shape) if torch.is_tensor(output) else type(output).__name__
            raise ValueError(
                f"layer {name!r} puts out {what}, not (sample, neuron): pass reduce=, a function "
                "of it that returns that."
            )
        return output if output.ndim == 2 else output.flatten(2).mean(dim=2)


def check_regularizer(regularizer: Any) -> None:
    """Raise a TypeError unless this is None or a regularizer."""
    if regularizer is not None and not callable(getattr(regularizer, "attached", None)):
        raise TypeError(
            "regularizer must be a SoftEntropy(layers, weight), or an object with "
            f"attached(model); not {type(regularizer).__name__}."
        )
    if isinstance(regularizer, type):
        raise TypeError(f"regularizer must be an object, {regularizer.__name__}(...), not a class.")
