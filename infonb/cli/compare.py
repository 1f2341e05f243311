"""``infonb compare``: your own models, from checkpoints or activations to a verdict and a page."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infonb.cli.parameter_texts import parameter_texts
from infonb.cli.reporting import cluster_of, make_report, report_options
from infonb.cli.words import SeveralWords

if TYPE_CHECKING:
    from infonb.parameters import ParameterInfo

__all__ = ["compare"]

_NAME = "compare_models"

#: What stands among the options by hand, and what a report sets itself.
_BY_HAND = ("models", "reference", "model", "inputs", "layers", "cluster", "interactive", "results")


class _Compare(SeveralWords):
    """The command, with an option for each further parameter of the experiment."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return arguments and options; the experiment is imported only here."""
        own = super().get_params(ctx)
        help_option = own.pop()
        return [*own, *map(_option, _others()), help_option]


@click.command(cls=_Compare, several=("--weights", "--layers"))
@click.argument("stores", metavar="[A B ...]", nargs=-1)
@click.option("--reference", metavar="A",
              help="The model that the others are compared with, by name or path; without one "
              "there are measures, and no verdict.")  # fmt: skip
@click.option("--model", metavar="FILE.py:FUNCTION",
              help="Makes the network of the weights. That file is run.")  # fmt: skip
@click.option("--weights", multiple=True, metavar="FILE ...",
              help="Files of weights: .safetensors, .pt, .pth, .bin.")  # fmt: skip
@click.option("--inputs", metavar="SOURCE",
              help="Examples, without labels: .npz, .npy, .csv, .pt, a folder of pictures, or "
              "FILE.py:FUNCTION.")  # fmt: skip
@click.option("--layers", multiple=True, metavar="LAYER ...",
              help="Layers to record  [default: blocks, stages or linear layers, as the "
              "architecture is]")  # fmt: skip
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="KEY=VALUE",
              help="Value of any parameter, as for `infonb run compare-models`.")  # fmt: skip
@report_options(f"report/{_NAME}")
def compare(
    stores: tuple[str, ...],
    weights: tuple[str, ...],
    layers: tuple[str, ...],
    pairs: tuple[str, ...],
    **given: Any,
) -> None:
    """
    Compare models A, B ... of your own: which leans on a shortcut, which learnt by heart.

    Each is a store of activations (.zarr, of the same examples), or, with --model and --inputs, a
    file of weights, whose activations are recorded. A model is called as its file is, or NAME if it
    is given as NAME=PATH.

    \b
    infonb compare a.zarr b.zarr --reference a -o out
    infonb compare --model net.py:build --weights a.safetensors b.pt \\
        --inputs examples.npz --reference a -o out

    Weights are opened without running any code in them; FILE.py is run. What was recorded is kept,
    as the runs of an experiment are: `infonb cache`.
    """  # noqa: D301
    models = _expanded((*stores, *weights))
    if not models and not given.get("found") and not pairs:
        raise click.UsageError(
            "no models to compare; name activation stores (infonb compare a.zarr b.zarr "
            "--reference a), or weights with --model and --inputs. Four networks of known kind "
            "show what comes of it: infonb run compare-models"
        )
    lists = {"models": models, "layers": [word for item in layers for word in item.split(",")]}
    names = ["reference", "model", "inputs", *(info.name for info in _others())]
    texts = {name: given[name] for name in names if given[name] is not None}
    report = make_report(
        lambda output: _plan(lists, texts, [*pairs, *cluster_of(given)], output), given
    )
    if report.results is not None:
        for line in _verdict(report.results):
            click.echo(line)


def _plan(
    lists: dict[str, list[str]], texts: dict[str, str], pairs: Iterable[str], output: str | None
) -> Any:
    """Check all values, each given once; create and run nothing."""
    from infonb import experiments
    from infonb.parameters import ParameterError, describe, find, parse
    from infonb.reports.plan import RESERVED, plan_report

    experiment = experiments.get(_NAME)
    values: dict[str, Any] = parse(experiment, texts)
    values |= {name: words for name, words in lists.items() if words}
    others = parameter_texts(pairs)
    known = {info.name: info for info in describe(experiment) if info.name not in RESERVED}
    for name in others:
        find(name, known)
    also = parse(experiment, others)
    if twice := sorted(values.keys() & also.keys()):
        raise ParameterError(f"parameter {twice[0]!r} is given twice: as an option and with -p.")
    return plan_report(_NAME, values | also, output)


def _expanded(sources: Iterable[str]) -> list[str]:
    """Return the files that a pattern stands for, where the shell left it as it was."""
    found = []
    for source in sources:
        if os.path.lexists(os.path.expanduser(source)) or not glob.has_magic(source):
            found.append(source)
            continue
        files = sorted(glob.glob(os.path.expanduser(source)))
        if not files:
            raise click.UsageError(f"no file is like {source!r}.")
        found += files
    return found


def _verdict(results: Path) -> list[str]:
    """Return in words the verdict on each model, and why; then what these cannot say."""
    from infonb.experiments.compare_models.answer import caveats
    from infonb.storage import open_dataset

    found = open_dataset(results)
    if "verdict" not in found:
        return [f"no verdict: {found.attrs.get('no_verdict', 'there is no reference')}"]
    reference = found.attrs["reference"]
    return [
        f"{name} beside {reference}: {verdict}. {why}"
        for name, verdict, why in zip(
            found["comparison"].values, found["verdict"].values, found["why"].values, strict=True
        )
    ] + [f"What this cannot say: {caveat}" for caveat in caveats(found)]


def _others() -> list[ParameterInfo]:
    """Return the parameters of the experiment for which there is no option by hand."""
    from infonb import experiments
    from infonb.parameters import describe

    return [info for info in describe(experiments.get(_NAME)) if info.name not in _BY_HAND]


def _option(info: ParameterInfo) -> click.Option:
    """Return the option of a parameter; its text is checked as that of every parameter is."""
    from infonb.parameters import to_text

    limits = f" ({info.limits})" if info.limits else ""
    default = to_text(info.default)
    shown = f"  [default: {default}]" if default else ""
    kind = {"int": "N", "float": "X"}.get(info.element, "TEXT")
    return click.Option(
        [f"--{info.name.replace('_', '-')}", info.name],
        metavar=kind,
        help=f"{info.help[:1].upper()}{info.help[1:]}{limits}{shown}",
    )
