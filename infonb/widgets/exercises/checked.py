"""What is shown below an answer: as text, and as HTML that needs no style sheet and no script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from infonb.widgets.exercises.part import Reply

__all__ = ["Checked"]

#: Sign, word and colour of a state. The colours stand out from white and black; words tell all.
_SHOWN = {
    "right": ("✓", "Right.", "#2e8b57"),
    "wrong": ("✗", "Not yet.", "#c8691a"),
    "open": ("○", "Not answered yet.", "#808080"),
}
_CODE = re.compile(r"`([^`]+)`")


class Checked:
    """The replies to the answers of an exercise; `right` if all of them are."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.replies = dict(replies)

    @property
    def right(self) -> bool:
        """Whether every answer is right."""
        return all(reply.state == "right" for reply in self.replies.values())

    def _close(self) -> str:
        done = self.right and len(self.replies) > 1
        return f"Well done: all {len(self.replies)} answers are right." if done else ""

    def __repr__(self) -> str:
        lines = [
            f"{sign} {name}: {word} {reply.text}".rstrip()
            for name, reply in self.replies.items()
            for sign, word, _ in [_SHOWN[reply.state]]
        ]
        return "\n".join([*lines, *filter(None, [self._close()])])

    def _repr_html_(self) -> str:
        lines = "".join(_line(name, reply) for name, reply in self.replies.items())
        close = f'<p style="margin:.4rem 0"><strong>{self._close()}</strong></p>'
        return (
            '<div class="infonb-check" role="status" '
            f'style="max-width:46rem;margin:.3rem 0">{lines}{close if self._close() else ""}</div>'
        )


def _line(name: str, reply: Reply) -> str:
    sign, word, colour = _SHOWN[reply.state]
    text = _CODE.sub(r"<code>\1</code>", escape(reply.text, quote=False))
    return (
        f'<p style="margin:.4rem 0;padding:.1rem .7rem;border-left:4px solid {colour}">'
        f'<span aria-hidden="true">{sign}</span> <code>{escape(name)}</code>: '
        f"<strong>{word}</strong> {text}</p>"
    )
