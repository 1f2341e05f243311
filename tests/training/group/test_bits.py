"""A network gets the same weights bit for bit, whatever is trained beside it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from infonb.networks import MLP
from infonb.training import fit_group
from infonb.training.threads import torch_threads

pytestmark = pytest.mark.slow

#: Sizes, function, number of examples, batch size, other options: odd sizes leave rests in vectors.
CASES = {
    "digits": ([64, 64, 64, 10], nn.ReLU, 300, 128, {}),
    "one logit, odd": ([13, 7, 5, 1], nn.Tanh, 109, 16, {"penalty": 0.01}),
    "exact metrics": ([39, 27, 2, 10], nn.SiLU, 221, 128, {"monitor": "train_loss"}),
    "one batch": ([5, 29, 12, 1], nn.GELU, 62, 512, {"keep": "last"}),
    "double, no bias": ([78, 14, 3], nn.Sigmoid, 100, 7, {"patience": 1}),
    "narrow": ([1, 5, 2, 2], nn.Softplus, 191, 64, {"stop_at": 0.5}),
}


def network(case, seed):
    sizes, function, *_ = CASES[case]
    is_double = case.startswith("double")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for pair in pairwise(sizes):
            layers += [nn.Linear(*pair, bias=not is_double), function()]
    return nn.Sequential(*layers[:-1]).to(torch.float64 if is_double else torch.float32)


def examples(case, seed, more=0):
    sizes, _, n, *_ = CASES[case]
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n + more, sizes[0])).astype(np.float32)
    return inputs, rng.integers(0, max(sizes[-1], 2), size=n + more)


def trained(case, seeds, threads=1, **changes):
    """Return weights and history by seed; every second network has one example more."""
    models = [network(case, seed) for seed in seeds]
    trains = [examples(case, seed, more=seed % 2) for seed in seeds]
    others = [examples(case, seed + 1000) for seed in seeds]
    *_, batch_size, options = CASES[case]
    with torch_threads(threads):
        histories = fit_group(
            models, trains, others, seeds=seeds, batch_size=batch_size, epochs=4,
            learning_rate=0.01, progress=False, **options | changes,
        )  # fmt: skip
    return {
        seed: (model.state_dict(), history)
        for seed, model, history in zip(seeds, models, histories, strict=True)
    }


def assert_same(found, expected):
    for name, tensor in expected[0].items():
        assert torch.equal(found[0][name], tensor), name
    assert found[1].identical(expected[1])


@pytest.mark.parametrize("case", CASES)
def test_whatever_the_group(case):
    alone = trained(case, [0])[0]
    for seeds in ([1, 0], [3, 0, 5], [0, *range(8, 22)], [*range(40, 71), 0]):
        assert_same(trained(case, seeds)[0], alone)


@pytest.mark.parametrize("case", ["digits", "one logit, odd"])
def test_whatever_the_number_of_threads(case):
    one, two = (trained(case, [0, 1, 2], threads=n) for n in (1, 2))
    for seed in one:
        assert_same(two[seed], one[seed])


def test_more_networks_than_a_group_takes():
    seeds = list(range(0, 140, 2))
    many = trained("one batch", seeds)
    for seed in (0, 68, 138):
        assert_same(many[seed], trained("one batch", [seed])[seed])


def test_networks_that_stop_at_different_epochs():
    together = trained("narrow", list(range(12)))
    lengths = {history.sizes["epoch"] for _, history in together.values()}
    assert len(lengths) > 1  # else nothing is left by anybody
    for seed, found in together.items():
        assert_same(found, trained("narrow", [seed])[seed])


def test_the_mlp_as_a_chain_of_its_layers():
    inputs, labels = examples("digits", 0)
    images = inputs.reshape(-1, 8, 8)
    mlp = MLP([64, 16, 10], seed=3)
    chain = nn.Sequential(nn.Flatten(), mlp.fc1, nn.ReLU(), mlp.out)
    copy = MLP([64, 16, 10], seed=3)
    options = {"seeds": [0], "epochs": 2, "progress": False}
    fit_group([chain], [(images, labels)], **options)
    fit_group([copy], [(images, labels)], **options)
    assert all(
        torch.equal(*pair) for pair in zip(chain.parameters(), copy.parameters(), strict=True)
    )


@pytest.mark.parametrize("case", ["digits", "double, no bias"])
def test_whatever_is_trained_side_by_side(case):
    seeds = range(11)  # in parts of 11; 6 and 5; no more than two parts of four networks at least
    one, *others = (trained(case, seeds, threads=n) for n in (1, 2, 5))
    for other in others:
        for seed in seeds:
            assert_same(other[seed], one[seed])
