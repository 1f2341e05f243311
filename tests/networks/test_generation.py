"""Greedy continuation and probabilities of tokens, against a plain loop and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from infonb.networks import greedy_continuation, language_model, token_log_probabilities

pytest.importorskip("transformers", reason="extra 'hub' not installed")

V = 12


class Next(nn.Module):
    """Is sure that the next token is the last one and a step more."""

    def __init__(self, step: int = 1) -> None:
        super().__init__()
        self.step = step

    def forward(self, tokens):
        return 3.0 * nn.functional.one_hot((tokens + self.step) % V, V)


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return language_model(vocabulary=V, hidden=16, length=10, spread=0.5, seed=3)


@pytest.fixture(scope="module")
def tokens() -> xr.DataArray:
    values = np.random.default_rng(0).integers(V, size=(7, 10)).astype(np.uint16)
    return xr.DataArray(
        values, dims=("sample", "position"),
        coords={"n_copies": ("sample", np.arange(7)), "sample": np.arange(10, 17)},
    )  # fmt: skip


def plain(model, tokens, prompt, n):
    """Read all that was said anew for each token."""
    said = torch.from_numpy(tokens.values.astype(np.int64))[:, :prompt]
    with torch.no_grad():
        for _ in range(n):
            best = torch.stack([model(row[None]).logits[0, -1].argmax() for row in said])
            said = torch.cat([said, best[:, None]], dim=1)
    return said[:, prompt:].numpy()


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_is_that_of_reading_all_anew(model, tokens, batch_size):
    found = greedy_continuation(model, tokens, prompt=4, n=6, batch_size=batch_size)
    np.testing.assert_array_equal(found, plain(model, tokens, 4, 6))
    assert len(np.unique(found)) > 2  # not the same token again and again
    assert found.dims == ("sample", "position")
    assert found.position.values.tolist() == [4, 5, 6, 7, 8, 9]
    xr.testing.assert_equal(found.n_copies, tokens.n_copies)
    assert found.attrs == {
        "model": "GPTNeoXForCausalLM", "dtype": "float32", "n_samples": 7, "prompt": 4, "n": 6,
        "decoding": "greedy",
    }  # fmt: skip


def test_a_module_without_memory_reads_anew(model, tokens):
    class Bare(nn.Module):
        def forward(self, tokens):
            return model(tokens).logits

    expected = greedy_continuation(model, tokens, prompt=4, n=6)
    np.testing.assert_array_equal(greedy_continuation(Bare(), tokens, prompt=4, n=6), expected)


def test_a_token_that_ends_texts_does_not_stop(tokens):
    ending = language_model(vocabulary=V, hidden=16, length=10, seed=3)
    ending.generation_config.eos_token_id = list(range(V))
    assert greedy_continuation(ending, tokens, prompt=2, n=8).sizes["position"] == 8


def test_modes_are_given_back_and_dropout_is_off():
    class Dropping(Next):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.9)

        def forward(self, tokens):
            assert not self.training
            return self.drop(super().forward(tokens))

    model = Dropping().train()
    rows = (np.arange(8) + np.arange(5)[:, None]) % V
    found = greedy_continuation(model, rows, prompt=3, n=5)
    np.testing.assert_array_equal(found, rows[:, 3:])
    assert model.training
    assert model.drop.training


def test_stub_models_score_all_and_nothing():
    rows = (np.arange(8) + np.arange(5)[:, None]) % V
    assert (greedy_continuation(Next(), rows, prompt=4, n=4).values == rows[:, 4:]).all()
    assert not (greedy_continuation(Next(2), rows, prompt=4, n=4).values == rows[:, 4:]).any()
    sure = token_log_probabilities(Next(), rows)
    assert sure.right.all()
    expected = 3 - np.log(np.exp(3) + V - 1)
    np.testing.assert_allclose(sure.log_probability, expected, rtol=1e-7)
    wrong = token_log_probabilities(Next(2), rows)
    assert not wrong.right.any()
    np.testing.assert_allclose(wrong.log_probability, expected - 3, rtol=1e-7)


def test_probabilities_of_tokens_sum_to_one_and_are_those_of_a_plain_loop(model, tokens):
    found = token_log_probabilities(model, tokens, batch_size=3)
    assert found.position.values.tolist() == list(range(1, 10))
    rows = torch.from_numpy(tokens.values.astype(np.int64))
    for sample, position in ((0, 1), (6, 9), (3, 4)):
        with torch.no_grad():
            logits = model(rows[sample : sample + 1, :position]).logits[0, -1].double()
        truth = rows[sample, position]
        here = found.isel(sample=sample).sel(position=position)
        assert float(here.log_probability) == pytest.approx(
            float(logits.log_softmax(0)[truth]), rel=1e-5
        )
        assert bool(here.right) == bool(logits.argmax() == truth)
    every = tokens.isel(sample=[0] * V).copy()
    every = every.copy(data=np.concatenate([every.values[:, :-1], np.arange(V)[:, None]], axis=1))
    last = token_log_probabilities(model, every).log_probability.isel(position=-1)
    assert float(np.exp(last).sum()) == pytest.approx(1)


def test_greedy_is_right_where_the_true_prefix_is(model, tokens):
    """A continuation fails first where the model, given the true prefix, is first wrong."""
    own = tokens.copy(data=tokens.values.astype(np.int64))
    own[:3, 4:] = greedy_continuation(model, own, prompt=4, n=6)[:3]
    own[1, 7] = (own[1, 7] + 1) % V
    right = token_log_probabilities(model, own).right.sel(position=slice(4, None))
    assert right.values[0].all()
    assert right.values[2].all()
    assert right.values[1].tolist()[:4] == [True, True, True, False]


@pytest.mark.parametrize(
    ("values", "change", "words"),
    [
        (np.zeros((3, 9), int), {}, r"have 9 tokens, but prompt \+ n is 4 \+ 6 = 10"),
        (np.zeros((0, 10), int), {}, "0 samples"),
        (np.full((2, 10), V), {}, r"token 12 of sample 0, position 0, .* 0 to 11"),
        (np.full((2, 10), -1), {}, "token -1 of sample 0"),
        (np.zeros((2, 10)), {}, "must be whole numbers; not float64"),
        (np.zeros(10, int), {}, r"dims \(sample, position\); not shape"),
        (np.zeros((2, 20), int), {"n": 12}, "reads 10 positions at most; not 15"),
        (np.zeros((2, 10), int), {"n": 0}, "n must be at least 1; not 0"),
        (np.zeros((2, 10), int), {"batch_size": 0}, "batch_size must be at least 1"),
        (xr.DataArray(np.zeros((2, 10), int), dims=("sample", "token")), {}, "not .*'token'"),
    ],
)
def test_errors(model, values, change, words):
    with pytest.raises(ValueError, match=words):
        greedy_continuation(model, values, **{"prompt": 4, "n": 6} | change)


class Saying(nn.Module):
    """Says logits of a form that is given."""

    def __init__(self, say) -> None:
        super().__init__()
        self.say = say

    def forward(self, tokens):
        return self.say(tokens)


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (lambda tokens: torch.full((*tokens.shape, V), torch.nan), "logits are NaN"),
        (lambda tokens: torch.zeros(len(tokens), V), r"must give logits .*; not \(3, 12\)"),
        (lambda tokens: torch.zeros(*tokens.T.shape, V), r"must give logits .*; not"),
        (lambda tokens: nn.functional.embedding(tokens, torch.zeros(5, V)), "from 0 to 7"),
    ],
)
def test_logits_that_are_none(say, words):
    rows = np.arange(24).reshape(3, 8) % 12 % 8
    for call in (
        lambda: token_log_probabilities(Saying(say), rows),
        lambda: greedy_continuation(Saying(say), rows, prompt=4, n=4),
    ):
        with pytest.raises(ValueError, match=words):
            call()


def test_tokens_beyond_the_logits_of_a_module_without_a_config():
    few = Saying(lambda tokens: torch.zeros(*tokens.shape, 4))
    with pytest.raises(ValueError, match=r"token 7 of sample 0, position 2, .* 0 to 3"):
        token_log_probabilities(few, [[0, 1, 7]])


def test_errors_of_probabilities(model):
    with pytest.raises(ValueError, match="sequences have 1 token"):
        token_log_probabilities(model, [[1], [2]])
    with pytest.raises(ValueError, match="reads 10 positions at most; not 11"):
        token_log_probabilities(model, np.zeros((1, 12), int))
