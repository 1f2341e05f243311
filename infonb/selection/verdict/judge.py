"""The verdict on two models: first MI, which has no ruler, then the entropy in each."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.selection.verdict.rule import AGREEING, LEAST_INFORMATION, Rule
from infonb.selection.verdict.silent import silent
from infonb.selection.verdict.words import reasons

__all__ = [
    "CAVEATS",
    "DEPENDS",
    "EXAMPLES",
    "HEURISTIC",
    "INCONCLUSIVE",
    "VERDICTS",
    "decide",
    "evidence",
    "judge",
]

HEURISTIC, EXAMPLES = "towards a heuristic", "towards memorized examples"
INCONCLUSIVE, DEPENDS = "inconclusive", "depends on the ruler"

#: All verdicts; `decide` gives places in here.
VERDICTS = (INCONCLUSIVE, HEURISTIC, EXAMPLES, DEPENDS)

#: Verdict → what it cannot say: measured in the notebook relu_memorizers.
CAVEATS = {
    HEURISTIC: (
        "This is the reading of a trained network. One that was constructed to hold every example "
        "by heart has low entropy and high MI as well, since all its neurons are functions of one "
        "number; so the two cannot rule out that its labels were learnt by heart."
    ),
    EXAMPLES: (
        "This is the reading of a trained network beside another one. Beside a network that "
        "was constructed to hold every example by heart, whose neurons are all functions of one "
        "number and share much, one that has learnt to generalize is called this, too."
    ),
}


def judge(found: xr.Dataset, rule: Rule | None = None) -> xr.Dataset:
    """
    Return a comparison with the verdict of a rule; nothing is measured again.

    Parameters
    ----------
    found
        What `infonb.compare` returned, with a reference.
    rule
        None: the default.

    Returns
    -------
    xarray.Dataset
        With ``verdict`` and ``why`` (comparison), in words, and ``rulers_agree`` (comparison,
        edges): whether the entropy clearly moves against MI in that ruler, as a kind of
        memorization has it; ``caveat`` (comparison), what the verdict cannot say, or nothing. attrs
        ``rule``.

    Raises
    ------
    ValueError
        For a comparison without a reference.

    Notes
    -----
    Towards a heuristic: MI rises and entropy falls; towards memorized examples: MI falls and
    entropy rises (Bansal et al. 2022, section 3). MI decides first, since its sign depends least
    on how it is measured; that of the entropy does: only in common bins it moved as the paper says.
    If MI does not clearly move, the verdict is ``inconclusive``, whatever the entropy does.
    If it moves far (`alone` of the rule), that is the verdict, unless the entropy clearly moves the
    same way in every ruler, which neither kind of memorization does. If it moves less, it needs the
    entropy: clearly against MI in all `rulers` of the rule, and that is the verdict, too; in some
    rulers, but not in all of these: ``depends on the ruler``; in none: ``inconclusive``. What is
    "clear": see `Rule`. Layers in which at least half of the neurons are constant in one of the
    models are left out. How often the verdict is right: notebook ``verdicts``.

    Whatever is to show must be in the samples: where a shortcut's feature is missing from them, MI
    of a network that leans on it does not rise, and may fall.

    The paper's reading is that of *trained* networks. One that is constructed to memorize
    (`infonb.networks.relu_memorizer`) has low entropy and high MI, too, for all of its neurons are
    functions of one number: it is called ``towards a heuristic``, holds every example by heart, and
    guesses at new ones; beside it as the reference, a trained network that is right on most new
    ones is called ``towards memorized examples``. So ``caveat`` says what these two verdicts cannot
    say: see the notebook ``relu_memorizers`` and the lesson "Built to remember".

    Examples
    --------
    >>> import infonb as inb
    >>> rng = np.random.default_rng(0)
    >>> alike = rng.normal(size=(500, 1)) + 0.3 * rng.normal(size=(500, 20))
    >>> models = {"a": {"fc1": rng.normal(size=(500, 20))}, "b": {"fc1": np.round(alike, 3)}}
    >>> found = inb.compare(models, reference="a")
    >>> judge(found, Rule(entropy=3.0, alone=2.0)).verdict.values.tolist()
    ['inconclusive']
    """
    if "comparison" not in found.dims:
        raise ValueError(
            "there is nothing to judge: "
            + found.attrs.get("no_verdict", "this is no result of infonb.compare with a reference.")
        )
    rule = rule or Rule()
    shown = evidence(found)
    code, agree = decide(shown, rule)
    judged = found.assign(
        verdict=("comparison", np.array(VERDICTS, dtype=object)[code]),
        rulers_agree=(("comparison", "edges"), agree),
    )
    said = reasons(judged, shown, directions(shown, rule), rule)
    judged["why"] = "comparison", np.array(said, dtype=object)
    caveats = [CAVEATS.get(VERDICTS[place], "") for place in code]
    judged["caveat"] = "comparison", np.array(caveats, dtype=object)
    return judged.assign_attrs(rule=rule.attrs())


def evidence(found: xr.Dataset) -> xr.Dataset:
    """
    Return what a rule looks at: numbers of each comparison, which no rule changes.

    ``information_size``, ``_up``, ``_down`` (comparison), ``entropy_...`` (comparison, edges): mean
    change over layers (of MI as a share of the two medians' mean), and the share of the layers in
    which the intervals are above, or below, zero. ``layers``: how many could be compared; silent
    ones, half of whose neurons or more are constant, are left out.
    """
    quiet = silent(found)
    change = _heard(found["mutual_information_change"], quiet)
    ends = found["median_mutual_information"]
    ends = abs(ends.mean("seed") if "seed" in ends.dims else ends)
    other = (
        ends.sel(model=found["comparison"].values)
        .rename(model="comparison")
        .drop_vars("comparison")
    )
    reference = ends.sel(model=found.attrs["reference"], drop=True)
    middle = ((other + reference) / 2).clip(min=LEAST_INFORMATION)
    shown = xr.Dataset({"layers": change.notnull().sum("layer")})
    for name, size in (
        ("information", change / middle.values),
        ("entropy", _heard(found["entropy_change"], quiet)),
    ):
        full = "mutual_information" if name == "information" else name
        shown[f"{name}_size"] = size.mean("layer")
        known = size.notnull()
        for way, sign in (("up", 1), ("down", -1)):
            clear = _clear(found, full, sign) & known
            number = known.sum("layer")
            shown[f"{name}_{way}"] = clear.sum("layer") / number.where(number > 0)
    return shown


def decide(shown: xr.Dataset, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """Return for each comparison the place in `VERDICTS`, and whether each ruler agrees."""
    moved, against = directions(shown, rule)
    agree = (against == -moved[:, None]) & (moved != 0)[:, None]
    rulers = shown["edges"].values.tolist()
    deciding = agree[:, [rulers.index(ruler) for ruler in rule.rulers]].all(axis=1)
    against_all = ((against == moved[:, None]) & (moved != 0)[:, None]).all(axis=1)
    deciding |= (abs(shown["information_size"].values) > rule.alone) & ~against_all
    code = np.zeros(len(moved), int)  # inconclusive
    code[agree.any(axis=1)] = VERDICTS.index(DEPENDS)
    code[deciding & (moved > 0)] = VERDICTS.index(HEURISTIC)
    code[deciding & (moved < 0)] = VERDICTS.index(EXAMPLES)
    return code, agree


def directions(shown: xr.Dataset, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """Return 1, -1 or 0 (not clear): of MI (comparison,), of entropy (comparison, edges)."""
    moved = []
    for name, least in (("information", rule.information), ("entropy", rule.entropy)):
        size, up, down = (shown[f"{name}_{part}"].values for part in ("size", "up", "down"))
        rises = (size >= least) & (up >= rule.layers) & (up >= AGREEING * down) & (size > 0)
        falls = (size <= -least) & (down >= rule.layers) & (down >= AGREEING * up) & (size < 0)
        moved.append(rises.astype(int) - falls)
    return moved[0], moved[1]


def _heard(change: xr.DataArray, quiet: xr.DataArray | None) -> xr.DataArray:
    """Return a change without the layers that are silent."""
    return change if quiet is None else change.where(~quiet)


def _clear(found: xr.Dataset, measure: str, sign: int) -> xr.DataArray:
    """Return where all intervals of a change lie on one side of zero."""
    clear = None
    for kind in ("interval", "student"):
        if f"{measure}_{kind}" in found:
            ends = found[f"{measure}_{kind}"]
            one = (sign * ends > 0).all("bound")
            clear = one if clear is None else clear & one
    assert clear is not None
    return clear
