"""Encoders of texts with a head for classes: a tiny one, or a pretrained one of a model hub."""

from __future__ import annotations

from contextlib import nullcontext
from math import sqrt
from typing import Any

import torch
from torch import nn

from infonb.data.language.tokens import NEEDED
from infonb.networks.download import one_line
from infonb.networks.pretrained import find_encoder, load_encoder
from infonb.networks.state import random_state, seed_random_state
from infonb.validate import check_integer, check_number

__all__ = ["TextClassifier", "text_classifier"]

#: Texts that are looked at at once in eval mode: of texts alike in length little is padding.
_AT_ONCE = 128

#: Spread of the weights of BERT, at its width. Those of a tiny encoder are as many times wider as
#: makes sums over its width the same: from 0.02 it takes several times as long to learn anything,
#: and learns nothing by heart.
_SPREAD, _WIDTH = 0.02, 768

#: Where training is quicker in mixed precision.
_MIXED = ("cuda",)

#: What numbers of tokens may be: those that torch takes for places.
_WHOLE = (torch.int64, torch.int32)


class TextClassifier(nn.Module):
    """
    An encoder of texts, and a head that tells classes from the state of the first token.

    Dims in: (sample, token), numbers of tokens; dims out: (sample, class), logits.

    Parameters
    ----------
    encoder
        Of ``transformers``, without a head: called with ``input_ids`` and ``attention_mask``, it
        gives ``last_hidden_state`` (sample, token, neuron).
    n_classes
        Logits.
    pad_id
        The token that stands for padding, where no mask is given: whatever of it is before the
        first and behind the last other token of a text.
    dropout
        In the head, before each of its layers.
    seed
        Of the weights of the head; the global random state is not touched.

    Notes
    -----
    The head is that of DistilBERT: linear, ReLU, linear. Padding on either side changes nothing:
    real tokens are moved to the left, and a batch is cut to its longest text. In training on a GPU
    the encoder computes in mixed precision (bfloat16); in eval mode, as it is recorded, in that of
    its weights.

    Examples
    --------
    >>> model = text_classifier("tiny", n_classes=2, n_tokens=50)
    >>> texts = torch.tensor([[2, 10, 11, 12, 3], [2, 20, 3, 0, 0]])
    >>> model(texts).shape
    torch.Size([2, 2])
    >>> alone = model(texts[1:, :3])
    >>> bool(torch.allclose(model(texts)[1], alone, atol=1e-6))
    True
    """

    def __init__(
        self, encoder: nn.Module, n_classes: int, *, pad_id: int = 0, dropout: float = 0.0,
        seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder, self.pad_id = encoder, pad_id
        config: Any = encoder.config
        width = config.hidden_size
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        spread = getattr(config, "initializer_range", 0.02)
        self.pre_classifier = _linear(width, width, spread, generator)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        n_classes = check_integer("n_classes", n_classes, 1)
        self.classifier = _linear(width, n_classes, spread, generator)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the logits (sample, class) of texts (sample, token), padded on either side."""
        if input_ids.ndim != 2 or input_ids.dtype not in _WHOLE or not input_ids.numel():
            raise ValueError(
                "texts must be numbers of tokens (sample, token), such as infonb.data.tokenize "
                f"makes; not {input_ids.dtype} of shape {tuple(input_ids.shape)}."
            )
        if attention_mask is not None and attention_mask.shape != input_ids.shape:
            raise ValueError(
                "attention_mask must be of the shape of the texts, "
                f"{tuple(input_ids.shape)}; not {tuple(attention_mask.shape)}."
            )
        real = self.real_tokens(input_ids) if attention_mask is None else attention_mask.bool()
        if self._is_split(len(input_ids)):
            return self._in_parts(input_ids, real)
        return self._logits(*_packed(input_ids, real))

    def real_tokens(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return which tokens (sample, token) are no padding, told by the texts alone."""
        words = input_ids != self.pad_id
        before = words.cummax(1).values
        return before & words.flip(1).cummax(1).values.flip(1)

    def _check_known(self, input_ids: torch.Tensor) -> None:
        """Raise for a token that the encoder does not know; on a GPU it would end the process."""
        config: Any = self.encoder.config
        n_tokens = getattr(config, "vocab_size", None)
        if n_tokens is None:
            return
        least, most = (int(value) for value in input_ids.aminmax())
        if least < 0 or most >= n_tokens:
            raise ValueError(
                f"token {least if least < 0 else most} is not in the vocabulary of the encoder, 0 "
                f"to {n_tokens - 1}. Take the tokenizer that belongs to it."
            )

    def _is_split(self, n: int) -> bool:
        """Tell whether a batch is looked at in parts: never in training, nor if it is recorded."""
        if torch.is_grad_enabled() or self.training or n <= _AT_ONCE:
            return False
        return not any(
            module._forward_hooks or module._forward_pre_hooks for module in self.modules()
        )

    def _in_parts(self, input_ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return the logits of many texts, those alike in length together."""
        order = real.sum(1).argsort(stable=True)
        parts = [self._logits(*_packed(input_ids[i], real[i])) for i in order.split(_AT_ONCE)]
        return torch.cat(parts)[order.argsort()]

    def _logits(self, input_ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        self._check_known(input_ids)
        device = input_ids.device.type
        mixed = self.training and device in _MIXED
        with torch.autocast(device, torch.bfloat16) if mixed else nullcontext():
            try:
                states = self.encoder(input_ids=input_ids, attention_mask=real.long())
            except (IndexError, RuntimeError) as error:
                config: Any = self.encoder.config
                most = getattr(config, "max_position_embeddings", input_ids.shape[1])
                if input_ids.shape[1] <= most:
                    raise
                raise ValueError(
                    f"a text has {input_ids.shape[1]} tokens, and the encoder reads {most} at "
                    "most. Cut texts by max_length."
                ) from error
            first = states.last_hidden_state[:, 0]
            hidden = self.relu(self.pre_classifier(self.dropout(first)))
            return self.classifier(self.dropout(hidden)).float()


def text_classifier(
    model: str = "tiny", *, n_classes: int, n_tokens: int = 2000, pad_id: int | None = None,
    seed: int = 0, width: int = 48, depth: int = 3, max_length: int = 128,
    spread: float | None = None,
) -> TextClassifier:  # fmt: skip
    """
    Return an encoder of texts with a head for classes.

    Parameters
    ----------
    model
        ``"tiny"``: one of DistilBERT's kind with random weights, to be trained from scratch in
        seconds. Or a pretrained one: a name of the Hugging Face hub (``"distilbert-base-uncased"``,
        ``"roberta-base"``), or a folder with ``config.json`` and weights as safetensors. Names are
        looked for on this machine first. No code that comes with a model is run.
    n_classes
        Logits.
    n_tokens, width, depth, max_length
        Of ``"tiny"`` alone: size of the vocabulary, neurons of a block, blocks, tokens of a text at
        most.
    spread
        Of ``"tiny"`` alone: standard deviation of the first weights; None: BERT's 0.02, as many
        times wider as makes sums over the width the same. ``width ** -0.5`` lets signals keep their
        size from block to block, so that states hold more of a text than the task needs.
    pad_id
        The token for padding; None: what the model's configuration says.
    seed
        Of the weights that are drawn: all of ``"tiny"``, else those of the head.

    Returns
    -------
    TextClassifier
        On the CPU. Its blocks are the layers of ``infonb.record(model, ..., layers="blocks",
        reduce="first")``.

    Raises
    ------
    ImportError
        Without ``transformers`` (extra ``hub``).
    FileNotFoundError
        If there is no copy of a model here, and no connection.
    ValueError
        If the folder has no weights, or only as pickle, or they do not belong to its
        ``config.json``; if the model is no encoder: it must read a text as a whole.

    Examples
    --------
    >>> model = text_classifier("tiny", n_classes=2, n_tokens=50, width=16, depth=2)
    >>> type(model.encoder).__name__
    'DistilBertModel'
    >>> model(torch.tensor([[2, 10, 11, 3]])).shape
    torch.Size([1, 2])
    """
    check_integer("seed", seed, 0)
    if model == "tiny":
        encoder = _tiny(
            n_tokens, width, depth, max_length, seed, pad_id or 0,
            _SPREAD * sqrt(_WIDTH / width) if spread is None else spread,
        )  # fmt: skip
    else:
        encoder = load_encoder(find_encoder(model), seed)
        _check_encoder(encoder, model)
    config: Any = encoder.config
    pad = config.pad_token_id if pad_id is None else pad_id
    dropout = next(
        (value for name in ("seq_classif_dropout", "classifier_dropout", "hidden_dropout_prob")
         if (value := getattr(config, name, None)) is not None), 0.0,
    )  # fmt: skip
    return TextClassifier(encoder, n_classes, pad_id=pad or 0, dropout=dropout, seed=seed)


def _tiny(
    n_tokens: int, width: int, depth: int, max_length: int, seed: int, pad_id: int, spread: float
) -> nn.Module:
    """Return a small DistilBERT, without dropout: it would take a third of the time."""
    try:
        from transformers import DistilBertConfig, DistilBertModel
    except ImportError as error:
        raise ImportError(NEEDED) from error
    config = DistilBertConfig(
        vocab_size=check_integer("n_tokens", n_tokens, 1),
        dim=check_integer("width", width, 2),
        n_layers=check_integer("depth", depth, 1),
        n_heads=next(heads for heads in (4, 3, 2, 1) if width % heads == 0),
        hidden_dim=2 * width,
        max_position_embeddings=check_integer("max_length", max_length, 1),
        pad_token_id=check_integer("pad_id", pad_id, 0, n_tokens - 1),
        initializer_range=check_number("spread", spread, 0.0),
        dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0,
    )  # fmt: skip
    cpu = torch.device("cpu")
    with random_state(cpu):
        seed_random_state(cpu, seed)
        return DistilBertModel(config)


def _check_encoder(encoder: Any, model: str) -> None:
    """Raise unless the first token of a text sees all others."""
    if getattr(encoder.config, "is_encoder_decoder", False):
        raise ValueError(
            f"model {model!r} ({type(encoder).__name__}) has an encoder and a decoder; take an "
            "encoder, such as 'distilbert-base-uncased'."
        )
    encoder.eval()
    texts = torch.tensor([[5, 6, 7], [5, 8, 9]]) % getattr(encoder.config, "vocab_size", 10)
    try:
        with torch.no_grad():
            first = encoder(input_ids=texts, attention_mask=torch.ones_like(texts))
    except Exception as error:  # of its own code, which may want pictures or sounds
        raise ValueError(
            f"model {model!r} ({type(encoder).__name__}) does not read texts alone "
            f"({one_line(error)}). Take an encoder, such as 'distilbert-base-uncased'."
        ) from error
    states = getattr(first, "last_hidden_state", None)
    if states is None:
        raise ValueError(f"model {model!r} ({type(encoder).__name__}) gives no last_hidden_state.")
    if torch.allclose(states[0, 0], states[1, 0]):
        raise ValueError(
            f"model {model!r} ({type(encoder).__name__}) reads from left to right: its first token "
            "knows no other. Take an encoder, such as 'distilbert-base-uncased'."
        )
    for name, parameter in encoder.named_parameters():
        if "pooler" in name:  # not used here, and therefore not trained
            parameter.requires_grad = False


def _packed(input_ids: torch.Tensor, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return texts with their real tokens on the left, cut to the longest of them."""
    if not bool((real[:, 1:] <= real[:, :-1]).all()):
        order = (~real).int().argsort(dim=1, stable=True)
        input_ids, real = input_ids.gather(1, order), real.gather(1, order)
    if not bool(real[:, 0].all()):
        number = int(real[:, 0].int().argmin())
        raise ValueError(f"text {number} of a batch has no real token.")
    longest = int(real.any(0).sum())
    return input_ids[:, :longest], real[:, :longest]


def _linear(n_in: int, n_out: int, spread: float, generator: torch.Generator) -> nn.Linear:
    """Return a layer that is drawn as those of the encoder are."""
    # skip_init: the ordinary constructor draws from the global random state
    linear = nn.utils.skip_init(nn.Linear, n_in, n_out)
    nn.init.normal_(linear.weight, std=spread, generator=generator)
    nn.init.zeros_(linear.bias)
    return linear
