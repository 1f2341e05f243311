"""Resampling: as many examples of each gender within every occupation; the six training sets."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.data.language.scrubbing import scrubbed
from infonb.data.language.tokens import check_told
from infonb.validate import check_choice, check_integer

__all__ = ["BALANCES", "TEXTS", "balanced", "training_set"]

TEXTS = ("raw", "scrubbed")
BALANCES = ("original", "subsampled", "oversampled")


def balanced(
    data: xr.Dataset, how: str, *, seed: int = 0, group: str = "gender", within: str = "label"
) -> xr.Dataset:
    """
    Return as many examples of each group within every class, by leaving out or repeating some.

    Parameters
    ----------
    data
        With `group` and `within` (sample).
    how
        ``"original"``: the data as they are. ``"subsampled"``: of every class as many examples of
        each group as its smallest group has, drawn without replacement. ``"oversampled"``: as many
        as its largest group has; the others have each example at least once, and the rest drawn
        from them anew.
    seed
        Seed of what is drawn, and of the order.
    group, within
        Names of what is balanced (gender), and of the classes (label, the occupation).

    Returns
    -------
    xarray.Dataset
        The drawn examples in random order, numbered anew; ``original_sample`` (sample) says which
        example each one was. Attribute ``balance``.

    Raises
    ------
    ValueError
        If a class lacks one of the groups: names it. If the data have no `group` or `within`.

    References
    ----------
    Orgad, Goldfarb-Tarrant and Belinkov (2022), section 3; Bansal, Pruthi and Belinkov (2022),
    section 4, Figure 4.

    Examples
    --------
    >>> data = xr.Dataset(
    ...     {"label": ("sample", [0, 0, 0, 0])},
    ...     {"gender": ("sample", np.array(["female", "female", "female", "male"], object))},
    ... )
    >>> [balanced(data, how).sizes["sample"] for how in BALANCES]
    [4, 2, 6]
    """
    check_choice("how", how, BALANCES)
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    if how == "original":
        taken = np.arange(data.sizes["sample"])
    else:
        parts = _parts(data, group, within)
        sizes = {label: [len(part) for part in groups] for label, groups in parts.items()}
        pick = min if how == "subsampled" else max
        taken = rng.permutation(
            np.concatenate(
                [
                    _drawn(part, pick(sizes[label]), rng)
                    for label, groups in parts.items()
                    for part in groups
                ]
            )
        )
    found = data.isel(sample=taken)
    numbers = data["sample"].values[taken] if "sample" in data.coords else taken
    return found.assign_coords(
        sample=np.arange(taken.size), original_sample=("sample", numbers)
    ).assign_attrs(balance=how)


def training_set(data: xr.Dataset, text: str, balance: str, *, seed: int = 0) -> xr.Dataset:
    """
    Return one of the paper's six training sets: {raw, scrubbed} × {original, sub-, oversampled}.

    Parameters
    ----------
    data
        Texts with ``gender`` (sample) and ``label`` (sample), the occupation.
    text
        ``"raw"`` or ``"scrubbed"``: without gendered words, see `scrubbed`.
    balance
        ``"original"``, ``"subsampled"`` or ``"oversampled"``: see `balanced`.
    seed
        Seed of the resampling. The same examples are drawn for both texts.

    Returns
    -------
    xarray.Dataset
        ``text``, ``label`` and the coordinates of the examples (sample), with
        ``original_sample``; attributes ``text_form`` and ``balance``.

    Raises
    ------
    ValueError
        For another name of a text or a balance, or where an occupation lacks a gender.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4, Figure 4.

    Examples
    --------
    >>> from infonb.data.language import generated_biographies
    >>> data = generated_biographies(200, seed=0)
    >>> balanced = training_set(data, "scrubbed", "subsampled")
    >>> balanced.sizes["sample"] < 200, " she " in " ".join(balanced.text.values)
    (True, False)
    """
    check_choice("text", text, TEXTS)
    check_choice("balance", balance, BALANCES)
    found = balanced(data, balance, seed=seed)
    return (found if text == "raw" else scrubbed(found)).assign_attrs(text_form=text)


def _parts(data: xr.Dataset, group: str, within: str) -> dict[object, list[np.ndarray]]:
    """Return class → which examples each of its groups has; raise if one has none."""
    check_told(data, group, within)
    groups, classes = (data[name].values for name in (group, within))
    names = sorted(set(groups.tolist()))
    if len(names) < 2:
        raise ValueError(
            f"all examples have {group} {names[0] if names else 'of no kind'!r}: there is nothing "
            "to balance. Take 'original', or data with both."
        )
    parts = {
        label: [np.flatnonzero((classes == label) & (groups == name)) for name in names]
        for label in sorted(set(classes.tolist()))
    }
    for label, found in parts.items():
        for name, part in zip(names, found, strict=True):
            if not part.size:
                raise ValueError(
                    f"{within} {_named(data, label)} has no example with {group} {name!r}, so that "
                    "it cannot be balanced. Leave this class out, or take more examples."
                )
    return parts


def _named(data: xr.Dataset, label: object) -> str:
    """Return a class with its name, where the data know it."""
    names = str(data.attrs.get("class_names", "")).split(", ")
    known = isinstance(label, int) and len(names) > label
    return f"{label} ({names[int(str(label))]})" if known else repr(label)


def _drawn(part: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n of these, each at most once more than any other but for what is drawn."""
    if n <= part.size:
        return rng.permutation(part)[:n]
    return np.concatenate([part, rng.choice(part, n - part.size)])
