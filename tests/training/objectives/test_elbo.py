"""The evidence lower bound: by hand, below log p(x), and drawn pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import infonb as inb
from infonb.networks import MLPVAE
from infonb.training import NegativeELBO
from infonb.training.objectives.elbo import divergence


class Known(nn.Module):
    """A posterior that is known, and log p(x|z) = −Σ(x − z)²."""

    def encode(self, images):
        self.seen = images
        return torch.full((len(images), 2), 0.5), torch.full((len(images), 2), -100.0)

    def log_likelihood(self, images, latent):
        return -(images - latent).square().sum(dim=-1)


def test_by_hand():
    # the posterior is next to a point, so that nothing is left to chance
    images = torch.tensor([[0.5, 0.5], [1.5, 0.5]])
    kl = 2 * 0.5 * (0.25 + 0 - 1 + 100)
    found = float(NegativeELBO()(Known(), images))
    assert found == pytest.approx(kl + 0.5 * (0 + 1), rel=1e-6)


def test_divergence_of_normal_distributions():
    mean, log_variance = torch.tensor([[0.7, -1.2]]), torch.tensor([[0.3, -0.8]])
    expected = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (0.5 * log_variance).exp()),
        torch.distributions.Normal(0.0, 1.0),
    ).sum()
    assert float(divergence(mean, log_variance)) == pytest.approx(float(expected), rel=1e-6)


def test_the_bound_is_below_the_log_density():
    images = (np.random.default_rng(0).random((40, 16)) < 0.3).astype(np.float32)
    model = MLPVAE((16, 8), n_latent=2, seed=1)
    torch.manual_seed(0)
    with torch.no_grad():
        bounds = [float(NegativeELBO()(model, torch.from_numpy(images))) for _ in range(50)]
    assert -np.mean(bounds) < float(inb.memorization.log_density(model, images).mean())


def test_fresh_pixels_are_drawn_each_time_and_static_ones_are_not():
    model, images = Known(), torch.full((4000, 2), 0.25)
    torch.manual_seed(0)
    NegativeELBO("fresh")(model, images)
    first = model.seen
    assert set(first.unique().tolist()) == {0.0, 1.0}
    assert float(first.mean()) == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 8000))
    NegativeELBO("fresh")(model, images)
    assert not torch.equal(first, model.seen)
    NegativeELBO()(model, images)
    assert torch.equal(model.seen, images)


def test_errors():
    with pytest.raises(ValueError, match="one of 'static', 'fresh'; not 'new'"):
        NegativeELBO("new")
    with pytest.raises(ValueError, match="the model has no encode"):
        NegativeELBO()(nn.Identity(), torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"but they are 0 .. 16: divide"):
        NegativeELBO("fresh")(MLPVAE((2,)), torch.tensor([[0.0, 16.0]]))
    with pytest.raises(ValueError, match=r"but they are nan .. nan: divide"):
        NegativeELBO("fresh")(MLPVAE((2,)), torch.full((1, 2), torch.nan))
