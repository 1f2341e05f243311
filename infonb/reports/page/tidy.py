"""Outputs of an executed notebook, made fit to be read without a kernel."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["SHOWN", "split_progress", "tidy"]

# what a page shows, best first: no controls and no scripts, for it has no kernel and no network
SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex",
         "text/plain"]  # fmt: skip
_PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
_WIDGET = "application/vnd.jupyter.widget-view+json"
# the last state of a bar: 100%|####| 15/15 [00:12<00:00, 1.25network/s], and what
# `infonb.experiments.cost` says beside it
_PROGRESS = re.compile(r".*\d%\|.*\| .*\[|cost: [\d,]+ (trainings|of them)\b")
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")


def tidy(notebook: Any) -> None:
    """
    Join printed lines, keep only the last state of progress bars, and name pictures, in place.

    Pictures without an alternative text get one from the heading above them.
    """
    notebook.metadata.pop("widgets", None)  # state of controls, which only a kernel could move
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = _last_heading(cell.source) or heading
        if cell.cell_type != "code":
            continue
        cell.outputs = _joined(output for output in cell.outputs if not _only_widget(output))
        for output in cell.outputs:
            for kind in _PICTURES:
                if kind in output.get("data", {}):
                    told = cell.metadata.get("alt")
                    _describe_picture(output, kind, told, heading, cell.execution_count)


def split_progress(text: str) -> tuple[str, str]:
    """Return printed text without progress bars and the cost of trainings, and these alone."""
    lines = text.splitlines()
    bars = [line for line in lines if _PROGRESS.match(line)]
    rest = [line for line in lines if not _PROGRESS.match(line)]
    return "\n".join(rest).strip("\n"), "\n".join(bars)


def _only_widget(output: Any) -> bool:
    """Whether an output is a live control or bar without a picture."""
    kinds = set(output.get("data", {}))
    return _WIDGET in kinds and not kinds & set(SHOWN) - {"text/plain"}


def _joined(outputs: Iterable[Any]) -> list[Any]:
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    for output in joined:
        if output.output_type == "stream":
            output.text = _OVERWRITTEN.sub("", output.text.rstrip("\r"))
    return [item for item in joined if item.output_type != "stream" or item.text.strip()]


def _last_heading(markdown: str) -> str:
    found = re.findall(r"^#{1,6}\s+(.+?)\s*#*$", markdown, re.MULTILINE)
    return found[-1].replace("$", "").replace("`", "").replace("*", "") if found else ""


def _describe_picture(
    output: Any, kind: str, told: str | None, heading: str, count: int | None
) -> None:
    metadata = output.setdefault("metadata", {})
    of_kind = metadata.setdefault(kind, {})
    alt = of_kind.get("alt") or metadata.get("alt") or told
    made_by = f"Picture made by code cell {count or '?'}, without a description"
    of_kind["alt"] = alt or (f"Figure: {heading}" if heading else made_by)
