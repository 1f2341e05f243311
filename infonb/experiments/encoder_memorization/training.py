"""How the two encoders of a pair are made and trained: alike, but for some of their images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["PAIR", "encoder", "layers_of", "train_pair", "views_of"]

#: The encoders, and the roles of the images that each is trained on.
PAIR = {"target": "SC", "reference": "SI"}

#: So often the state of a training is written to disk.
_SAVES = 10


def views_of(dataset: str, strength: float) -> Callable[..., torch.Tensor]:
    """Return the augmentation of a data set: 1 is the strength that the images were meant for."""
    from infonb.data import DigitViews, ImageViews

    if dataset == "digits":
        spread = 0.3 * strength
        return DigitViews(
            shift=round(strength), scale=(1 - spread, 1 + spread), noise=0.2 * strength,
            dropout=0.3 * strength,
        )  # fmt: skip
    return ImageViews(
        crop=(1 - 0.8 * strength, 1.0), jitter=0.5 * strength, grey=min(0.2 * strength, 1.0)
    )


def encoder(
    network: str, shape: tuple[int, ...], *, width: int, depth: int, mixed: bool, seed: int
) -> nn.Module:
    """Return an untrained encoder of images (channel, row, column); images tell which kind."""
    from math import prod

    from infonb.networks import MaskedAutoencoder, MLPEncoder, ResNet9

    if network == "masked":
        return MaskedAutoencoder(
            in_channels=shape[0], size=shape[1], patch=2, width=width // 4, depth=depth, seed=seed
        )
    if min(shape[1:]) < 16:
        return MLPEncoder((prod(shape), *[width] * depth), seed=seed)
    return ResNet9(shape[0], seed=seed, width=width / 256, mixed=mixed)


def layers_of(model: nn.Module) -> dict[str, tuple[str, str]]:
    """
    Return label → the modules whose whole outputs, and whose units, are measured.

    A block of a transformer is a layer; its units are those between its two linear layers.
    """
    from infonb.networks import MaskedAutoencoder, ResNet9

    if isinstance(model, MaskedAutoencoder):
        blocks = [f"block{i}" for i in range(1, model.depth + 1)]
        return {f"layer{i}": (name, f"{name}.gelu") for i, name in enumerate(blocks, start=1)}
    names = [name for name, _ in model.named_children()]
    if isinstance(model, ResNet9):  # as they are run through
        names.sort(key=lambda name: (int(name[-1]) + 2.5 * name.startswith("res"), name))
    return {name: (name, name) for name in names}


def train_pair(
    network: str, data: Mapping[str, xr.Dataset], *, views: Callable[..., torch.Tensor],
    temperature: float, width: int, depth: int, precision: str, device: str, seed: int,
    checkpoint: Path | None, progress: bool | str, **options: Any,
) -> tuple[dict[str, nn.Module], xr.Dataset]:  # fmt: skip
    """Train both encoders from the same weights; return them, without heads, and a history."""
    from infonb.training.device import choose_device, is_mixed

    place = choose_device(device)
    mixed = is_mixed(precision, place)
    shape = data["S"]["input"].shape[1:]
    pair, histories = {}, {}
    for name, roles in PAIR.items():
        found = encoder(network, shape, width=width, depth=depth, mixed=mixed, seed=seed)
        pair[name] = found.to(place)
        if network == "untrained":
            continue
        folder = None if checkpoint is None else checkpoint / name
        histories[name] = _trained(
            network, pair[name], data, roles, views=views, temperature=temperature, seed=seed,
            checkpoint=folder, progress=progress, desc=f"{network} encoder on {roles}", **options,
        )  # fmt: skip
    return pair, _history(histories)


def _trained(
    network: str, encoder: nn.Module, data: Mapping[str, xr.Dataset], roles: str, *,
    views: Callable[..., torch.Tensor], temperature: float, seed: int, epochs: int,
    batch_size: int, learning_rate: float, weight_decay: float, **options: Any,
) -> xr.Dataset:  # fmt: skip
    """Train an encoder below its head, and return the history."""
    from infonb.data.tensor_batches import batch_sizes
    from infonb.experiments.encoder_memorization.data import joined
    from infonb.networks.state import device_and_dtype
    from infonb.training import Contrastive, MaskedReconstruction, SimSiam, fit
    from infonb.training.threads import torch_threads
    from infonb.training.warm_up import WarmAdamW

    n_classes = 1 + max(int(part["label"].max()) for part in data.values())
    objectives: dict[str, Callable[[], Any]] = {
        "contrastive": lambda: Contrastive(views, temperature),
        "simsiam": lambda: SimSiam(views),
        "masked": MaskedReconstruction,
        "supervised": lambda: Labelled(views),
    }
    examples = joined(data, roles)
    steps = epochs * len(batch_sizes(examples.sizes["sample"], batch_size))

    def optimizer(parameters: list[nn.Parameter]) -> WarmAdamW:
        return WarmAdamW(
            parameters, learning_rate=learning_rate, weight_decay=weight_decay, total_steps=steps
        )

    model = with_head(network, encoder, n_classes, seed).to(device_and_dtype(encoder)[0])
    with torch_threads(1):  # several only wait for each other
        return fit(
            model, examples, objective=objectives[network](), optimizer=optimizer, epochs=epochs,
            batch_size=batch_size, keep="last", save_every=max(1, epochs // _SAVES), seed=seed,
            **options,
        )  # fmt: skip


def with_head(network: str, encoder: nn.Module, n_classes: int, seed: int) -> nn.Module:
    """Return an encoder below the head that its objective wants."""
    from infonb.networks import Classified, Predicting, Projected

    width: Any = encoder.n_features
    if network == "contrastive":
        return Projected(encoder, (width, max(width // 2, 8), max(width // 4, 8)), seed=seed)
    if network == "simsiam":
        sizes = (width, max(width // 2, 8), max(width // 2, 8))
        return Predicting(encoder, sizes, hidden=max(width // 8, 4), seed=seed)
    return encoder if network == "masked" else Classified(encoder, n_classes, seed=seed)


@dataclass(frozen=True)
class Labelled:
    """The cross-entropy of the labels of views: supervised training on the same augmentation."""

    views: Callable[..., torch.Tensor]

    variables: ClassVar[tuple[str, ...]] = ("input", "label")

    def __call__(
        self, model: nn.Module, images: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """Return the mean loss of a batch, in nats."""
        from torch.nn import functional

        return functional.cross_entropy(model(self.views(images)), labels)


def _history(histories: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return the losses of both encoders (epoch); of untrained ones NaN, for one epoch."""
    if not histories:  # runs are stacked, and all of them have curves
        nothing = ("epoch", [float("nan")])
        return xr.Dataset({"train_loss": nothing, "reference_train_loss": nothing}, {"epoch": [1]})
    target = histories["target"]
    return target.assign(reference_train_loss=histories["reference"]["train_loss"])
