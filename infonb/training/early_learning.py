"""Early-learning regularization: a loss that holds a network to what it believed early on."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from infonb.validate import check_choice, check_integer, check_number

__all__ = ["ELRLoss", "elr_gradient", "elr_regularizer"]

#: Probabilities are held this far from 0 and 1, so that the logarithm stays finite.
EPS = 1e-4

#: Types of labels and places.
_WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def elr_regularizer(logits: torch.Tensor, target: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    r"""
    Return what early-learning regularization adds to the loss of each sample, before λ.

    Dims (sample, class) of both in; (sample) out, in nats, at most 0.

    Parameters
    ----------
    logits
        Outputs of the network.
    target
        What is believed of each sample: averages of earlier probabilities, a constant for the
        gradient. Its rows add up to 1 at most.
    eps
        Probabilities are clamped to [eps, 1 - eps] before the product; where that bites, the
        gradient is 0. Without it the term is minus infinity where both are the same one-hot row.

    Notes
    -----
    :math:`\log(1 - \langle p, t \rangle)` with :math:`p` = softmax of the logits: the least where
    the network says what the target says.

    References
    ----------
    Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents
    Memorization of Noisy Labels", NeurIPS 2020, equation 7.

    Examples
    --------
    >>> p, t = torch.tensor([[0.7, 0.2, 0.1]]), torch.tensor([[0.8, 0.1, 0.1]])
    >>> round(float(elr_regularizer(p.log(), t)), 6)
    -0.891598
    """
    return (1 - (_probabilities(logits, eps) * target).sum(1)).log()


def elr_gradient(p: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    r"""
    Return the gradient of `elr_regularizer` with respect to the logits, in closed form.

    Dims (sample, class) of both in, (sample, class) out; each row adds up to 0.

    Parameters
    ----------
    p
        Probabilities of the network.
    target
        As in `elr_regularizer`.

    Notes
    -----
    :math:`g_c = p_c (\langle p, t \rangle - t_c) / (1 - \langle p, t \rangle)`: below 0 for the
    class that the target prefers, so that a step raises its logit. Beside it stands
    :math:`p - y` of the cross-entropy, which a wrong label turns the other way.

    References
    ----------
    Liu et al. (2020), Lemma 2.

    Examples
    --------
    >>> elr_gradient(torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]]))
    tensor([[-0.5000,  0.5000]])
    """
    product = (p * target).sum(1, keepdim=True)
    return p * (product - target) / (1 - product)


class ELRLoss(nn.Module):
    """
    Cross-entropy with early-learning regularization, for `infonb.fit` and any other loop.

    It keeps a table of what the network has said of each training sample, a moving average of its
    probabilities, and holds the network to it. Labels are learnt first where they agree with their
    neighbours, so that the table is mostly right before wrong labels are learnt by heart.

    Parameters
    ----------
    n
        Number of training samples.
    n_classes
        Number of classes, at least 2.
    lam
        Weight λ ≥ 0 of the regularizer; 0 is the cross-entropy, bit for bit.
    beta
        Momentum 0 ≤ β < 1 of the table, which begins at 0: t ← β t + (1 − β) p.
    mode
        ``"elr"``; ``"kl"``, −λ Σ t log p instead, which is known not to help; ``"ce"``, the
        cross-entropy alone, which still keeps the table.
    eps
        As in `elr_regularizer`.

    Attributes
    ----------
    target : torch.Tensor
        The table, dims (sample, class): a buffer, so that it moves with ``to``, and is saved and
        resumed with the checkpoint of `infonb.fit`.

    Raises
    ------
    ValueError
        For λ below 0, β outside [0, 1), fewer than 2 classes; when it is called, for an empty
        batch, labels or places that are not one whole number a sample, labels that are no class,
        places outside the table, and a sample that is twice in a batch.

    Notes
    -----
    The table is updated before the loss of the batch is taken, as in Algorithm 1. What belongs to
    one training should not be used for another: the table would begin with what is in it. The
    published code keeps the table as a plain attribute, which is lost with a checkpoint and stays
    where it is when the loss moves to another device.

    References
    ----------
    Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents
    Memorization of Noisy Labels", NeurIPS 2020, Algorithm 1; ``"kl"``: appendix C.

    Examples
    --------
    >>> loss = ELRLoss(n=3, n_classes=2, lam=3.0)
    >>> logits, labels = torch.zeros(2, 2), torch.tensor([0, 1])
    >>> round(float(loss(logits, labels, torch.tensor([2, 0]))), 4)
    0.2056
    >>> loss.target
    tensor([[0.1500, 0.1500],
            [0.0000, 0.0000],
            [0.1500, 0.1500]])
    """

    #: Told to `infonb.fit`: called as (logits, labels, index).
    takes_index = True
    target: torch.Tensor

    def __init__(
        self, n: int, n_classes: int, lam: float = 3.0, beta: float = 0.7, mode: str = "elr",
        eps: float = EPS,
    ) -> None:  # fmt: skip
        super().__init__()
        self.lam, self.beta = check_number("lam", lam, 0.0), check_number("beta", beta, 0.0)
        if self.beta >= 1:
            raise ValueError(
                f"beta must be at least 0 and below 1; not {beta!r}: the table would stay 0."
            )
        check_choice("mode", mode, ["elr", "kl", "ce"])
        self.mode, self.eps = mode, check_number("eps", eps, 0.0, 0.5)
        shape = check_integer("n", n, 1), check_integer("n_classes", n_classes, 2)
        self.register_buffer("target", torch.zeros(shape))

    @property
    def n_samples(self) -> int:
        """Number of samples of the table, which `infonb.fit` compares with those it trains on."""
        return len(self.target)

    def forward(
        self, logits: torch.Tensor, labels: torch.Tensor, index: torch.Tensor
    ) -> torch.Tensor:
        """Update the table and return the mean loss of a batch; labels (sample) are classes."""
        labels, index = (
            _whole(name, values, len(logits))
            for name, values in (("labels", labels), ("index", index))
        )
        self._check(logits, labels, index)
        self.update(logits, index)
        loss = functional.cross_entropy(logits, labels)
        if self.lam == 0 or self.mode == "ce":
            return loss
        return loss + self.lam * self.regularizer(logits, self.target[index]).mean()

    @torch.no_grad()
    def update(self, logits: torch.Tensor, index: torch.Tensor) -> None:
        """Move the rows of a batch towards what the network says now."""
        p = _probabilities(logits, self.eps).to(self.target.dtype)
        p = p / p.sum(1, keepdim=True)
        self.target[index] = self.beta * self.target[index] + (1 - self.beta) * p

    def regularizer(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the term of each sample, before λ, of the mode."""
        if self.mode == "kl":
            return -(target * logits.log_softmax(1)).sum(1)
        return elr_regularizer(logits, target, self.eps)

    def _check(self, logits: torch.Tensor, labels: torch.Tensor, index: torch.Tensor) -> None:
        n, n_classes = self.target.shape
        if logits.ndim != 2 or logits.shape[1] != n_classes:
            raise ValueError(
                f"logits have shape {tuple(logits.shape)}, but this loss was made for (sample, "
                f"{n_classes}). Give it n_classes as the network has outputs."
            )
        if not len(logits):
            raise ValueError("the batch has no samples: it has no mean loss.")
        _check_within("labels", labels, n_classes, "classes")
        _check_within("index", index, n, "samples (n)")
        if len(index.unique()) < len(index):
            values, counts = index.unique(return_counts=True)
            raise ValueError(
                f"sample {int(values[counts > 1][0])} is more than once in a batch: only one of "
                "its rows would be kept. Draw batches without replacement."
            )

    def extra_repr(self) -> str:
        """Return the settings, by which a checkpoint knows its loss again."""
        n, n_classes = self.target.shape
        return (
            f"n={n}, n_classes={n_classes}, lam={self.lam:g}, beta={self.beta:g}, "
            f"mode={self.mode!r}, eps={self.eps:g}"
        )


def _probabilities(logits: torch.Tensor, eps: float) -> torch.Tensor:
    return logits.softmax(1).clamp(eps, 1 - eps)


def _whole(name: str, values: Any, n: int) -> torch.Tensor:
    """Return one whole number for each of n samples."""
    what = type(values).__name__
    if isinstance(values, torch.Tensor):
        what = f"{values.dtype} of shape {tuple(values.shape)}"
        if values.dtype in _WHOLE and values.shape == (n,):
            return values.long()
    raise ValueError(
        f"{name} must be a tensor of {n} whole numbers, one for each row of logits; not {what}."
    )


def _check_within(name: str, values: torch.Tensor, n: int, what: str) -> None:
    low, high = (int(end) for end in torch.aminmax(values))
    if low < 0 or high >= n:
        bad: Any = low if low < 0 else high
        raise ValueError(f"{name} must be between 0 and {n - 1}, of {n} {what}; not {bad}.")
