"""The run of a recording: what comes out of the forward pass goes into memory or to disk."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from infonb.activations.disk.stream import Stream
from infonb.activations.examples import Examples
from infonb.activations.forward_pass import ForwardPass
from infonb.activations.layers import Layer
from infonb.activations.memory import Memory
from infonb.activations.sample_notes import SampleNotes
from infonb.activations.views import MemoryOfViews
from infonb.progress import progress_bar

__all__ = ["fill"]


def fill(
    sink: Memory | Stream,
    forward: ForwardPass,
    source: Examples,
    notes: SampleNotes,
    progress: bool | str,
) -> None:
    """Run the model over the data, and put what comes out into memory or on disk."""
    bar = None
    # closed at once, not when the generator is collected: hooks and modes
    with closing(forward(source.batches, sink.is_recorded)) as steps:
        try:
            for step in steps:
                if step.samples is not None and isinstance(sink, Stream):
                    raise ValueError(
                        "reduce makes several rows of a sample, which are recorded to memory only; "
                        "leave out to=, and save them with save_activations."
                    )
                if step.samples is not None and isinstance(sink, MemoryOfViews):
                    raise ValueError(
                        "reduce makes several rows of a sample, which have no views of their own; "
                        "leave out augment=, or reduce to one row a sample."
                    )
                if bar is None:
                    if step.samples is not None:
                        sink.n_samples = None  # of rows, only the end will tell
                    line = sink.start(forward.widths, [_plain(layer) for layer in forward.layers])
                    if progress:
                        print(line)
                    bar = progress_bar(
                        show=progress, total=source.n_passes, desc="record", unit=" samples"
                    )
                if step.rows:
                    sink.append(step.rows, notes.append(step.batch, step.output, step.samples))
                bar.update(step.batch.size)
        finally:
            if bar is not None:
                bar.close()
    if bar is None:
        raise ValueError(f"data ({source.name}) holds no samples.")


def _plain(layer: Layer) -> dict[str, Any]:
    more = {"why": layer.why} if layer.why else {}
    more |= {"graph": layer.graph} if layer.operation else {}
    return {"name": layer.name, "module": layer.module_name, "call": layer.call, **more}
