"""Architectures in small, with the modules and names that they have in well-known libraries."""

from __future__ import annotations

from itertools import pairwise

import torch
from activations.models import Calls, Output
from torch import nn
from torch.nn import functional

D = 8


class Attention(nn.Module):
    def __init__(self, d=D):
        super().__init__()
        self.query, self.key, self.value = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x, mask=None):
        scores = self.query(x) @ self.key(x).transpose(1, 2) / x.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(mask[:, None] == 0, -torch.inf)
        return scores.softmax(-1) @ self.value(x)


class BertLayer(nn.Module):
    """As in transformers 4: a tuple comes out."""

    def __init__(self):
        super().__init__()
        self.attention, self.intermediate = Attention(), nn.Linear(D, 2 * D)
        self.output, self.norm = nn.Linear(2 * D, D), nn.LayerNorm(D)

    def forward(self, hidden_states, attention_mask=None):
        x = hidden_states + self.attention(hidden_states, attention_mask)
        return (self.norm(x + self.output(functional.gelu(self.intermediate(x)))), None)


class Bert(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.embeddings, self.encoder = nn.Embedding(20, D), nn.Module()
        self.encoder.layer = nn.ModuleList([BertLayer() for _ in range(n)])
        self.classifier = nn.Linear(D, 2)

    def forward(self, input_ids, attention_mask=None):
        x = self.embeddings(input_ids)
        for layer in self.encoder.layer:
            x = layer(x, attention_mask=attention_mask)[0]
        return Output(logits=self.classifier(x[:, 0]))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        block = lambda: Calls(  # noqa: E731
            lambda self, x: self.out(self.up(x + self.attn(x))),
            attn=Attention(), up=nn.Linear(D, 2 * D), out=nn.Linear(2 * D, D),
        )  # fmt: skip
        h = nn.ModuleList([block() for _ in range(4)])
        self.transformer = nn.ModuleDict({"wte": nn.Embedding(20, D), "h": h})
        self.lm_head = nn.Linear(D, 20)

    def forward(self, ids):
        x = self.transformer["wte"](ids)
        for block in self.transformer["h"]:
            x = block(x)
        return self.lm_head(x)


class ViT(nn.Module):
    """Its blocks are in a Sequential, as in timm."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, D, 4, 4)
        layer = nn.TransformerEncoderLayer
        self.blocks = nn.Sequential(*(layer(D, 2, 16, batch_first=True) for _ in range(2)))
        self.head = nn.Linear(D, 2)

    def forward(self, x):
        return self.head(self.blocks(self.patch(x).flatten(2).transpose(1, 2)).mean(1))


class Residual(nn.Module):
    def __init__(self, n_in, n_out, conv=nn.Conv2d, stride=1):
        super().__init__()
        self.conv1 = conv(n_in, n_out, 3, stride, 1)
        self.conv2 = conv(n_out, n_out, 3, 1, 1)
        self.down = conv(n_in, n_out, 1, stride) if stride > 1 or n_in != n_out else None

    def forward(self, x):
        y = self.conv2(self.conv1(x).relu())
        return (y + (x if self.down is None else self.down(x))).relu()


class ResNet(nn.Module):
    """The names of torchvision."""

    def __init__(self, depths=(2, 3, 1, 1), conv=nn.Conv2d):
        super().__init__()
        self.conv1, n_in = conv(3, 4, 3, 1, 1), 4
        for i, n in enumerate(depths):
            parts = [Residual(n_in if j == 0 else 4 << i, 4 << i, conv) for j in range(n)]
            self.add_module(f"layer{i + 1}", nn.Sequential(*parts))
            n_in = 4 << i
        self.n_stages, self.fc = len(depths), nn.Linear(n_in, 2)

    def forward(self, x):
        x = self.conv1(x)
        for i in range(self.n_stages):
            x = self.get_submodule(f"layer{i + 1}")(x)
        return self.fc(x.flatten(2).mean(2))


class Permuted(nn.Module):
    """A block of a Swin transformer without its windows: (sample, row, column, feature)."""

    def __init__(self, d):
        super().__init__()
        self.norm, self.up, self.out = nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.Linear(2 * d, d)

    def forward(self, x):
        return x + self.out(functional.gelu(self.up(self.norm(x))))


def swin():
    merge = lambda d: Calls(lambda self, x: self.r(x[:, ::2, ::2]), r=nn.Linear(d, 2 * d))  # noqa: E731
    return nn.Sequential(
        Calls(lambda self, x: self.conv(x).permute(0, 2, 3, 1), conv=nn.Conv2d(3, 4, 2, 2)),
        nn.Sequential(Permuted(4), Permuted(4)),
        merge(4),
        nn.Sequential(Permuted(8), Permuted(8), Permuted(8)),
        Calls(lambda self, x: self.fc(x.mean((1, 2))), fc=nn.Linear(8, 2)),
    )


def vgg():
    """Two convolutions a stage, pooled by a function."""
    names = ["a1", "a2", "b1", "b2"]
    sizes = [(3, 4), (4, 4), (4, 6), (6, 6)]
    parts = {name: nn.Conv2d(*size, 3, padding=1) for name, size in zip(names, sizes, strict=True)}

    def forward(self, x):
        for name in names:
            x = self.get_submodule(name)(x).relu()
            x = functional.max_pool2d(x, 2) if name.endswith("2") else x
        return self.out(self.fc(x.flatten(1)).relu())

    return Calls(forward, **parts, fc=nn.Linear(24, 5), out=nn.Linear(5, 2))


def mlp(*sizes):
    parts = []
    for n_in, n_out in pairwise(sizes):
        parts += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def lstm():
    def forward(self, ids):
        return self.fc(self.second(self.first(self.embed(ids))[0])[0][:, -1])

    parts = {"embed": nn.Embedding(20, 6), "first": nn.LSTM(6, 5, batch_first=True)}
    return Calls(forward, **parts, second=nn.GRU(5, 4, batch_first=True), fc=nn.Linear(4, 2))


def seq2seq():
    """torch's own transformer, whose tokens come before the samples."""
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(D, 2, 16), 2, enable_nested_tensor=False
    )
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(D, 2, 16), 3)

    def forward(self, ids):
        x = self.embed(ids).transpose(0, 1)
        return self.out(self.decoder(x[:3], self.encoder(x))).transpose(0, 1)

    parts = {"encoder": encoder, "decoder": decoder}
    return Calls(forward, embed=nn.Embedding(20, D), **parts, out=nn.Linear(D, 20))


def pairs_in_lists():
    """Attention and feed-forward in a list of lists; the sums are no modules."""
    pair = lambda: nn.ModuleList([Attention(), mlp(D, 16, D)])  # noqa: E731

    def forward(self, x):
        for attention, feed in self.layers:
            x = x + attention(x)
            x = x + feed(x)
        return self.out(x.mean(1))

    return Calls(forward, layers=nn.ModuleList([pair() for _ in range(2)]), out=nn.Linear(D, 2))


def again():
    """One block, called three times."""
    block = Permuted(D)

    def forward(self, x):
        for _ in range(3):
            x = self.block(x)
        return self.out(x.mean(1))

    return Calls(forward, block=block, out=nn.Linear(D, 2))


def towers():
    """Two encoders that are alike, each with its blocks."""

    def encoder():
        layers = nn.Sequential(Permuted(D), Permuted(D))
        return Calls(lambda self, x: self.layers(x).mean(1), layers=layers)

    return Calls(
        lambda self, x: self.out(torch.cat([self.left(x), self.right(x)], -1)),
        left=encoder(), right=encoder(), out=nn.Linear(2 * D, 2),
    )  # fmt: skip


def parallel_heads():
    """Two heads that are alike, beside each other: no blocks."""
    head = lambda: Calls(lambda self, x: self.net(x), net=mlp(6, 5, 2))  # noqa: E731

    def forward(self, x):
        x = self.body(x)
        return sum(head(x) for head in self.heads)

    return Calls(forward, body=mlp(4, 7, 6), heads=nn.ModuleList([head(), head()]))


def mixer():
    def block():
        return nn.Sequential(Permuted(D), nn.LayerNorm(D), mlp(D, 16, D))

    return nn.Sequential(nn.Linear(5, D), block(), block(), block(), nn.Linear(D, 2))


def autoencoder():
    encoder, decoder = mlp(6, 5, 3), mlp(3, 5, 6)
    return Calls(lambda self, x: self.decoder(self.encoder(x)), encoder=encoder, decoder=decoder)
