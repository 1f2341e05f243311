"""The rule of the verdict: how far, and in how many layers and rulers, measures must move."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from infonb.measures.rows.edges import RULERS
from infonb.validate import check_choice, check_number

__all__ = ["AGREEING", "LEAST_INFORMATION", "Rule"]

#: Nats to which the change of an MI near zero is related: of less, estimates hardly tell anything.
LEAST_INFORMATION = 0.01

#: Layers that clearly move one way for each that clearly moves the other; fewer contradict it.
AGREEING = 2


# The margins are those that the experiment `verdicts` (preset full) chose on networks of known kind
# on digits and Waterbirds: right most often, of those that say something of at most 5 % of the
# twins there. How often they are right on other data sets: README, notebooks/RESULTS.md.
@dataclass(frozen=True)
class Rule:
    """
    What the measures of two models must show for a verdict; see `infonb.selection.judge`.

    Parameters
    ----------
    information
        Least change of the median MI, mean over layers, as a share of the two models' mean (of at
        least 0.01 nat): from 0 to 2. Networks that differ by their seed alone differ, too, by up
        to about 0.4.
    entropy
        Least change of the median entropy, mean over layers, in nats.
    layers
        Least share of the layers in which a measure clearly moves that way: the intervals of its
        change lie on that side of zero (with seeds both do, bootstrap and Student's t); and in at
        least twice as many as clearly move the other way.
    rulers
        In which rulers of the entropy it must move as the kind of memorization says:
        ``"common"``, ``"shared"``, ``"neuron"``.
    alone
        Change of the MI, as a share like `information`, beyond which it is enough by itself,
        unless the entropy clearly moves the same way in every ruler. 2, the largest there is:
        never.

    Examples
    --------
    >>> strict = Rule(layers=1.0, rulers=("common", "neuron"))
    >>> strict.rulers
    ('common', 'neuron')
    """

    information: float = 0.2
    entropy: float = 0.3
    layers: float = 0.5
    rulers: tuple[str, ...] = ("common",)
    alone: float = 0.4

    def __post_init__(self) -> None:
        check_number("information", self.information, 0.0, 2.0)
        check_number("entropy", self.entropy, 0.0)
        check_number("layers", self.layers, 0.0, 1.0)
        check_number("alone", self.alone, 0.0, 2.0)
        if isinstance(self.rulers, str) or not len(self.rulers):
            raise ValueError(f"rulers must be some of {RULERS}, as in ('common',); not "
                             f"{self.rulers!r}.")  # fmt: skip
        for ruler in self.rulers:
            check_choice("rulers", ruler, RULERS)
        object.__setattr__(self, "rulers", tuple(self.rulers))

    def attrs(self) -> dict[str, Any]:
        """Return the rule as a result tells it."""
        return asdict(self) | {"rulers": list(self.rulers)}
