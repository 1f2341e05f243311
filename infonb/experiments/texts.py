"""What the experiments on texts share: parameters, the encoder, its training and its measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.experiments.experiment import Experiment, absolute
from infonb.experiments.measuring import information_of_first, shared_entropy
from infonb.experiments.parameters import (
    MAX_SEED,
    DeviceParameters,
    MeasureParameters,
    PresetParameters,
)
from infonb.experiments.runs import dims_of
from infonb.parameters import ParameterSet, parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PAPER_TEXTS", "TextParameters", "Texts"]

#: The settings of the paper that its experiments on reviews share (section 4b).
PAPER_TEXTS: dict[str, Any] = {
    "model": "distilbert-base-uncased", "max_length": 512, "n_validation": 2500,
    "seed": [0, 1, 2, 3, 4], "epochs": 20, "batch_size": 16, "learning_rate": 5e-5,
    "weight_decay": 0.01, "warmup_steps": 100, "patience": 3,
}  # fmt: skip

#: Epochs without improvement count only once the training loss is below this (section 4b).
PATIENCE_BELOW = 0.075

#: Texts that are recorded at once.
_AT_ONCE = 128


@dataclass(frozen=True)
class TextParameters(ParameterSet):
    """Parameters of data, encoder and training."""

    model: str = parameter(
        "tiny", "tiny: from scratch, offline; a name of the hub; or the folder of an encoder"
    )
    seed: list[int] = parameter(
        [0, 1, 2], "one network for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    n_train: int = parameter(600, "training texts; 0: all", minimum=0)
    n_validation: int = parameter(500, "validation texts; 0: all", minimum=0)
    max_length: int = parameter(48, "tokens of a text at most; the rest is cut off", minimum=3)
    n_words: int = parameter(2000, "words that a tiny encoder knows at most", minimum=5)
    width: int = parameter(48, "neurons of each block of a tiny encoder", minimum=4)
    depth: int = parameter(3, "blocks of a tiny encoder", minimum=1)
    epochs: int = parameter(10, "largest number of epochs", minimum=1)
    batch_size: int = parameter(32, "texts in a step", minimum=1)
    learning_rate: float = parameter(1e-3, "of AdamW", minimum=0)
    weight_decay: float = parameter(0.01, "of AdamW, for all weights but biases", minimum=0)
    warmup_steps: int = parameter(20, "steps until the learning rate is reached", minimum=0)
    patience: int = parameter(
        0, "stop after so many epochs without gain, once the loss is below 0.075; 0: never",
        minimum=0,
    )  # fmt: skip
    mi_neurons: int = parameter(
        64, "neurons of each block for MI: the first; 0: all", minimum=0, affects="measures"
    )


@dataclass(frozen=True)
class Texts(MeasureParameters, DeviceParameters, TextParameters, PresetParameters, Experiment):
    """
    Base of the experiments that train an encoder on texts, for several levels.

    A subclass writes `texts` (level, seed) → data sets of texts by role, ``train`` and
    ``evaluation`` among them, and its claims. Activations are the states of the first token after
    each block, of the evaluation texts.

    Networks are validated after each epoch, and `patience` counts epochs. The paper validates every
    100 steps: its early stop can come within an epoch, here only at the end of one.
    """

    PRESETS: ClassVar = {"paper": PAPER_TEXTS}

    @property
    def n_threads(self) -> int | None:
        """Threads of torch: in a tiny encoder several only wait for each other; None: as it is."""
        return 1 if self.model == "tiny" else None

    def texts(self, level: Any, seed: int) -> dict[str, xr.Dataset]:
        """Return data sets by role, each with ``text`` and ``label`` (sample)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method texts.")

    def prepare(self) -> None:
        """Find device, encoder and texts, and let a pretrained one read the longest of them."""
        self.check_device()
        if self.model != "tiny":
            from infonb.networks.pretrained import find_encoder

            find_encoder(self.model)  # first: texts may take longer
        level, seed = self.levels()[0], self.seeds[0]
        data = self.data(level, seed)
        self.check_measured(data["evaluation"].sizes["sample"], "evaluation texts")
        taken = {"layer", "neuron", "width", "activation", "seed", *dims_of(self.over)}
        if clash := sorted(taken & set(map(str, data["evaluation"].coords))):
            raise ValueError(
                f"the texts have a column {clash[0]!r}, a name that the results need for "
                "themselves; rename or remove it."
            )
        if self.model != "tiny":
            from infonb.training import predict

            ids = data["train"]["input"]
            longest = int((ids != data["train"].attrs["pad_id"]).sum("token").values.argmax())
            predict(self.network(level, seed, data), ids[[longest]])

    def data(self, level: Any, seed: int) -> dict[str, xr.Dataset]:
        """Return the texts as numbers of tokens, ``input`` (sample, token), without the texts."""
        parts = self.texts(level, seed)
        tokenizer, known = self.tokenizer(parts)
        return tokenized(parts, tokenizer, self.max_length, known)

    def tokenizer(self, parts: Mapping[str, xr.Dataset]) -> tuple[Any, str]:
        """Return the tokenizer, one of the training texts for a tiny encoder, and what it is of."""
        if self.model == "tiny":
            from infonb.data.language import word_tokenizer

            return word_tokenizer(parts["train"]["text"].values, size=self.n_words), "tiny"
        from infonb.networks.pretrained import find_encoder, load_tokenizer, weights_checksum

        folder = find_encoder(self.model)
        return load_tokenizer(folder), weights_checksum(folder)

    def network(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return an encoder with a head for the classes of the texts."""
        from infonb.networks.encoder import text_classifier

        about = data["train"].attrs
        return text_classifier(
            self.model, n_classes=about["n_classes"], n_tokens=about["n_tokens"],
            pad_id=about["pad_id"], seed=seed, max_length=self.max_length, **self.tiny(),
        )  # fmt: skip

    def tiny(self) -> dict[str, Any]:
        """Return what a tiny encoder is made of: its sizes, and perhaps its first weights."""
        return {"width": self.width, "depth": self.depth}

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what `infonb.fit` is told: the paper's AdamW, its warm-up and its early stop."""
        from infonb.training.warm_up import WarmAdamW

        def optimizer(parameters: list[nn.Parameter]) -> WarmAdamW:
            return WarmAdamW(
                parameters, learning_rate=self.learning_rate, weight_decay=self.weight_decay,
                warmup_steps=self.warmup_steps,
            )  # fmt: skip

        early = {"patience": self.patience, "patience_below": PATIENCE_BELOW}
        return {
            "optimizer": optimizer, "learning_rate": self.learning_rate, "epochs": self.epochs,
            "batch_size": self.batch_size, "keep": "last",
            "save_every": 10 if self.model == "tiny" else 1,
        } | (early if self.patience else {})  # fmt: skip

    def train(
        self, level: Any, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[nn.Module, xr.Dataset]:  # fmt: skip
        """Train one encoder by `infonb.fit`: those of transformers do not fit into a group."""
        from infonb.training import fit
        from infonb.training.device import choose_device
        from infonb.training.threads import torch_threads

        model = self.network(level, seed, data).to(choose_device(self.device))
        parts = {"train": data["train"], "validation": data["evaluation"]}
        options = parts | {"seed": seed} | self.fitting(level, seed, data)
        with torch_threads(self.n_threads):
            return model, fit(model, checkpoint=checkpoint, progress=progress, **options)

    def record(
        self, level: Any, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return the states of the first token after each block, dims (layer, neuron, sample)."""
        from infonb.activations import record
        from infonb.training.threads import torch_threads

        with torch_threads(self.n_threads):
            found = record(
                model, data["evaluation"], layers="blocks", reduce="first", batch_size=_AT_ONCE,
                progress=False,
            )  # fmt: skip
        names = [f"block{i}" for i in range(1, found.sizes["layer"] + 1)]
        return found.assign_coords(layer=("layer", np.array(names, dtype=object)))

    def measure(
        self, level: Any, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return the recording with ``entropy`` and ``mutual_information`` in nats.

        The entropy of all neurons; MI of the first `mi_neurons` of each block.
        """
        return information_of_first(
            self.record(level, seed, model, data), self.mi_neurons, bins=self.bins,
            edges=self.edges, k=self.k, mi_samples=self.mi_samples,
        )  # fmt: skip

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for, and the name of the encoder."""
        runs = shared_entropy(runs, bins=self.bins, edges=self.edges)
        return runs.assign_attrs(model=self.model)

    def sensitivity(self, runs: xr.Dataset, **choices: Any) -> xr.Dataset:
        """Return how the conclusion depends on the measures' choices; MI as it is measured here."""
        return super().sensitivity(runs, **{"standardize": True} | choices)

    @classmethod
    def anchored(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return parameters whose paths are seen from any folder, also that of an encoder."""
        found = super().anchored(values)
        model = found.get("model", "tiny")
        is_folder = model != "tiny" and Path(model).expanduser().is_dir()
        return found | ({"model": absolute(model)} if is_folder else {})


def tokenized(
    parts: Mapping[str, xr.Dataset], tokenizer: Any, max_length: int, encoder: str
) -> dict[str, xr.Dataset]:
    """
    Return data sets of texts as numbers of tokens, with the number of classes among their attrs.

    What encoder they are for stands in the training part: it counts in the key of a run.
    """
    from importlib.metadata import version

    from infonb.data.language import tokenize

    found = {role: tokenize(part, tokenizer, max_length=max_length) for role, part in parts.items()}
    n_classes = _count_classes(parts["train"])
    found = {role: part.assign_attrs(n_classes=n_classes) for role, part in found.items()}
    told = ", ".join(f"{name} {version(name)}" for name in ("transformers", "tokenizers"))
    found["train"] = found["train"].assign_coords(encoder=f"{encoder}, {told}")
    return found


def _count_classes(train: xr.Dataset) -> int:
    """Return how many classes the texts are of; raise if the training texts are all of one."""
    labels = np.unique(train["label"].values)
    if len(labels) < 2:
        raise ValueError(
            f"all {train.sizes['sample']} training texts have the label {labels[0]}: there is "
            "nothing to learn. Give texts of two classes at least."
        )
    return int(train.attrs.get("n_classes", int(labels.max()) + 1))
