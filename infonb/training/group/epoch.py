"""One epoch of a group: the steps of all its networks, and the quantities of each at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from infonb.training.group.feed import Batch, Feed
from infonb.training.group.member import EVALUATED, Member
from infonb.training.group.stack import Stack

__all__ = ["Group"]

Found = tuple[list[torch.Tensor], list[torch.Tensor]]


class Group:
    """Networks that are at the same epoch, with their weights and their examples."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members, self._stack = list(members), Stack(members)
        size = members[0].settings["batch_size"]
        self._train = Feed(members, "train", size, self._stack.rows)
        self._evaluated = {
            name: Feed(members, name, max(size, EVALUATED), self._stack.rows)
            for name in members[0].parts if name != "train" or members[0].is_exact
        }  # fmt: skip

    def train_epoch(self) -> list[dict[str, float]]:
        """Train for one epoch and return the quantities of each network."""
        found = {"train": (self._train, self._steps())}
        for name, feed in self._evaluated.items():
            found[name] = feed, self._evaluate(feed)
        values: list[dict[str, float]] = [{} for _ in self.members]
        for name, (feed, (losses, hits)) in found.items():
            lists = feed.by_network(losses), feed.by_network(hits)
            for one, loss, hit in zip(values, *lists, strict=True):
                one[f"{name}_loss"] = float(np.sum(loss, dtype=np.float64)) / len(loss)
                one[f"{name}_accuracy"] = int(hit.sum()) / len(hit)
        return values

    def _steps(self) -> Found:
        losses, hits = [], []
        for batch in self._train.shuffled():
            loss, hit = self._losses(batch)
            self._stack.step(loss, batch.shares)
            losses.append(loss.detach())
            hits.append(hit)
        return losses, hits

    @torch.no_grad()
    def _evaluate(self, feed: Feed) -> Found:
        found = [self._losses(batch) for batch in feed.in_order()]
        return [loss for loss, _ in found], [hit for _, hit in found]

    def _losses(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return loss, and whether the answer is right, of each example: (network, place)."""
        logits = self._stack(batch.inputs)
        labels = batch.labels
        if logits.shape[2] == 1:
            single = logits.squeeze(2)
            loss = functional.binary_cross_entropy_with_logits(
                single, labels.to(single.dtype), reduction="none"
            )
            return loss, (single.detach() > 0) == (labels > 0)
        flat = logits.reshape(-1, logits.shape[2])
        loss = functional.cross_entropy(flat, labels.reshape(-1), reduction="none")
        return loss.view(labels.shape), logits.detach().argmax(2) == labels
