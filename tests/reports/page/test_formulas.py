from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell
from pages import Page, rendered

from infonb.reports.page.formulas import formula_svg, with_formulas


@pytest.mark.parametrize(
    "latex",
    [
        "x",
        r"H(X) = -\sum_i p_i \log p_i",
        r"\tfrac{1}{2}\log(2\pi e\sigma^2)",
        r"\psi(k) + \psi(S) - \langle \psi(n_x + 1) + \psi(n_y + 1) \rangle",
        r"\hat{I}_{\mathrm{KSG}} \ge 0,\; \lvert w \rvert \le 1",
        r"\alpha \in \{0, 0.5, 1\}",
    ],
)
@pytest.mark.parametrize("block", [False, True])
def test_formulas_are_drawn(latex: str, block: bool) -> None:
    svg = formula_svg(latex, block=block)
    page = Page(svg)
    (drawing,) = page.all("svg")
    assert drawing["aria-label"] == latex
    assert drawing["role"] == "img"
    (path,) = page.all("path")
    assert path["fill"] == "currentColor"  # readable on dark ground too
    assert str(path["d"]).startswith("M")
    assert svg.startswith("<div") == block


def test_formulas_that_cannot_be_drawn_show_their_source(small: Path) -> None:
    text = rendered(
        new_markdown_cell(
            "$\\nosuch{x} < 1$\n\n\\begin{align}a &= b\\end{align}\n\n"
            "\\begin{equation}e = mc^2\\end{equation}"
        )
    )
    assert '<code class="formula">\\nosuch{x} &lt; 1</code>' in text
    assert '<code class="formula">\\begin{align}a &amp;= b\\end{align}</code>' in text
    assert 'aria-label="e = mc^2"' in text


def test_formulas_within_markdown_are_drawn_and_code_is_left_alone() -> None:
    code = "`cost $5`, or\n\n```bash\necho $A $B\n```\nat \\$3."
    text = "It is $x$.\n\n$$\n\\frac{1}{2}\n$$\n\n" + code
    found = with_formulas(text)
    page = Page(found)
    assert [drawing["aria-label"] for drawing in page.all("svg")] == ["x", r"\frac{1}{2}"]
    assert found.startswith("It is <svg")
    assert '\n\n<div class="formula-block">' in found
    assert found.endswith(code)
