"""Epochs of trainings, counted one network at a time, whether it trains alone or in a group."""

from __future__ import annotations

from infonb.training import fitting
from infonb.training.group.member import Member


def count_epochs(patch, before=lambda n: None):
    """Return a list that gets an entry for each epoch; `before` is told how many there are."""
    counted: list[int] = []

    def counting(true):
        def counts(*args, **kwargs):
            before(len(counted))
            counted.append(1)
            return true(*args, **kwargs)

        return counts

    patch.setattr(fitting, "train_epoch", counting(fitting.train_epoch))
    patch.setattr(Member, "finish_epoch", counting(Member.finish_epoch))
    return counted
