"""The paper's experiments: a class each; its fields are the parameters, its methods the steps."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infonb.validate import did_you_mean

if TYPE_CHECKING:
    from infonb.experiments.biographies import Biographies
    from infonb.experiments.colored_digits import ColoredDigits
    from infonb.experiments.compare_models import CompareModels
    from infonb.experiments.concentric_circles import ConcentricCircles
    from infonb.experiments.contexts import Contexts
    from infonb.experiments.deja_vu import DejaVu
    from infonb.experiments.density_memorization import DensityMemorization
    from infonb.experiments.early_learning import EarlyLearning
    from infonb.experiments.encoder_memorization import EncoderMemorization
    from infonb.experiments.entropy_regularizer import EntropyRegularizer
    from infonb.experiments.experiment import Experiment
    from infonb.experiments.generalizable_memorizers import GeneralizableMemorizers
    from infonb.experiments.in_and_out import InAndOut
    from infonb.experiments.in_out import InOut
    from infonb.experiments.logic_gates import LogicGates
    from infonb.experiments.memorization_capacity import MemorizationCapacity
    from infonb.experiments.model_selection import ModelSelection
    from infonb.experiments.nine_rulers import NineRulers
    from infonb.experiments.predictable_memorization import PredictableMemorization
    from infonb.experiments.relu_memorizers import ReLUMemorizers
    from infonb.experiments.sentiment_adjectives import SentimentAdjectives
    from infonb.experiments.shuffled_digits import ShuffledDigits
    from infonb.experiments.shuffled_reviews import ShuffledReviews
    from infonb.experiments.verdicts import Verdicts

__all__ = [
    "Biographies",
    "ColoredDigits",
    "CompareModels",
    "ConcentricCircles",
    "Contexts",
    "DejaVu",
    "DensityMemorization",
    "EarlyLearning",
    "EncoderMemorization",
    "EntropyRegularizer",
    "Experiment",
    "GeneralizableMemorizers",
    "InAndOut",
    "InOut",
    "LogicGates",
    "MemorizationCapacity",
    "ModelSelection",
    "NineRulers",
    "PredictableMemorization",
    "ReLUMemorizers",
    "SentimentAdjectives",
    "ShuffledDigits",
    "ShuffledReviews",
    "Verdicts",
    "get",
    "names",
    "notebook",
    "register",
    "title",
]

#: Name → module and class; the order is that of the list on the command line.
_HOME = {
    "concentric_circles": ("concentric_circles", "ConcentricCircles"),
    "colored_digits": ("colored_digits", "ColoredDigits"),
    "shuffled_digits": ("shuffled_digits", "ShuffledDigits"),
    "sentiment_adjectives": ("sentiment_adjectives", "SentimentAdjectives"),
    "shuffled_reviews": ("shuffled_reviews", "ShuffledReviews"),
    "contexts": ("contexts", "Contexts"),
    "biographies": ("biographies", "Biographies"),
    "model_selection": ("model_selection", "ModelSelection"),
    "entropy_regularizer": ("entropy_regularizer", "EntropyRegularizer"),
    "in_and_out": ("in_and_out", "InAndOut"),
    "early_learning": ("early_learning", "EarlyLearning"),
    "encoder_memorization": ("encoder_memorization", "EncoderMemorization"),
    "deja_vu": ("deja_vu", "DejaVu"),
    "predictable_memorization": ("predictable_memorization", "PredictableMemorization"),
    "memorization_capacity": ("memorization_capacity", "MemorizationCapacity"),
    "density_memorization": ("density_memorization", "DensityMemorization"),
    "logic_gates": ("logic_gates", "LogicGates"),
    "relu_memorizers": ("relu_memorizers", "ReLUMemorizers"),
    "generalizable_memorizers": ("generalizable_memorizers", "GeneralizableMemorizers"),
    "nine_rulers": ("nine_rulers", "NineRulers"),
    "compare_models": ("compare_models", "CompareModels"),
    "verdicts": ("verdicts", "Verdicts"),
}
_CLASSES = {name: module for module, name in _HOME.values()} | {
    "Experiment": "experiment",
    "InOut": "in_out",
}

#: Experiments of others, and where their notebooks are.
_REGISTERED: dict[str, tuple[type[Experiment], Path | None]] = {}


def names() -> list[str]:
    """
    Return the names of the experiments.

    Examples
    --------
    >>> names()
    ['concentric_circles', 'colored_digits', 'shuffled_digits', 'sentiment_adjectives',
     'shuffled_reviews', 'contexts', 'biographies', 'model_selection', 'entropy_regularizer',
     'in_and_out', 'early_learning', 'encoder_memorization', 'deja_vu',
     'predictable_memorization', 'memorization_capacity', 'density_memorization',
     'logic_gates', 'relu_memorizers', 'generalizable_memorizers', 'nine_rulers',
     'compare_models', 'verdicts']
    """
    return [*_HOME, *_REGISTERED]


def get(name: str) -> type[Experiment]:
    """
    Return the class of an experiment.

    Parameters
    ----------
    name
        Name of the experiment; hyphens stand for underscores.

    Returns
    -------
    type
        A subclass of `Experiment`: its fields are the parameters.

    Raises
    ------
    ValueError
        If there is no such experiment; names the nearest.

    Examples
    --------
    >>> get("colored-digits")(alpha=[0, 1]).alpha
    [0.0, 1.0]
    >>> get("color-digits")
    Traceback (most recent call last):
        ...
    ValueError: no experiment 'color-digits'; there are 'concentric_circles', 'colored_digits',
    'shuffled_digits', 'sentiment_adjectives', 'shuffled_reviews', 'contexts', 'biographies',
    'model_selection', 'entropy_regularizer', 'in_and_out', 'early_learning',
    'encoder_memorization', 'deja_vu', 'predictable_memorization', 'memorization_capacity',
    'density_memorization', 'logic_gates', 'relu_memorizers', 'generalizable_memorizers',
    'nine_rulers', 'compare_models', 'verdicts'. Did you mean 'colored_digits'?
    """
    known = name.replace("-", "_")
    if known in _REGISTERED:
        return _REGISTERED[known][0]
    if known not in _HOME:
        listed = ", ".join(repr(choice) for choice in names())
        raise ValueError(
            f"no experiment {name!r}; there are {listed}.{did_you_mean(known, names())}"
        )
    module, cls = _HOME[known]
    return getattr(import_module(f"infonb.experiments.{module}"), cls)


def register(cls: type[Experiment], notebook: str | Path | None = None) -> type[Experiment]:
    """
    Make an experiment of one's own known by its name, to reports and dashboards of this process.

    Parameters
    ----------
    cls
        A subclass of `Experiment`.
    notebook
        Path of its notebook, whose cell tagged ``parameters`` has the fields of the class.

    Returns
    -------
    type
        The class. One of the same name that was registered before is replaced.

    Raises
    ------
    ValueError
        If infonb has an experiment of that name.

    Examples
    --------
    >>> from infonb.experiments import ColoredDigits
    >>> register(ColoredDigits)
    Traceback (most recent call last):
        ...
    ValueError: infonb has an experiment 'colored_digits'; give yours another name.
    """
    if cls.name in _HOME:
        raise ValueError(f"infonb has an experiment {cls.name!r}; give yours another name.")
    _REGISTERED[cls.name] = cls, None if notebook is None else Path(notebook).absolute()
    return cls


def notebook(name: str) -> Path | None:
    """Return the notebook of a registered experiment; None if it has none, or is infonb's own."""
    return _REGISTERED.get(name.replace("-", "_"), (None, None))[1]


def title(name: str) -> str:
    """Return the title of an experiment: the first line of its docstring."""
    return get(name).title()


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        return getattr(import_module(f"infonb.experiments.{_CLASSES[name]}"), name)
    raise AttributeError(f"module 'infonb.experiments' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
