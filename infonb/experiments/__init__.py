"""The paper's experiments: one module each, with its typed parameters, steps and claim."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from infonb.validate import did_you_mean

__all__ = ["get", "names", "title"]

_NAMES = ("concentric_circles", "colored_digits", "shuffled_digits", "contexts")


def names() -> list[str]:
    """
    Return the names of the experiments.

    Examples
    --------
    >>> names()
    ['concentric_circles', 'colored_digits', 'shuffled_digits', 'contexts']
    """
    return list(_NAMES)


def get(name: str) -> ModuleType:
    """
    Return the module of an experiment.

    Parameters
    ----------
    name
        Name of the experiment; hyphens stand for underscores.

    Returns
    -------
    module
        With the frozen dataclass ``Parameters``, the paper's ``CLAIM``, and a docstring whose
        first line is the title.

    Raises
    ------
    ValueError
        If there is no such experiment; names the nearest.

    Examples
    --------
    >>> get("color-digits")
    Traceback (most recent call last):
        ...
    ValueError: no experiment 'color-digits'; there are 'concentric_circles', 'colored_digits',
    'shuffled_digits', 'contexts'. Did you mean 'colored_digits'?
    """
    module = name.replace("-", "_")
    if module not in _NAMES:
        listed = ", ".join(repr(choice) for choice in _NAMES)
        hint = did_you_mean(module, _NAMES)
        raise ValueError(f"no experiment {name!r}; there are {listed}.{hint}")
    return import_module(f"infonb.experiments.{module}")


def title(name: str) -> str:
    """Return the title of an experiment: the first line of its module's docstring."""
    lines = (get(name).__doc__ or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else name
