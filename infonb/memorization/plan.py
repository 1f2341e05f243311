"""Which samples each training leaves out: repeats of folds, or random parts of the samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import xarray as xr

from infonb.validate import check_choice, check_integer, check_number

__all__ = ["NULL", "in_out_plan"]

#: The role of samples that no training sees, though the plan says when they would be seen.
NULL = "null"


def in_out_plan(
    samples: int | xr.Dataset | xr.DataArray,
    *,
    repeats: int | Sequence[int] = 10,
    folds: int | None = None,
    share: float | None = None,
    together: str | None = None,
    seed: int = 0,
) -> xr.DataArray:
    """
    Return which samples each training leaves out: dims (repeat, fold, sample), bool.

    Parameters
    ----------
    samples
        Their number, or anything with the dim ``sample``: its coordinates of the samples are kept,
        and so are variables named ``role`` or as `together` says. Samples whose ``role`` is
        ``"null"`` get a place in the plan, apart from the others, but are to be trained on by no
        one: their memorization is 0, so that what is found for them is chance. Who trains takes
        ``~held_out & (role != "null")``.
    repeats
        How often the samples are divided anew; or the numbers of the repeats that are wanted. A
        repeat is the same however many there are.
    folds
        Each repeat divides the samples in so many parts of equal size (the first ones have one more
        where it does not come out even), and each training leaves one out: every sample is left out
        once in a repeat. 5 if `share` is None, too.
    share
        Instead: each training sees this share of the samples, drawn at random. 0.5 makes two halves
        that complement each other; any other share one training a repeat.
    together
        A coordinate of the samples; those that are equal in it are seen or left out together, such
        as all copies of an example, or all texts of an author. None: each for itself.
    seed
        Of the divisions.

    Returns
    -------
    xarray.DataArray
        ``held_out``; attributes ``seed``, and ``folds`` or ``share``.

    Raises
    ------
    ValueError
        If there are fewer samples (or groups of them) than folds, fewer than two folds, or no
        sample that is seen or left out.

    References
    ----------
    van den Burg and Williams (2021), Algorithm 1 (folds); Feldman and Zhang (2020), section 2.3
    (random parts, of which they take 0.7).

    Examples
    --------
    >>> held_out = in_out_plan(11, repeats=2, folds=3)
    >>> held_out.sum("sample").values.tolist(), bool((held_out.sum("fold") == 1).all())
    ([[4, 4, 3], [4, 4, 3]], True)
    >>> in_out_plan(10, repeats=4, share=0.7).sum("sample").values.ravel().tolist()
    [3, 3, 3, 3]
    """
    known = _labelled(samples, together)
    check_integer("seed", seed, 0)
    numbers = _numbers(repeats)
    if folds is not None and share is not None:
        raise ValueError(f"give folds or share, not both ({folds!r} and {share!r}).")
    if share is None:
        folds = check_integer("folds", 5 if folds is None else folds, 2)
    elif check_number("share", share, 0, 1) == 0.5:
        folds = 2
    parts_of = [(at, _unit_of(known, at, together)) for at in _roles(known)]
    held_out = np.zeros((len(numbers), folds or 1, known.sizes["sample"]), bool)
    for row, repeat in enumerate(numbers):
        rng = np.random.default_rng([seed, repeat])
        for is_null, (at, unit) in enumerate(parts_of):  # null samples are divided apart
            n = int(unit.max()) + 1
            if not is_null:
                _check_enough(n, folds, share, together)
            parts = _folds(n, folds, rng) if folds else _share(n, float(share or 0), rng)
            held_out[row][:, at] = parts[:, unit]
    return xr.DataArray(
        held_out, known.coords | {"repeat": numbers, "fold": np.arange(folds or 1)},
        ("repeat", "fold", "sample"), "held_out",
        {"seed": seed, **({"folds": folds} if share is None else {"share": share})},
    )  # fmt: skip


def _numbers(repeats: int | Sequence[int]) -> list[int]:
    """Return the numbers of the repeats: so many from 0, or those that are given."""
    if not isinstance(repeats, Iterable) or isinstance(repeats, str):
        return list(range(check_integer("repeats", repeats, 1)))
    numbers = [check_integer("repeat", repeat, 0) for repeat in repeats]
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"repeats must be different numbers, at least one; not {numbers}.")
    return numbers


def _folds(n: int, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return which units are left out: (fold, unit); the first n mod folds have one more."""
    part = np.empty(n, int)
    part[rng.permutation(n)] = np.sort(np.arange(n) % folds)
    return part == np.arange(folds)[:, None]


def _share(n: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return which units are left out by one training that sees a share of them: (1, unit)."""
    return (rng.permutation(n) >= round(share * n))[None]


def _check_enough(n: int, folds: int | None, share: float | None, together: str | None) -> None:
    """Raise unless each training sees a sample and leaves one out."""
    what = f"groups of {together!r}" if together else "samples to train on"
    if folds is not None:
        if folds > n:
            raise ValueError(f"folds must be at most the number of {what}, {n}; not {folds}.")
    elif round(n * float(share or 0)) in (0, n):
        raise ValueError(
            f"share must leave some of {n} {what} in and some out; not {share!r}, which is "
            f"{round(n * float(share or 0))} of them."
        )


def _labelled(samples: int | xr.Dataset | xr.DataArray, together: str | None) -> xr.DataArray:
    """Return an array (sample) with all coordinates of the samples, and what the plan asks for."""
    if not isinstance(samples, xr.Dataset | xr.DataArray):
        n = check_integer("samples", samples, 1)
        return xr.DataArray(np.arange(n), {"sample": np.arange(n)}, ("sample",))
    if "sample" not in samples.dims:
        raise ValueError(f"dim 'sample' not found; samples has dims {tuple(samples.dims)}.")
    if isinstance(samples, xr.Dataset):
        asked = [name for name in ("role", together) if name in samples.data_vars]
        samples = samples.set_coords(asked)
    n = samples.sizes["sample"]
    coords = {name: c.variable for name, c in samples.coords.items() if c.dims == ("sample",)}
    if "sample" not in coords:
        coords["sample"] = xr.Variable("sample", np.arange(n))
    return xr.DataArray(np.arange(n), coords, ("sample",))


def _is_null(known: xr.DataArray) -> np.ndarray:
    """Return which samples no training sees."""
    if "role" not in known.coords:
        return np.zeros(known.sizes["sample"], bool)
    return known["role"].values == NULL


def _roles(known: xr.DataArray) -> Iterator[np.ndarray]:
    """Yield the places of the samples that are trained on, and of the null ones, if any."""
    null = _is_null(known)
    if null.all():
        raise ValueError("all samples have role 'null', so that there is nothing to train on.")
    yield np.flatnonzero(~null)
    if null.any():
        yield np.flatnonzero(null)


def _unit_of(known: xr.DataArray, at: np.ndarray, together: str | None) -> np.ndarray:
    """Return the number of the unit that each of these samples belongs to, from 0."""
    if together is None:
        return np.arange(at.size)
    check_choice("together", together, [str(name) for name in known.coords])
    return np.unique(known[together].values[at], return_inverse=True)[1].ravel()
