"""Where the notebooks of the experiments and the lessons lie, and what they are called."""

from __future__ import annotations

import json
import re
from pathlib import Path

from infonb import experiments

__all__ = [
    "PACKAGE",
    "experiment_notebooks",
    "find_lesson",
    "lesson_name",
    "lessons",
    "notebook_folder",
    "notebook_path",
    "notebook_title",
]

PACKAGE = Path(__file__).resolve().parents[1]
_LESSON = re.compile(r"(\d+)_(\w+)")


def notebook_folder(kind: str = "notebooks") -> Path:
    """Return the folder of the "notebooks" or "tutorials", in an installation or a checkout."""
    for folder in (PACKAGE / f"_{kind}", PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the {kind} are missing from this installation of infonb.")


def notebook_path(name: str) -> Path:
    """
    Return the path of the notebook of an experiment.

    Parameters
    ----------
    name
        Name of the experiment. One that was registered has the notebook that was named then; else
        it is that of infonb under this name.

    Raises
    ------
    FileNotFoundError
        If it is not there.

    Examples
    --------
    >>> notebook_path("colored_digits").name
    'colored_digits.ipynb'
    """
    path = experiments.notebook(name) or notebook_folder() / f"{name}.ipynb"
    if not path.is_file():
        raise FileNotFoundError(f"experiment {name!r} has no notebook; there is no file {path}.")
    return path


def experiment_notebooks() -> dict[str, Path]:
    """Return the notebooks of all experiments that have one, by name."""
    paths = {
        name: experiments.notebook(name) or notebook_folder() / f"{name}.ipynb"
        for name in experiments.names()
    }
    return {name: path for name, path in paths.items() if path.is_file()}


def lessons() -> dict[int, Path]:
    """Return the lessons' notebooks by their number, in order."""
    found = {}
    for path in notebook_folder("tutorials").glob("*.ipynb"):
        if match := _LESSON.fullmatch(path.stem):
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def find_lesson(name: str) -> Path | None:
    """Return the notebook of a lesson, by its number, or its name with or without the number."""
    wanted = name.removesuffix(".ipynb").replace("-", "_")
    for number, path in lessons().items():
        if wanted in (str(number), f"{number:02}", path.stem, lesson_name(path)):
            return path
    return None


def lesson_name(path: Path) -> str:
    """Return the name of a lesson, without its number."""
    return path.stem.partition("_")[2]


def notebook_title(path: Path) -> str:
    """Return the title of a notebook: its first heading."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("# "):
            return source.splitlines()[0].removeprefix("# ").strip()
    return path.stem.replace("_", " ")
