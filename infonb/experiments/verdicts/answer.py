"""The answer: how often the verdict is right, beside other rules, and with less to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.verdicts.choosing import (
    FAMILIES,
    MOST_FALSE,
    USUAL,
    choose,
    said_of,
)
from infonb.experiments.verdicts.evidence import collect
from infonb.experiments.verdicts.rates import Rates, by_setting, rates_of
from infonb.selection.comparison.measuring import Settings
from infonb.selection.verdict.rule import Rule

__all__ = ["RIGHT", "TWINS_FALSE", "Answer", "alternatives", "by_samples", "curves"]

#: Of so many neurons of a layer MI is measured.
MOST_NEURONS = Settings().neurons

#: Names of the two rates in figures.
RIGHT, TWINS_FALSE = "right verdicts", "twins with a verdict"

#: Right in fewer pairs of a setting, or of two kinds, than this: there the rule cannot tell them.
_HARDLY = 0.5


@dataclass(frozen=True)
class Answer:
    """A rule of one form, chosen on some pairs, and what it says of others."""

    rule: Rule
    said: xr.DataArray

    @classmethod
    def of(cls, choosing: xr.Dataset, reporting: xr.Dataset, family: str) -> Answer | None:
        """Return the rule of a form that does best on one half; None if none is quiet enough."""
        rule = choose(choosing, FAMILIES[family])
        return None if rule is None else cls(rule, said_of(reporting, FAMILIES[family], rule))

    @property
    def rates(self) -> Rates:
        """How often it is right."""
        return rates_of(self.said)

    def words(self) -> str:
        """Return the answer in a few sentences of Markdown."""
        rates, table = self.rates, by_setting(self.said)
        kinds = [name for name in table if "→" in name and "early" not in name]
        # a setting may be poor on average, or a kind in all settings
        shares = [*table[kinds].mean(axis=1).items(), *table[kinds].mean(axis=0).items()]
        hardly = [f"{name} ({share:.0%})" for name, share in shares if share < _HARDLY]
        text = (
            f"**Of two networks of different kinds, {_percent(rates.right)} get the right verdict "
            f"(95 %: {_range(rates.right_interval)}) and "
            f"{_percent(rates.wrong)} the opposite one; of the rest nothing is said. Of twins, "
            f"which differ by their seed alone, {_percent(rates.false)} get a verdict "
            f"({_range(rates.false_interval)}).** "
            f"The rule was chosen on other data sets and other seeds than these "
            f"({len(table)} settings, {self.said.size} pairs)."
        )
        if rates.false > MOST_FALSE:
            text += f" **That is more than the {MOST_FALSE:.0%} which it was chosen for.**"
        if hardly:
            text += f" It is hardly ever right on: {', '.join(hardly)}."
        return text.replace("%)", " %)").replace("  %", " %")


def alternatives(choosing: xr.Dataset, reporting: xr.Dataset) -> pd.DataFrame:
    """
    Return one row for each form of rules: its best rule on one half, its rates on the other.

    With what it lost against the best of all in the share of right verdicts.
    """
    rows = {}
    for name in FAMILIES:
        answer = Answer.of(choosing, reporting, name)
        if answer is None:
            rows[name] = dict.fromkeys(("MI ≥", "entropy ≥", "layers ≥", *_COLUMNS), np.nan)
            continue
        rule, rates = answer.rule, answer.rates
        own = rates_of(said_of(choosing, FAMILIES[name], rule))
        rows[name] = {
            "MI ≥": rule.information, "entropy ≥": rule.entropy, "layers ≥": rule.layers,
            "right, where chosen": own.right, "right": rates.right, "opposite": rates.wrong,
            TWINS_FALSE: rates.false,
        }  # fmt: skip
    table = pd.DataFrame(rows).T
    table["lost"] = table["right"].max() - table["right"]
    return table


_COLUMNS = ("right, where chosen", "right", "opposite", TWINS_FALSE)


def curves(
    runs: xr.Dataset, pairs: xr.Dataset, rule: Rule, *, samples: Sequence[int] = (),
    neurons: Sequence[int] = (),
) -> dict[str, xr.DataArray]:  # fmt: skip
    """
    Return how often a rule is right with fewer samples, and with fewer neurons of each layer.

    Of the settings whose pairs (pair), measured on all, are given; their rates stand at the end.
    ``"samples"`` and ``"neurons"`` → dims (rate, number, value): the rate and its interval.
    Networks of different kinds are compared with those of the same seed only.
    """
    settings = list(dict.fromkeys(pairs.setting.values.tolist()))
    same = (pairs.reference_seed == pairs.other_seed) | (pairs.reference == pairs.other)
    all_there = pairs.isel(pair=np.flatnonzero(same.values))
    widest = int(runs.activation.sel(setting=settings).notnull().any("sample").sum("neuron").max())
    found = {}
    for what, fewer, most in (
        ("samples", samples, runs.sizes["sample"]), ("neurons", neurons, min(widest, MOST_NEURONS)),
    ):  # fmt: skip
        numbers = [number for number in fewer if number < most]
        measured = [collect(runs, settings, same_seed=True, **{what: number}) for number in numbers]
        rates = [rates_of(said_of(one, FAMILIES[USUAL], rule)) for one in (*measured, all_there)]
        numbers.append(most)
        values = [
            [(one.right, *one.right_interval) for one in rates],
            [(one.false, *one.false_interval) for one in rates],
        ]
        found[what] = xr.DataArray(
            values,
            {
                "rate": np.array([RIGHT, TWINS_FALSE], dtype=object),
                "number": numbers,
                "value": np.array(["rate", "low", "high"], dtype=object),
            },
            ("rate", "number", "value"),
        )
    return found


def by_samples(pairs: Mapping[str, xr.Dataset], rule: Rule) -> pd.DataFrame:
    """
    Return one row for each kind of unlabelled samples: what a rule says of the same networks.

    For each group of different kinds the share of right verdicts, and of opposite ones, means over
    settings; of twins those with a verdict. `pairs`: kind of samples → pairs measured on them.
    """
    rows = {}
    for says, of in pairs.items():
        said = said_of(of, FAMILIES[USUAL], rule)
        table = by_setting(said).mean()
        rows[says] = {
            "settings": len(set(of.setting.values.tolist())),
            **{name: table[name] for name in table.index if "early" not in name},
            "opposite": rates_of(said).wrong,
        }
    return pd.DataFrame(rows).T


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _range(ends: tuple[float, float]) -> str:
    return f"{100 * ends[0]:.0f} … {100 * ends[1]:.0f} %"
