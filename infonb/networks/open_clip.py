"""A pretrained CLIP of the package open_clip, with the two towers of a DualEncoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

__all__ = ["OpenCLIP", "load_open_clip"]


def load_open_clip(name: str, pretrained: str | None = None) -> OpenCLIP:
    """
    Return a model of the package open_clip with the towers of a `DualEncoder`.

    Parameters
    ----------
    name
        Of the architecture, such as ``"ViT-B-32"`` (``open_clip.list_models()``).
    pretrained
        Tag of its weights, such as ``"yfcc15m"``, or a file; open_clip finds or downloads it. None:
        weights as they are drawn.

    Returns
    -------
    OpenCLIP
        In eval mode, on the CPU; ``preprocess`` makes an input of a picture, ``tokenize`` captions
        of texts.

    Raises
    ------
    ImportError
        Without the package.
    RuntimeError
        Of open_clip, for names that it does not know.

    Notes
    -----
    Déjà vu of such a model needs pairs that it was trained on, and either a second model or what
    public captions tell (`infonb.memorization.naive_bayes_objects`).

    Examples
    --------
    >>> model = load_open_clip("ViT-B-32", "yfcc15m")  # doctest: +SKIP
    >>> captions = model.tokenize(["a dog on a lawn"])  # doctest: +SKIP
    """
    try:
        import open_clip
    except ImportError as error:
        raise ImportError(
            "load_open_clip needs the package open_clip: pip install open_clip_torch"
        ) from error
    model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=pretrained)
    return OpenCLIP(model, preprocess, open_clip.get_tokenizer(name)).eval()


class OpenCLIP(nn.Module):
    """
    What open_clip makes, called as a `DualEncoder`.

    Dims in: images (sample, channel, row, column) and captions (sample, token); dims out: image and
    text embeddings (sample, feature) of length one, and the logarithm of the scale.

    Parameters
    ----------
    model
        With ``encode_image``, ``encode_text`` and ``logit_scale``.
    preprocess
        A picture → an input (channel, row, column).
    tokenizer
        Texts → tokens (sample, token).

    Examples
    --------
    >>> model = load_open_clip("ViT-B-32")  # doctest: +SKIP
    >>> [name for name, _ in model.named_children()]  # doctest: +SKIP
    ['model']
    """

    def __init__(self, model: Any, preprocess: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model = model
        self.preprocess, self.tokenizer = preprocess, tokenizer

    def forward(
        self, images: torch.Tensor, captions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return image embeddings, text embeddings (sample, feature), and the log of the scale."""
        return self.embed_images(images), self.embed_captions(captions), self.model.logit_scale

    def embed_images(self, images: torch.Tensor) -> torch.Tensor:
        """Return the embeddings (sample, feature) of images, of length one."""
        return nn.functional.normalize(self.model.encode_image(images), dim=1)

    def embed_captions(self, captions: torch.Tensor) -> torch.Tensor:
        """Return the embeddings (sample, feature) of captions, of length one."""
        return nn.functional.normalize(self.model.encode_text(captions), dim=1)

    def tokenize(self, texts: Sequence[str]) -> torch.Tensor:
        """Return captions (sample, token) of texts."""
        return self.tokenizer(list(texts))
