"""Where the notebooks of the experiments and the lessons lie, and what they are called."""

from __future__ import annotations

import json
import re
from pathlib import Path

__all__ = ["PACKAGE", "find_lesson", "lesson_name", "lessons", "notebook_folder", "notebook_path",
           "notebook_title"]  # fmt: skip

PACKAGE = Path(__file__).resolve().parents[1]
_LESSON = re.compile(r"(\d+)_(\w+)")


def notebook_folder(kind: str = "notebooks") -> Path:
    """
    Return the folder with the notebooks, in an installed package or in a checkout.

    Parameters
    ----------
    kind
        ``"notebooks"`` or ``"tutorials"``.

    Raises
    ------
    FileNotFoundError
        If the package was installed without them.

    Examples
    --------
    >>> notebook_folder().is_dir()
    True
    """
    candidates = [PACKAGE / f"_{kind}", PACKAGE.parent / kind]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the {kind} are missing from this installation of infonb.")


def notebook_path(name: str) -> Path:
    """
    Return the path of the notebook of an experiment.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    path = notebook_folder() / f"{name}.ipynb"
    if not path.is_file():
        raise FileNotFoundError(f"experiment {name!r} has no notebook; there is no file {path}.")
    return path


def lessons() -> dict[int, Path]:
    """
    Return the lessons' notebooks by their number, in order.

    Examples
    --------
    >>> lessons()[1].name
    '01_entropy_of_a_neuron.ipynb'
    """
    found = {}
    for path in notebook_folder("tutorials").glob("*.ipynb"):
        if match := _LESSON.fullmatch(path.stem):
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def find_lesson(name: str) -> Path | None:
    """
    Return the notebook of a lesson, or None if there is no such lesson.

    Parameters
    ----------
    name
        Its number (``"1"``), or its name with or without the number; hyphens stand for
        underscores.

    Examples
    --------
    >>> find_lesson("1") == find_lesson("entropy-of-a-neuron") == lessons()[1]
    True
    """
    wanted = name.removesuffix(".ipynb").replace("-", "_")
    for number, path in lessons().items():
        if wanted in (str(number), f"{number:02}", path.stem, lesson_name(path)):
            return path
    return None


def lesson_name(path: Path) -> str:
    """
    Return the name of a lesson, without its number.

    Examples
    --------
    >>> lesson_name(lessons()[1])
    'entropy_of_a_neuron'
    """
    return path.stem.partition("_")[2]


def notebook_title(path: Path) -> str:
    """
    Return the title of a notebook: its first heading.

    Examples
    --------
    >>> notebook_title(lessons()[1])
    '1. The entropy of a neuron'
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("# "):
            return source.splitlines()[0].removeprefix("# ").strip()
    return path.stem.replace("_", " ")
