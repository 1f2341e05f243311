"""Networks of gates as one would write them down: sixteen gates stacked, a loop for each tree."""

from __future__ import annotations

import torch

from infonb.networks import GATES


def sixteen(a, b):
    """Return all gates of two tensors: (..., 16), each by its own formula."""
    one, ab = torch.ones_like(a), a * b
    return torch.stack(
        [
            0 * one, ab, a - ab, a, b - ab, b, a + b - 2 * ab, a + b - ab,
            1 - (a + b - ab), 1 - (a + b - 2 * ab), 1 - b, 1 - b + ab,
            1 - a, 1 - a + ab, 1 - ab, one,
        ],
        dim=-1,
    )  # fmt: skip


def plain_gates(a, b, logits, soft):
    """Return mixtures of gates, (sample, gate), or of each the likeliest."""
    gates = sixteen(a, b)
    if soft:
        return (gates * torch.softmax(logits, dim=-1)).sum(dim=-1)
    chosen = logits.argmax(dim=-1).expand(gates.shape[:-1])
    return gates.gather(-1, chosen[..., None])[..., 0]


def plain_dense(layer, inputs):
    """Return what a LogicDense gives."""
    a, b = layer.connections
    return plain_gates(inputs[:, a], inputs[:, b], layer.logits, layer.training)


def plain_trees(layer, images):
    """Return what a LogicTreeConv2d gives: a loop over kernels, positions and gates."""
    p, size = layer.padding, layer.kernel_size
    padded = torch.nn.functional.pad(images, (p, p, p, p))
    height, width = (n - size + 1 for n in padded.shape[2:])
    out = images.new_empty(len(images), layer.out_channels, height, width)
    for kernel, leaves in enumerate(layer.connections.tolist()):
        for i in range(height):
            for j in range(width):
                values = [padded[:, c, i + row, j + column] for c, row, column in leaves]
                node = 0
                while len(values) > 1:
                    above = []
                    for a, b in zip(values[0::2], values[1::2], strict=True):
                        logits = layer.logits[kernel, node]
                        above.append(plain_gates(a, b, logits, layer.training))
                        node += 1
                    values = above
                out[:, kernel, i, j] = values[0]
    return out


def likeliest(layer, gates):
    """Make a layer's gates the named ones, by logits so large that softmax is exact."""
    numbers = torch.tensor([GATES["name"].values.tolist().index(name) for name in gates])
    shape = layer.logits.shape[:-1]
    with torch.no_grad():
        layer.logits.zero_()
        layer.logits.scatter_(-1, numbers.expand(shape)[..., None], 1000.0)
