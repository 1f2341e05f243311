"""AdamW with a warm-up: the rate of each step, decay of matrices alone, and its state."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from infonb.training.warm_up import WarmAdamW


def step(model, optimizer):
    optimizer.zero_grad()
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return [group["lr"] for group in optimizer.param_groups]


def test_the_rate_grows_linearly_and_then_stays():
    model = nn.Linear(2, 2)
    optimizer = WarmAdamW(model.parameters(), learning_rate=0.4, warmup_steps=4)
    rates = [step(model, optimizer)[0] for _ in range(6)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    without = WarmAdamW(model.parameters(), learning_rate=0.4)
    assert step(model, without)[0] == 0.4


def test_without_a_warm_up_it_is_adamw():
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    other = copy.deepcopy(model)
    ours = WarmAdamW(model.parameters(), learning_rate=0.1, weight_decay=0.5)
    groups = [
        {"params": [other.weight], "weight_decay": 0.5},
        {"params": [other.bias], "weight_decay": 0.0},
    ]
    theirs = torch.optim.AdamW(groups, lr=0.1)
    for _ in range(5):
        step(model, ours)
        step(other, theirs)
    torch.testing.assert_close(model.weight, other.weight)
    torch.testing.assert_close(model.bias, other.bias)


def test_its_state_tells_how_far_the_warm_up_is():
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    optimizer = WarmAdamW(model.parameters(), learning_rate=0.4, warmup_steps=4)
    step(model, optimizer)
    step(model, optimizer)
    other = copy.deepcopy(model)
    resumed = WarmAdamW(other.parameters(), learning_rate=0.4, warmup_steps=4)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for _ in range(3):
        assert step(model, optimizer) == step(other, resumed)
        assert torch.equal(model.weight, other.weight)


@pytest.mark.parametrize(
    "wrong", [{"weight_decay": -1}, {"warmup_steps": -1}, {"learning_rate": -1}]
)
def test_what_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be"):
        WarmAdamW(nn.Linear(2, 2).parameters(), **{"learning_rate": 0.1} | wrong)


def test_the_rate_falls_along_half_a_cosine_after_the_warm_up():
    model = nn.Linear(2, 2)
    optimizer = WarmAdamW(model.parameters(), learning_rate=0.4, warmup_steps=2, total_steps=6)
    rates = [step(model, optimizer)[0] for _ in range(8)]
    half = 0.5**0.5 / 2
    expected = [0.2, 0.4, 0.4, 0.4 * (0.5 + half), 0.2, 0.4 * (0.5 - half), 0.0, 0.0]
    assert rates == pytest.approx(expected, abs=1e-12)
    theirs = torch.optim.AdamW(model.parameters(), lr=0.4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, T_max=8)
    ours = WarmAdamW(model.parameters(), learning_rate=0.4, total_steps=8)
    for _ in range(8):
        expected = schedule.get_last_lr()
        theirs.step()
        schedule.step()
        assert step(model, ours)[0] == pytest.approx(expected[0], abs=1e-12)


def test_a_cosine_goes_on_where_it_was():
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    settings = {"learning_rate": 0.4, "warmup_steps": 1, "total_steps": 5}
    optimizer = WarmAdamW(model.parameters(), **settings)
    for _ in range(3):
        step(model, optimizer)
    other = copy.deepcopy(model)
    resumed = WarmAdamW(other.parameters(), **settings)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for _ in range(2):
        assert step(model, optimizer) == step(other, resumed)
    with pytest.raises(ValueError, match="total_steps must be at least 4"):
        WarmAdamW(model.parameters(), learning_rate=0.1, warmup_steps=3, total_steps=3)
