"""The loss of language models by hand, and a training that learns a rule."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from infonb.networks import language_model
from infonb.training import NextToken, fit


class Given(nn.Module):
    """Gives logits that it was made with."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, tokens):
        return self.logits


def test_each_token_is_told_from_the_logits_before_it():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 4, 5, generator=generator)
    tokens = torch.randint(5, (3, 4), generator=generator)
    losses = [
        -functional.log_softmax(logits[i, t - 1], 0)[tokens[i, t]]
        for i in range(3) for t in range(1, 4)
    ]  # fmt: skip
    found = NextToken()(Given(logits), tokens)
    assert float(found) == pytest.approx(float(torch.stack(losses).mean()), rel=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="two positions at least"):
        NextToken()(Given(torch.zeros(3, 1, 5)), torch.zeros(3, 1, dtype=torch.long))
    with pytest.raises(ValueError, match="must give logits"):
        NextToken()(Given(torch.zeros(3, 5)), torch.zeros(3, 4, dtype=torch.long))


@pytest.mark.parametrize(("least", "most"), [(0, 5), (-1, 4)])
def test_tokens_that_are_not_in_the_vocabulary(least, most):
    rows = torch.tensor([[least, 1, most]])
    knows = nn.Embedding(5, 5)
    with pytest.raises(ValueError, match=f"does not know all tokens from {least} to {most} "):
        NextToken()(knows, rows)
    if most == 5:  # which is the last, so that only its loss fails
        with pytest.raises(ValueError, match="from 0 to 5"):
            NextToken()(Given(torch.zeros(1, 3, 5)), rows)


def test_tokens_are_whole_numbers():
    with pytest.raises(ValueError, match=r"tokens must be whole numbers; not torch.float32"):
        NextToken()(nn.Embedding(5, 5), torch.zeros(2, 3))


def test_a_language_model_learns_a_rule():
    pytest.importorskip("transformers", reason="extra 'hub' not installed")
    rows = (np.arange(6) + np.arange(5)[:, None]) % 5
    model = language_model(vocabulary=5, hidden=16, layers=1, length=6)
    history = fit(model, rows, objective=NextToken(), epochs=60, learning_rate=0.02, progress=False)
    assert float(history.train_loss[0]) == pytest.approx(np.log(5), abs=0.1)
    assert float(history.train_loss[-1]) < 0.1
