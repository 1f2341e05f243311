from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from infonb.networks import MLP
from infonb.training import ELRLoss, elr_gradient, elr_regularizer, fit

P = torch.tensor([[0.7, 0.2, 0.1]])
T = torch.tensor([[0.8, 0.1, 0.1]])


def batch(n: int = 6, n_classes: int = 4, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, n_classes, generator=generator)
    return logits, torch.randint(n_classes, (n,), generator=generator)


def test_regularizer_and_gradient_by_hand() -> None:
    assert elr_regularizer(P.log(), T).item() == pytest.approx(np.log(0.41), abs=1e-6)
    by_hand = torch.tensor([[-0.358537, 0.239024, 0.119512]])
    torch.testing.assert_close(elr_gradient(P, T), by_hand, atol=1e-6, rtol=0)
    half, first = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])
    assert elr_regularizer(half.log(), first).item() == pytest.approx(-np.log(2))
    torch.testing.assert_close(elr_gradient(half, first), torch.tensor([[-0.5, 0.5]]))


def test_gradient_is_that_of_autograd_and_adds_up_to_nothing() -> None:
    logits, _ = batch(50)
    target = 0.8 * batch(50, seed=1)[0].softmax(1)
    logits.requires_grad_()
    (slope,) = torch.autograd.grad(elr_regularizer(logits, target).sum(), logits)
    closed = elr_gradient(logits.detach().softmax(1), target)
    torch.testing.assert_close(slope, closed, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(closed.sum(1), torch.zeros(50), atol=1e-6, rtol=0)
    dominant = target.argmax(1)
    assert (closed[torch.arange(50), dominant] < 0).all()


def test_an_empty_table_does_nothing() -> None:
    logits, labels = batch()
    assert (elr_regularizer(logits, torch.zeros(6, 4)) == 0).all()
    assert (elr_gradient(logits.softmax(1), torch.zeros(6, 4)) == 0).all()
    # so the first batch is plain cross-entropy if the table hardly moves
    loss = ELRLoss(6, 4, lam=5.0, beta=1 - 1e-7)(logits, labels, torch.arange(6))
    assert loss.item() == pytest.approx(functional.cross_entropy(logits, labels).item(), abs=1e-5)


def test_certain_and_agreed_stays_finite() -> None:
    certain = torch.tensor([[200.0, 0.0, 0.0]])
    found = elr_regularizer(certain, torch.tensor([[1.0, 0.0, 0.0]]))
    assert found.item() == pytest.approx(np.log(1e-4), rel=1e-3)


def test_table_is_a_moving_average() -> None:
    loss = ELRLoss(1, 3, beta=0.7)
    found = []
    for _ in range(3):
        loss(P.log(), torch.tensor([0]), torch.tensor([0]))
        found.append(loss.target[0].clone())
    torch.testing.assert_close(found[0], torch.tensor([0.21, 0.06, 0.03]))
    torch.testing.assert_close(found[2], torch.tensor([0.4599, 0.1314, 0.0657]))
    assert found[2].sum().item() == pytest.approx(1 - 0.7**3)


@pytest.mark.parametrize("mode", ["elr", "kl", "ce"])
def test_without_weight_it_is_cross_entropy_bit_for_bit(mode: str) -> None:
    logits, labels = batch()
    index = torch.arange(6)
    plain = functional.cross_entropy(logits, labels)
    assert torch.equal(ELRLoss(6, 4, lam=0.0, mode=mode)(logits, labels, index), plain)
    if mode != "ce":
        assert not torch.equal(ELRLoss(6, 4, lam=1.0, mode=mode)(logits, labels, index), plain)


def test_modes_by_plain_loops() -> None:
    logits, labels = batch()
    for mode in ("elr", "kl"):
        found = ELRLoss(6, 4, lam=2.0, beta=0.6, mode=mode)(logits, labels, torch.arange(6))
        expected = 0.0
        for z, y in zip(logits.double().numpy(), labels.tolist(), strict=True):
            p = np.exp(z) / np.exp(z).sum()
            t = 0.4 * p
            term = np.log(1 - p @ t) if mode == "elr" else -t @ np.log(p)
            expected += (-np.log(p[y]) + 2.0 * term) / 6
        assert found.item() == pytest.approx(expected, abs=1e-6)


def test_rows_do_not_depend_on_the_order_in_a_batch() -> None:
    logits, labels = batch()
    first, second = ELRLoss(10, 4), ELRLoss(10, 4)
    index, order = torch.tensor([9, 3, 4, 0, 7, 1]), torch.tensor([5, 2, 0, 1, 4, 3])
    first(logits, labels, index)
    second(logits[order], labels[order], index[order])
    assert torch.equal(first.target, second.target)
    assert (first.target[[2, 5, 6, 8]] == 0).all()


def test_bad_input_is_one_clear_line() -> None:
    logits, labels = batch()
    index = torch.arange(6)
    with pytest.raises(ValueError, match="lam must be at least 0"):
        ELRLoss(6, 4, lam=-1.0)
    with pytest.raises(ValueError, match="beta must be at least 0 and below 1; not 1"):
        ELRLoss(6, 4, beta=1.0)
    with pytest.raises(ValueError, match="n_classes must be at least 2; not 1"):
        ELRLoss(6, 1)
    with pytest.raises(ValueError, match="'elr', 'kl', 'ce'; not 'mse'"):
        ELRLoss(6, 4, mode="mse")
    loss = ELRLoss(6, 4)
    with pytest.raises(ValueError, match=r"labels must be between 0 and 3, .*; not 4"):
        loss(logits, labels + 4 - labels.max(), index)
    with pytest.raises(ValueError, match=r"index must be between 0 and 5, .*; not 6"):
        loss(logits, labels, index + 1)
    with pytest.raises(ValueError, match="sample 2 is more than once in a batch"):
        loss(logits, labels, torch.tensor([0, 2, 1, 2, 3, 4]))
    for bad in (index[:1], index[:5], index.float(), index > 2, index.numpy()):
        with pytest.raises(ValueError, match="index must be a tensor of 6 whole numbers, one for"):
            loss(logits, labels, bad)
    for bad in (labels[:5], labels.float(), functional.one_hot(labels, 4)):
        with pytest.raises(ValueError, match="labels must be a tensor of 6 whole numbers, one"):
            loss(logits, bad, index)
    with pytest.raises(ValueError, match="the batch has no samples"):
        loss(logits[:0], labels[:0], index[:0])
    with pytest.raises(ValueError, match=r"shape \(6, 3\), but this loss was made for \(sample, 4"):
        loss(logits[:, :3], labels, index)
    assert (loss.target == 0).all()  # nothing was written
    assert loss(logits, labels.int(), index.short()) == ELRLoss(6, 4)(logits, labels, index)


# in fit

X = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0)


class Notes(nn.Module):
    """Cross-entropy that notes which samples it is told, and checks that they are these."""

    takes_index = True

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(50))

    def forward(
        self, logits: torch.Tensor, labels: torch.Tensor, index: torch.Tensor
    ) -> torch.Tensor:
        assert (labels == torch.from_numpy(Y)[index]).all()
        self.seen[index] += 1
        return functional.cross_entropy(logits, labels)


def trained(loss: object, data: object = (X, Y), epochs: int = 3, **options: object) -> MLP:
    model = MLP([5, 8, 3])
    fit(model, data, loss=loss, epochs=epochs, batch_size=16, progress=False, **options)
    return model


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_fit_tells_the_place_of_each_sample_and_changes_nothing_else() -> None:
    notes = Notes()
    assert same(trained(notes), trained("cross_entropy"))
    assert (notes.seen == 3).all()


def test_validation_leaves_the_table_alone() -> None:
    model, notes = MLP([5, 8, 3]), Notes()
    history = fit(
        model,
        (X, Y),
        (X[:20], Y[:20]),
        loss=notes,
        epochs=2,
        stop_at=1.0,
        keep="last",
        progress=False,
    )
    assert (notes.seen == 2).all()
    plain = functional.cross_entropy(model(torch.from_numpy(X[:20])), torch.from_numpy(Y[:20]))
    assert history.validation_loss[-1].item() == pytest.approx(plain.item(), abs=1e-6)


def test_loader_yields_the_places() -> None:
    parts = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y), torch.arange(50))
    notes = Notes()
    trained(notes, DataLoader(parts, batch_size=16, shuffle=True))
    assert (notes.seen == 3).all()
    two = DataLoader(TensorDataset(*parts.tensors[:2]), batch_size=16)
    with pytest.raises(ValueError, match="Notes needs the place of each sample"):
        trained(Notes(), two)
    floats = TensorDataset(*parts.tensors[:2], torch.arange(50.0))
    with pytest.raises(ValueError, match="third part of a batch is the place of each example"):
        trained(Notes(), DataLoader(floats, batch_size=16))


@pytest.mark.parametrize("n", [49, 500])
def test_a_table_of_other_samples_is_refused_before_anything_is_trained(n: int) -> None:
    model = MLP([5, 8, 3])
    before = {name: one.clone() for name, one in model.state_dict().items()}
    words = rf"ELRLoss.* was made for {n} samples, but train has 50: .* Make it with n=50\."
    with pytest.raises(ValueError, match=words):
        fit(model, (X, Y), loss=ELRLoss(n, 3), epochs=1, progress=False)
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())


def test_table_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    whole = ELRLoss(50, 3, lam=5.0)
    model = trained(whole, epochs=6)
    trained(ELRLoss(50, 3, lam=5.0), epochs=3, checkpoint=tmp_path)
    again = ELRLoss(50, 3, lam=5.0)  # as in another process
    assert same(trained(again, epochs=6, checkpoint=tmp_path), model)
    assert torch.equal(again.target, whole.target)
    with pytest.raises(ValueError, match=r"loss is .ELRLoss\(.*lam=3, .*lam=5"):
        trained(ELRLoss(50, 3, lam=3.0), epochs=6, checkpoint=tmp_path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_table_moves_to_the_device_of_the_network() -> None:
    loss, model = ELRLoss(50, 3), MLP([5, 8, 3]).to("cuda")
    fit(model, (X, Y), loss=loss, epochs=2, batch_size=16, progress=False)
    assert loss.target.is_cuda
    assert float(loss.target.sum(1).min()) > 0
