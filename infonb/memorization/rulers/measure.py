"""Read all rulers that a network, its data and its training allow, and say what others need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.rulers.given import Given, Settings
from infonb.memorization.rulers.registry import RULERS
from infonb.memorization.rulers.ruler import NEEDS, Reading, Ruler
from infonb.memorization.rulers.taking import take, take_untrained
from infonb.validate import check_integer, check_level, check_number, did_you_mean

__all__ = ["measure"]

_UNREAD = "could not be read: "


def measure(
    model_or_acts: Any,
    data: Any = None,
    which: Sequence[str] | str | None = None,
    *,
    is_in: Any = None,
    dynamics: xr.Dataset | None = None,
    trainings: Any = None,
    untrained: Any = None,
    layers: Any = None,
    label: Any = "label",
    bins: int = 100,
    neurons: int = 256,
    max_samples: int = 1000,
    early: float = 0.25,
    level: float = 0.95,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return all readings of memorization that a network and its data allow, and what others need.

    Dims of samples (\*batch, [layer,] sample), of units (\*batch, layer, neuron), of networks
    (\*batch, [layer]) out.

    Parameters
    ----------
    model_or_acts
        A torch network; or its activations on the samples: a recording of `infonb.record` (also of
        views), its path, or layer → array (sample, neuron).
    data
        The samples: a Dataset with ``input`` and ``label`` (sample), or a tuple (x, y). Beside
        activations, labels (sample) alone will do, and none are needed for much. Best those that
        were trained on.
    which
        Names of rulers, as of `rulers`. None: all that can be read with one pass over the data.
    is_in
        Whether each sample was trained on, bool (sample), or the name of such a coordinate; None:
        the coordinate ``is_in`` if there is one.
    dynamics
        The results of an `infonb.training.Dynamics` of the same samples.
    trainings
        (score, held_out) as `in_out` takes them, or what it has returned.
    untrained
        What nulls are read from: a network, or its activations, without training. None: a copy with
        new weights (`infonb.networks.untrained`) where there is a network; False: none.
    layers
        Which are recorded, as in `infonb.record`.
    label
        The labels that were *taught*: a name in `data`, or one value each. A coordinate
        ``true_label`` beside them says which of them are wrong.
    bins
        Of the entropy, in common bins.
    neurons
        MI of pairs is of at most so many neurons of each layer, drawn by `seed`.
    max_samples
        Measures by neighbours in a whole layer are on at most so many samples.
    early
        The share of the epochs that ``early_learning`` looks at.
    level
        Probability that an interval covers.
    seed
        Of all that is drawn: new weights, directions, neurons, nulls.

    Returns
    -------
    xarray.Dataset
        A variable for each ruler that was read, with attributes ``units``, ``memorized``
        (``"high"`` or ``"low"``: which of its values speak for it), ``of`` and ``source``;
        ``<name>_null`` where there is one, with ``null`` (what it is of); ``<name>_interval`` of
        networks, about new samples; and ``needs`` (ruler): empty for what was read, else what it
        would need, in words.

    Raises
    ------
    TypeError, ValueError
        If something given is not of these samples; if a ruler of `which` is not known, or needs
        what is not given.

    Notes
    -----
    *Nulls.* A reading of a network stands beside the same reading of the network without training;
    where there is none, and labels are used, beside that of labels dealt out anew. What is read
    from a training has no null of its own: there, compare with samples that were not trained on
    (`is_in`), or with `find_planted`.

    *Intervals* of layers are from ten random divisions of the samples into halves. They are about
    other samples for the same network, at this number of samples, on which binned estimates and
    UnitMem depend; not about another seed. Of 95 % they cover 89 to 100 % with 100 to 400 samples
    of linear, ReLU and tanh units, and down to 77 % where activations have heavy tails (Student's t
    with 3 degrees of freedom): then the largest value decides the bins.

    *Cost.* One pass to record, one for the losses, and the same of the network without training.
    ``loss_curvature`` needs many, and is read only where `which` asks for it.

    References
    ----------
    As in `rulers`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = rng.integers(2, size=200)
    >>> acts = {"fc1": rng.normal(size=(200, 8)) + label[:, None]}
    >>> found = measure(acts, label, which=["entropy", "class_selectivity", "mean_mi"])
    >>> dict(found.class_selectivity.sizes), found.mean_mi.attrs["memorized"]
    ({'layer': 1, 'neuron': 8}, 'low')
    >>> found.needs.sel(ruler="in_out").item()[:48]
    'trainings with and without each sample: training'
    """
    settings = _settings(bins, neurons, max_samples, early, level, seed)
    names = _names(which)
    given = take(
        model_or_acts, data, settings, is_in=is_in, dynamics=dynamics, trainings=trainings,
        layers=layers, label=label,
    )  # fmt: skip
    if names is not None:
        _check_possible(names, given)
    bare = take_untrained(untrained, given)
    wanted = [one for one in RULERS.values() if one.read and (names is None or one.name in names)]
    if "acts" in given.there and any("acts" in one.needs for one in wanted):
        _run(given)
        if bare is not None and any("acts" in one.needs and one.null for one in wanted):
            _check_alike(given, bare)
    found: dict[str, xr.DataArray] = {}
    needs: dict[str, str] = {}
    for name, ruler in RULERS.items():
        lacking = _lacking(ruler, given)
        if not lacking and names is None and not ruler.quick:
            lacking = f"to be asked for, since it takes more than one pass: which=[{name!r}]"
        if not lacking and (names is None or name in names):
            lacking = _add(found, ruler, given, bare, asked=names is not None)
        elif not lacking:
            lacking = f"to be asked for: which=[..., {name!r}]"
        needs[name] = lacking
    if not found:
        _nothing(needs)
    words = np.array(list(needs.values()), dtype=object)
    found["needs"] = xr.DataArray(words, {"ruler": np.array(list(needs), dtype=object)}, ("ruler",))
    merged = xr.merge(
        [one.rename(name) for name, one in found.items()], compat="override", join="exact"
    )
    merged.attrs = {"measure": "rulers", "level": level, "seed": seed, "n_samples": given.n_samples}
    labels = given.sample_labels
    if labels is None or "sample" not in merged.dims:
        return merged
    return merged.assign_coords(sample=labels)


def _run(given: Given) -> None:
    """Record what is measured: a network that cannot be run on these data says so once."""
    try:
        _ = given.views
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"the network cannot be run on these data: {first}") from error


def _check_alike(given: Given, bare: Given) -> None:
    """Raise unless the untrained network has the layers and neurons of the trained one."""

    def widths_of(views: xr.DataArray) -> dict[Any, int]:
        width = views.coords.get("width")
        whole = [views.sizes["neuron"]] * views.sizes["layer"] if width is None else width.values
        return dict(zip(views["layer"].values, map(int, whole), strict=True))

    of_given, of_bare = widths_of(given.views), widths_of(bare.views)
    if of_given != of_bare:
        told, other = (
            ", ".join(f"{layer} ({width})" for layer, width in widths.items())
            for widths in (of_given, of_bare)
        )
        raise ValueError(
            f"untrained must have the layers and neurons of the network, {told}; it has {other}. "
            "infonb.networks.untrained(model) makes such a network."
        )


def _nothing(needs: dict[str, str]) -> None:
    """Raise what kept all rulers from being read, such as activations that are NaN."""
    errors = [why.removeprefix(_UNREAD) for why in needs.values() if why.startswith(_UNREAD)]
    raise ValueError(errors[0] if errors else "nothing of what is given can be measured.")


def _settings(
    bins: int, neurons: int, max_samples: int, early: float, level: float, seed: int
) -> Settings:
    check_integer("bins", bins, 1)
    check_integer("neurons", neurons, 2)
    check_integer("max_samples", max_samples, 20)
    check_number("early", early, 0.0, 1.0)
    check_level(level)
    check_integer("seed", seed, 0)
    return Settings(bins, neurons, max_samples, early, level=level, seed=seed)


def _names(which: Sequence[str] | str | None) -> list[str] | None:
    if which is None:
        return None
    if not isinstance(which, Iterable):
        raise TypeError(f"which must be names of rulers, or None for all; not {which!r}.")
    names = [which] if isinstance(which, str) else list(which)
    if not names:
        raise ValueError("which is empty; leave it out for all rulers that can be read.")
    for name in names:
        if name not in RULERS:
            raise ValueError(
                f"{name!r} is no ruler; infonb.memorization.rulers() lists them."
                f"{did_you_mean(name, RULERS)}"
            )
    return names


def _lacking(ruler: Ruler, given: Given) -> str:
    """Return what a ruler lacks, in words; empty if nothing."""
    if ruler.read is None:
        return f"{ruler.needs_words}; {ruler.functions[0]} computes it"
    return "; ".join(NEEDS[need] for need in ruler.needs if need not in given.there)


def _check_possible(names: Sequence[str], given: Given) -> None:
    for name in names:
        lacking = _lacking(RULERS[name], given)
        if lacking:
            raise ValueError(f"{name} needs {lacking}.")


def _add(
    found: dict[str, xr.DataArray], ruler: Ruler, given: Given, bare: Given | None, *, asked: bool
) -> str:
    """Read a ruler and its null; return why not, if it could not be read and was not asked for."""
    assert ruler.read is not None
    try:
        reading = ruler.read(given)
    except (TypeError, ValueError) as error:
        if asked:
            raise
        return f"{_UNREAD}{error}"
    attrs = {"of": ruler.of, "source": ruler.source}
    value = _plain(reading.value)
    found[ruler.name] = value.assign_attrs(attrs, memorized=ruler.memorized)
    if reading.interval is not None:
        interval = _plain(reading.interval)
        found[f"{ruler.name}_interval"] = interval.assign_attrs(
            units=value.attrs.get("units", "1"), level=given.settings.level
        )
    null, words = _null(ruler, reading, given, bare)
    if null is not None:
        found[f"{ruler.name}_null"] = _plain(null).drop_attrs().assign_attrs(
            units=value.attrs.get("units", "1"), null=words
        )  # fmt: skip
    return ""


def _null(
    ruler: Ruler, reading: Reading, given: Given, bare: Given | None
) -> tuple[xr.DataArray | None, str]:
    """Return what a reading is without memorization, and how that was made."""
    assert ruler.read is not None
    source, words = None, ""
    if ruler.null == "untrained" and bare is not None and not _lacking(ruler, bare):
        source, words = bare, "the network without training"
    elif reading.null is not None:
        return reading.null, reading.null_words
    elif ruler.null and {"labels", "trainings"} & {*ruler.needs}:
        source, words = given.dealt, "dealt out anew among the samples or trainings"
    if source is None or _lacking(ruler, source):
        return None, ""
    return ruler.read(source).value, words


def _plain(values: xr.DataArray) -> xr.DataArray:
    """Return values with no coordinates but those of their dims, and the width of layers."""
    kept = {"width", *values.dims} - {"sample"}  # labels of samples are given once, to all
    return values.drop_vars([name for name in values.coords if name not in kept])
