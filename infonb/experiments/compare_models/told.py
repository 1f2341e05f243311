"""How a comparison came about, for its page: files, layers, inputs, estimator, rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.compare_models.answer import plain

if TYPE_CHECKING:
    from infonb.experiments.compare_models.experiment import CompareModels

__all__ = ["how_recorded"]

#: Of more models the files are folded.
_MANY = 8


def how_recorded(experiment: CompareModels, found: xr.Dataset) -> str:
    """Return as Markdown where the models came from, and how they were measured and judged."""
    parts = [*_origin(experiment, found), *_measures(found), *_judged(found)]
    return "\n".join(f"- {part}" for part in parts) + _files(experiment, found)


def _origin(experiment: CompareModels, found: xr.Dataset) -> list[str]:
    """Return where the activations came from."""
    if experiment.found:
        return [f"**Models**: a saved result of `inb.compare`, {_code(experiment.found)}."]
    layers = f"**Layers**: {'; '.join(map(plain, _once(found, 'recorded')))}"
    if not experiment.models:
        kinds = [told.removeprefix("trained here: ") for told in _once(found, "told")]
        pairs = zip(found["model"].values.tolist(), kinds, strict=True)
        each = "; ".join(f"*{name}*, {kind}" for name, kind in pairs)
        n = f"{found.attrs['n_samples']:,}"
        return [
            "**Models**: a demonstration, four networks trained here to tell digits below 5 from "
            f"others: {each}.",
            f"{layers}.",
            f"**Inputs**: {n} digits that no network was trained on; their colour means nothing.",
        ]
    parts = [f"{layers}{_why(experiment, found)}."]
    if any(map(str, found["told"].values)):
        parts.insert(
            0, f"**Networks** are made by {_code(experiment.model)}: **that file was run**."
        )
        parts += [
            "**Neurons** are units of a linear layer, channels of a convolution, features of a "
            "block; where a layer has positions (pixels, tokens) the mean over them is taken, "
            "masked tokens left out.",
            f"**Inputs**: {_code(experiment.inputs)}, {_drawn(experiment, found)}.",
        ]
    else:
        parts.append(f"**Inputs**: those of the stores, {_drawn(experiment, found)}.")
    return parts


def _measures(found: xr.Dataset) -> list[str]:
    """Return how entropy and MI were measured."""
    attrs = found.attrs
    scaled = ", neurons divided by their standard deviation"
    scaled = scaled if attrs.get("standardized") == "True" else ""
    return [
        f"**Entropy** of every neuron, {attrs['bins']} bins, {attrs['n_samples']:,} samples.",
        f"**MI** of pairs of {attrs['n_neurons']} drawn neurons of each layer (all, where there "
        f"are fewer), estimator *{attrs['estimator']}*{scaled}: {plain(attrs['estimator_why'])}.",
        f"**Layers compared**, {plain(attrs['layers'])}.",
    ]


def _judged(found: xr.Dataset) -> list[str]:
    """Return by what the models were judged; nothing where there is no reference."""
    if "comparison" not in found.dims:
        return []
    attrs, rule = found.attrs, found.attrs["rule"]
    return [
        f"**p-values** ({attrs['corrected']}): {plain(attrs['p_value'])}. {_small_p(found)} The "
        "verdict does not rest on them.",
        f"**Rule**: MI must change by at least {rule['information']:.0%} of the two models' mean "
        f"(of which a change is at most 200%), clearly so in {rule['layers']:.0%} of the layers, "
        "and in at least twice as many as those in which it clearly changes the other way. Up to "
        f"{rule['alone']:.0%} the entropy must move against it, by at least {rule['entropy']} nat "
        f"in {', '.join(rule['rulers'])} bins; beyond that MI is enough by itself, unless the "
        "entropy moves like it in all three rulers.",
    ]


def _small_p(found: xr.Dataset) -> str:
    p = found["mutual_information_p_corrected"]
    rows = p.size
    few = int((p < 0.05).sum())
    return f"Of {rows} changes of MI, {few} have a corrected p below 0.05."


def _files(experiment: CompareModels, found: xr.Dataset) -> str:
    """Return the files of the models, and what was told of them, folded if they are many."""
    if experiment.found or not experiment.models:
        return ""
    told = dict(zip(found["model"].values.tolist(), _told(found), strict=True))
    lines = [
        f"- {plain(name)}: {_code(path)}"
        + "".join(f"; {plain(line)}" for line in told.get(name, []) if not line.startswith("runs "))
        for name, path in experiment.sources.items()
    ]
    if len(lines) <= _MANY:
        return "\n\nThe files:\n\n" + "\n".join(lines)
    listed = "\n".join(lines)
    return f"\n\n<details><summary>The {len(lines)} files</summary>\n\n{listed}\n\n</details>"


def _told(found: xr.Dataset) -> list[list[str]]:
    if "told" not in found:
        return [[] for _ in range(found.sizes["model"])]
    return [str(told).splitlines() for told in found["told"].values]


def _once(found: xr.Dataset, name: str) -> list[str]:
    """Return what was noted of the recordings, each thing once."""
    return list(dict.fromkeys(map(str, found[name].values))) if name in found else []


def _why(experiment: CompareModels, found: xr.Dataset) -> str:
    if experiment.layers:
        return ", as asked for"
    reasons = _once(found, "layers_why")
    return f" ({'; '.join(map(plain, reasons))})" if any(reasons) else ""


def _drawn(experiment: CompareModels, found: xr.Dataset) -> str:
    n = found.attrs["n_samples"]
    drawn = n == experiment.n_samples
    return f"{n:,} examples" + (f" (of more, so many are drawn by seed {experiment.seed})" * drawn)


def _code(text: Any) -> str:
    return f"`{str(text).replace('`', '')}`"
