"""LaTeX formulas as inline SVG: readable without a network, in the colour of the text around."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

__all__ = ["formula_svg", "with_formulas"]

# spellings of LaTeX that matplotlib's mathtext knows under another name
_ALIASES = {
    r"\ge": r"\geq", r"\le": r"\leq", r"\ne": r"\neq", r"\to": r"\rightarrow",
    r"\tfrac": r"\frac", r"\lvert": "|", r"\rvert": "|", r"\lVert": r"\|", r"\rVert": r"\|",
    r"\textrm": r"\mathrm", r"\bigl": "", r"\bigr": "",
    r"\Bigl": "", r"\Bigr": "", r"\limits": "", r"\displaystyle": "", r"\iff": r"\Leftrightarrow",
    r"\land": r"\wedge", r"\lor": r"\vee", r"\lbrace": r"\{", r"\rbrace": r"\}",
}  # fmt: skip
_COMMAND = re.compile(r"\\[A-Za-z]+")
# mathtext sets no space between a symbol and the name of a function after it
_FUNCTION = re.compile(r"(?<=[\w})])\s*(?=\\(?:log|ln|exp|max|min|sin|cos|arg|det)(?![A-Za-z]))")
# code, which is left alone, or a formula: a block, or within a line
_MARKDOWN = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$", re.DOTALL)
_SIZE = 100  # units of the drawing per em
_CODES = {1: "M", 2: "L", 3: "Q", 4: "C"}
_CLOSE = 79


@lru_cache(maxsize=512)
def formula_svg(latex: str, *, block: bool = False) -> str:
    """Return a formula as HTML: inline SVG, or its source as code if it cannot be drawn."""
    source = " ".join(latex.split())
    try:
        svg = _draw(source, block) if source else ""
    except ValueError:  # not in matplotlib's part of LaTeX
        svg = f'<code class="formula">{escape(source)}</code>'
    return f'<div class="formula-block">{svg}</div>' if block else svg


def with_formulas(markdown: str) -> str:
    """Return Markdown with its formulas as inline SVG, for readers that cannot draw them."""

    def drawn(match: re.Match[str]) -> str:
        code, block, inline = match.groups()
        return code or formula_svg(block or inline, block=bool(block))

    return _MARKDOWN.sub(drawn, markdown)


def _draw(source: str, block: bool) -> str:
    from matplotlib import rc_context, rcParamsDefault
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    text = _COMMAND.sub(lambda match: _ALIASES.get(match[0], match[0]), source)
    text = _FUNCTION.sub(r"\\,", text)
    if block:
        text = re.sub(r"\\frac(?![A-Za-z])", r"\\dfrac", text)
    # the same on every machine, whatever the user's settings
    words = ("font.", "mathtext.", "text.")
    rc = {name: value for name, value in rcParamsDefault.items() if name.startswith(words)}
    with rc_context({**rc, "mathtext.fontset": "stix"}):
        path = TextPath((0, 0), f"${text}$", prop=FontProperties(size=_SIZE))
    box = path.get_extents()
    left, right = min(box.x0, 0) - 2, box.x1 + 2
    low, high = box.y0 - 2, box.y1 + 2
    d = "".join(_segment(int(code), points) for points, code in path.iter_segments(simplify=False))
    return (
        f'<svg class="formula" role="img" aria-label="{escape(source)}" '
        f'viewBox="{left:.0f} {-high:.0f} {right - left:.0f} {high - low:.0f}" '
        f'style="width:{(right - left) / _SIZE:.3f}em;height:{(high - low) / _SIZE:.3f}em;'
        f'vertical-align:{low / _SIZE:.3f}em"><path fill="currentColor" d="{d}"/></svg>'
    )


def _segment(code: int, points: object) -> str:
    """Return one piece of an SVG path; y points down there."""
    if code == _CLOSE:
        return "Z"
    values = [float(value) for value in points]  # type: ignore[attr-defined]
    return _CODES[code] + " ".join(
        f"{-value if position % 2 else value:.0f}" for position, value in enumerate(values)
    )
