"""NT-Xent against a plain loop, by hand, and what it does to two views."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from infonb.training import Contrastive
from infonb.training.objectives.contrastive import nt_xent


def plain_loop(first, second, temperature):
    """The formula, one view after the other."""
    rows = np.concatenate([first, second])
    n, total = len(first), 0.0
    for i in range(2 * n):
        cosines = [rows[i] @ rows[k] / math.sqrt(rows[i] @ rows[i] * (rows[k] @ rows[k]))
                   for k in range(2 * n)]  # fmt: skip
        own = math.exp(cosines[(i + n) % (2 * n)] / temperature)
        total -= math.log(own / sum(math.exp(c / temperature)
                                    for k, c in enumerate(cosines) if k != i))  # fmt: skip
    return total / (2 * n)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
@pytest.mark.parametrize("n", [2, 7])
def test_equals_a_plain_loop(n, temperature):
    first, second = np.random.default_rng(n).normal(size=(2, n, 3))
    found = nt_xent(torch.tensor(first), torch.tensor(second), temperature)
    assert float(found) == pytest.approx(plain_loop(first, second, temperature), rel=1e-12)


def test_by_hand():
    # two images at right angles, views alike: each view has cosines 1, 0, 0 with the others
    views = torch.eye(2, dtype=torch.float64)
    expected = -math.log(math.e / (math.e + 2))
    assert float(nt_xent(views, 3 * views, 1.0)) == pytest.approx(expected, rel=1e-12)
    # all views alike: one of three others is right
    same = torch.ones(2, 5, dtype=torch.float64)
    assert float(nt_xent(same, same, 0.1)) == pytest.approx(math.log(3), rel=1e-12)


def test_two_views_go_through_the_network_in_one_batch():
    seen = []

    def views(images, generator=None):
        return images + torch.randn(images.shape, generator=generator)

    class Watched(nn.Module):
        def forward(self, images):
            seen.append(images)
            return images

    images = torch.arange(12.0).reshape(4, 3)
    torch.manual_seed(5)
    found = Contrastive(views, temperature=0.5)(Watched(), images)
    torch.manual_seed(5)
    first, second = views(images), views(images)
    assert torch.equal(seen[0], torch.cat([first, second]))
    assert torch.equal(found, nt_xent(first, second, 0.5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Contrastive(nn.Identity), TypeError, "not the class Identity"),
        (lambda: Contrastive(3), TypeError, "views must be a function .*not 3"),
        (lambda: Contrastive(abs, temperature=0), ValueError, "temperature must be above 0"),
        (lambda: Contrastive(abs, temperature=-1), ValueError, "temperature must be at least"),
        (
            lambda: Contrastive(abs)(nn.Identity(), torch.zeros(1, 3)), ValueError,
            "batch of 1 sample has nothing to be contrasted with",
        ),
        (
            lambda: Contrastive(abs)(nn.Identity(), torch.zeros(4, 3, 3)), ValueError,
            r"embeddings \(sample, feature\); not \(8, 3, 3\)",
        ),
        (
            lambda: Contrastive(abs)(lambda images: (images, images), torch.zeros(4, 3)),
            ValueError, "embeddings .* not tuple",
        ),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
