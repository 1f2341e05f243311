"""Twins: an experiment of another kind, to show that the frame carries it.

It has a training loop of its own with its own checkpoint, two models, samples with the roles in,
out and null, a product of two dimensions, and neither networks nor entropy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from infonb.claims import Compare, Within
from infonb.experiments import Experiment
from infonb.parameters import parameter


@dataclass(frozen=True)
class Twins(Experiment):
    """Twins: two models that saw different examples know their own."""

    name, over = "twins", ("n_features", "noise")
    claim = "A model is surer of the labels that it saw, the more so the more features it has."
    rows = (
        Within("seen labels are {higher} in score", "score", 1, null="null"),
        Compare("the gap between seen and unseen {rises}", "gap", 1, each=None),
    )
    caption = "Random labels; scores in nats."

    n_features: list[int] = parameter([2, 60], "features of an example", affects="selection")
    noise: list[float] = parameter([0.0], "added to the features", affects="selection")
    seed: list[int] = parameter([0, 1, 2], "one pair of models for each seed", affects="selection")
    n_samples: int = parameter(100, "examples of each role", minimum=4)
    steps: int = parameter(60, "steps of the gradient", minimum=1)
    scale: float = parameter(1.0, "of the scores", minimum=0, affects="measures")

    def data(self, level: tuple[int, float], seed: int) -> dict[str, xr.Dataset]:
        n_features, noise = level
        rng = np.random.default_rng([seed, n_features])
        roles = {}
        for role in ("in", "out", "null"):
            inputs = rng.normal(size=(self.n_samples, n_features))
            inputs += noise * rng.normal(size=inputs.shape)
            labels = rng.choice([-1.0, 1.0], self.n_samples)
            roles[role] = xr.Dataset(
                {"input": (("sample", "feature"), inputs), "label": ("sample", labels)}
            )
        return roles

    def train(self, level, seed, data, checkpoint=None, progress=False):
        done, weights = 0, {role: np.zeros(level[0]) for role in ("in", "out")}
        state = Path(checkpoint, "twins.npz") if checkpoint else None
        if state and state.exists():  # an interrupted training goes on
            with np.load(state) as kept:
                done, weights = int(kept["done"]), {role: kept[role] for role in weights}
        for step in range(done, self.steps):
            for role, w in weights.items():
                x, y = data[role].input.values, data[role].label.values
                w += 0.5 * (x * (y / (1 + np.exp(y * (x @ w))))[:, None]).mean(axis=0)
            if state and (step % 10 == 9 or step == self.steps - 1):
                state.parent.mkdir(parents=True, exist_ok=True)
                partial = state.with_name("partial.npz")
                np.savez(partial, done=step + 1, **weights)
                partial.replace(state)
        return weights, None

    def measure(self, level, seed, model, data):
        scores = []
        for part in data.values():
            x, y = part.input.values, part.label.values
            first, second = (-np.logaddexp(0, -y * (x @ model[role])) for role in ("in", "out"))
            scores.append(self.scale * (first - second))
        score = np.concatenate(scores)
        role = np.repeat(np.array(list(data), dtype=object), self.n_samples)
        run = xr.Dataset({"score": ("sample", score, {"units": "nat"})},
                         {"role": ("sample", role), "sample": np.arange(score.size)})  # fmt: skip
        run["gap"] = run.score[role == "in"].mean() - run.score[role == "null"].mean()
        return run
