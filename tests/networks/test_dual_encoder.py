"""Two towers: what they compute, by hand; masks, padding, what is refused; open_clip."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
import torch

from infonb.activations import record
from infonb.networks import DualEncoder, load_open_clip


@pytest.fixture
def model():
    return DualEncoder(n_tokens=10, cell=2, width=8, features=4, seed=1)


@pytest.fixture
def pairs():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(5, 6, 6, generator=generator)
    return images, torch.randint(10, (5, 3), generator=generator)


def test_parameters_and_seed(model):
    # 4→8, 8→8, 8→8, 8→4; 11 tokens of 8, 8→8, 8→4; the scale
    assert sum(p.numel() for p in model.parameters()) == 40 + 72 + 72 + 36 + 88 + 72 + 36 + 1
    before = torch.random.get_rng_state()
    other = DualEncoder(n_tokens=10, cell=2, width=8, features=4, seed=1)
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.equal(DualEncoder(10, 2, seed=2).image.cell1.weight,
                           DualEncoder(10, 2, seed=3).image.cell1.weight)  # fmt: skip


def test_towers_by_plain_loops(model, pairs):
    images, captions = pairs
    image, text, log_scale = model(images, captions)
    assert log_scale.exp().item() == pytest.approx(1 / 0.07)
    tower = model.image
    for z in range(5):
        cells = [images[z, r : r + 2, c : c + 2].reshape(-1) for r in (0, 2, 4) for c in (0, 2, 4)]
        mean = sum(tower.cell2(tower.cell1(cell).relu()) for cell in cells) / 9
        found = tower.out(tower.hidden(mean.relu()).relu())
        torch.testing.assert_close(image[z], found / found.norm())
        tokens = [model.text.embedding.weight[t] for t in captions[z]]
        mean = sum(tokens) / 3 * 3**0.5
        found = model.text.out(model.text.hidden(mean).relu())
        torch.testing.assert_close(text[z], found / found.norm())


def test_padding_and_order_do_not_matter(model):
    captions = torch.tensor([[1, 2, -1], [2, 1, -1], [2, -1, 1]])
    text = model.embed_captions(captions)
    short = model.embed_captions(torch.tensor([[1, 2]]))
    torch.testing.assert_close(text, short.expand(3, -1))
    empty = model.embed_captions(torch.tensor([[-1, -1, -1]]))
    assert torch.isfinite(empty).all()
    masked = model.embed_captions(torch.tensor([[1, model.mask_token]]))
    assert not torch.allclose(masked, short)


def test_scale_fixed_or_learnt(model, pairs):
    fixed = DualEncoder(10, 2, width=8, temperature=0.5, learned=False)
    assert fixed(*pairs)[2].exp().item() == pytest.approx(2)
    assert "log_scale" not in dict(fixed.named_parameters())
    assert "log_scale" in fixed.state_dict()
    assert "log_scale" in dict(model.named_parameters())


def test_convolutions(pairs):
    images, captions = pairs
    model = DualEncoder(10, 2, width=16, image="cnn", channels=3)
    coloured = images[:, None].expand(-1, 3, -1, -1)
    image, text, _ = model(coloured, captions)
    assert image.shape == text.shape == (5, 64)
    torch.testing.assert_close(image.norm(dim=1), torch.ones(5))


def test_both_towers_are_recorded(model, pairs):
    images, captions = pairs
    layers = ["image.pooled", "image.relu", "text.pooled", "text.relu"]
    acts = record(
        model, {"images": images, "captions": captions}, layers=layers, prediction=False,
        progress=False,
    )  # fmt: skip
    assert dict(acts.activation.sizes) == {"layer": 4, "neuron": 8, "sample": 5}
    pooled = model.image.cell2(
        model.image.cell1(images.unfold(1, 2, 2).unfold(2, 2, 2).reshape(5, 9, 4)).relu().mean(1)
    ).relu()
    np.testing.assert_allclose(
        acts.activation.sel(layer="image.pooled").T, pooled.detach(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("images", "captions", "words"),
    [
        (torch.zeros(2, 5, 6), torch.zeros(2, 3, dtype=int), "5 x 6 are not made of cells of 2"),
        (torch.zeros(2, 3, 6, 6), torch.zeros(2, 3, dtype=int), r"channel=1, row.*\(2, 3, 6, 6\)"),
        (torch.zeros(2, 6, 6), torch.zeros(2, 3), "captions must be whole numbers"),
        (
            torch.zeros(2, 6, 6),
            torch.full((2, 3), 11),
            r"tokens 11 … 11; there are 0 … 9, 10 \(the",
        ),
        (torch.zeros(2, 6, 6), torch.full((2, 3), -2), "tokens -2"),
    ],
)
def test_one_clear_line(model, images, captions, words):
    with pytest.raises(ValueError, match=words):
        model(images, captions)


class FakeClip(torch.nn.Module):
    """What open_clip makes: embeddings of any length, a scale."""

    def __init__(self):
        super().__init__()
        self.visual, self.embedding = torch.nn.Linear(12, 3), torch.nn.EmbeddingBag(50, 3)
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.0))

    def encode_image(self, image, normalize=False):
        return self.visual(image.flatten(1))

    def encode_text(self, text, normalize=False):
        return self.embedding(text)


def test_a_package_with_the_interface_of_open_clip(monkeypatch):
    made = []

    def create(name, pretrained=None):
        made.append((name, pretrained))
        return FakeClip().train(), None, "preprocess"

    fake = types.SimpleNamespace(
        create_model_and_transforms=create,
        get_tokenizer=lambda name: lambda texts: torch.tensor([[len(text)] * 4 for text in texts]),
    )
    monkeypatch.setitem(sys.modules, "open_clip", fake)
    model = load_open_clip("ViT-B-32", "yfcc15m")
    assert made == [("ViT-B-32", "yfcc15m")]
    assert not model.training
    assert model.preprocess == "preprocess"
    captions = model.tokenize(("a dog", "a cat!"))
    assert captions.tolist() == [[5] * 4, [6] * 4]
    image, text, log_scale = model(torch.rand(2, 3, 2, 2), captions)
    torch.testing.assert_close(image.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(text.norm(dim=1), torch.ones(2))
    assert log_scale.item() == 2.0


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(ImportError, match="pip install open_clip_torch"):
        load_open_clip("ViT-B-32")
