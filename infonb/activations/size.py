"""How much memory a recording takes, said and checked before it runs."""

from __future__ import annotations

from collections.abc import Sequence

from infonb.storage.memory import available_memory, format_bytes

__all__ = ["available_memory", "check_size", "format_bytes", "shape_line", "size_line"]


def size_line(widths: Sequence[int], n_samples: int | None, itemsize: int) -> str:
    """Return one line that says how large the activations will be, and what padding adds."""
    n_layers, neurons = len(widths), max(widths)
    padding = n_layers * neurons - sum(widths)
    text = shape_line(widths)
    if n_samples is None:
        text += f": {format_bytes(n_layers * neurons * itemsize)} for each sample"
        return text + (f" (of which padding {format_bytes(padding * itemsize)})" if padding else "")
    total = n_layers * neurons * n_samples * itemsize
    added = format_bytes(padding * n_samples * itemsize)
    text += f" × {n_samples:,} sample{'s'[: n_samples != 1]}: {format_bytes(total)}"
    return text + (f" (padding adds {added})" if padding else " (no padding)")


_REMEDY = (
    'Record to disk (to="activations.zarr"), fewer layers (layers=[...]), fewer samples, or fewer '
    "neurons (reduce='mean' or a function); max_bytes= sets another limit."
)


def check_size(needed: int, max_bytes: float | None, what: str, remedy: str = _REMEDY) -> None:
    """Raise unless so many bytes may be used; None: 80 % of the memory that is free, if known."""
    limit, source = max_bytes, "max_bytes"
    if limit is None:
        free = available_memory()
        if free is None:
            return
        limit, source = 0.8 * free, "80 % of the free memory"
    if needed > limit:
        raise ValueError(
            f"the activations do not fit: {what}, but {source} is {format_bytes(limit)}. {remedy}"
        )


def shape_line(widths: Sequence[int]) -> str:
    """Say how many layers there are, and of how many neurons."""
    n_layers, neurons = len(widths), max(widths)
    text = f"{n_layers} layer{'s'[: n_layers != 1]} × {'up to ' if min(widths) < neurons else ''}"
    return f"{text}{neurons:,} neuron{'s'[: neurons != 1]}"
