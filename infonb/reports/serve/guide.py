"""The guide of a laboratory: what lies in its folder, and what can be done with it."""

from __future__ import annotations

from infonb.reports.notebooks import experiment_notebooks, lessons, notebook_title

__all__ = ["guide"]

_TEXT = """\
# infonb: notebooks and lessons

What kind of memorization is in a network? This folder is yours to work in: change what you like,
the installed files stay as they are. Open a notebook by a click, then *Run* → *Run All Cells*.
Your own models, from files and in Python: [the guide](tutorials/guide.md).

## Lessons

{lessons}

Each has exercises; a solution is folded away below each of them, and opens by a click.

## The paper's experiments

{experiments}

## A page or a dashboard, without opening a notebook

In a terminal in which infonb is installed:

```bash
# experiments and their parameters, and the lessons
infonb list

# a page to pass on, the executed notebook, the results
infonb run {first} -o report

# the page of larger runs, on real data
infonb results

# live controls, without the code (first, once: pip install "voila>=0.5.8")
infonb dashboard {first}
```

## A fresh copy

A file that you have changed is never written over. To have it back as it was, delete or rename
it, and start `infonb lab` on this folder again. If a newer infonb brings a newer version of it,
that is put beside yours, as `name.new.ipynb`; files that you have not changed are brought up to
date.
"""


def guide() -> str:
    """Return the guide as Markdown, with the titles that the notebooks have."""
    notebooks = experiment_notebooks()
    return _TEXT.format(
        lessons="\n".join(
            f"- [{notebook_title(path)}](tutorials/{path.name})" for path in lessons().values()
        ),
        experiments="\n".join(
            f"- [{notebook_title(path)}](notebooks/{name}.ipynb)"
            for name, path in notebooks.items()
        ),
        first=next(iter(notebooks)).replace("_", "-"),
    )
