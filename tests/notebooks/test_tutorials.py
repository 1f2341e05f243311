"""The lessons are built alike, their links lead somewhere, and they run with their solutions."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from notebook_files import check_clean, committed, outputs_of

import infonb

FOLDER = Path(__file__).parents[2] / "tutorials"
TUTORIALS = sorted(FOLDER.glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)

PACKAGE = Path(infonb.__file__).parent
ROOMS = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]

COLAB = """\
# @title On Google Colab this installs infonb; elsewhere it does nothing
import sys

if "google.colab" in sys.modules:
    %pip install --quiet infonb
    from google.colab import output

    output.enable_custom_widget_manager()"""
INTERACTIVE = "interactive: bool = True  # live controls; false: pictures only"
WIDGET = "application/vnd.jupyter.widget-view+json"
FOLDED = {"source_hidden": True, "outputs_hidden": True}


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def words(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tree(cell):
    """Return the syntax of a cell, without the lines that are for IPython."""
    lines = [line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("\n".join(lines))


def code(notebook):
    """Return name of a cell → its syntax, but for the one for Colab."""
    return {
        cell.id: tree(cell)
        for cell in notebook.cells
        if cell.cell_type == "code" and "colab" not in cell.metadata.get("tags", [])
    }


# how lessons are built


def test_lessons_are_numbered():
    assert [int(path.stem[:2]) for path in TUTORIALS] == list(range(1, 8))


@EACH
def test_is_committed_without_outputs(path):
    check_clean(path)
    notebook = committed(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.display_name == "Python 3 (ipykernel)"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    number = int(path.stem[:2])
    assert all(re.fullmatch(rf"lesson-{number}-\d\d", cell.id) for cell in notebook.cells)


@EACH
def test_begins_with_colab_title_and_parameters(path):
    notebook = committed(path)
    colab, title, parameters = notebook.cells[:3]
    assert colab.source == COLAB
    assert colab.metadata.tags == ["colab"]
    assert colab.metadata.jupyter == {"source_hidden": True}
    assert colab.metadata.cellView == "form"
    assert title.source.startswith(f"# {int(path.stem[:2])}. ")
    assert "**Objectives.**" in title.source or "**Objectives**" in title.source
    assert "minute" in title.source, "how long it takes"
    assert parameters.metadata.tags == ["parameters"]
    assert INTERACTIVE in parameters.source.splitlines()
    assert len(tagged(notebook, "colab")) == len(tagged(notebook, "parameters")) == 1


@EACH
def test_ends_with_what_to_take_along_and_the_next_lesson(path):
    notebook = committed(path)
    headings = re.findall(r"^## (.+)$", words(notebook), flags=re.MULTILINE)
    assert headings[-2:] == ["Exercises", "What to take along"]
    last = notebook.cells[-1].source
    assert last.startswith("## What to take along")
    following = TUTORIALS[TUTORIALS.index(path) + 1 :][:1]
    assert all(f"({lesson.name})" in last for lesson in following)


@EACH
def test_links_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)\s]+)\)", words(committed(path)))
    for target in targets:
        if not target.startswith(("https://", "#")):
            assert (path.parent / target.partition("#")[0]).is_file(), target


@EACH
def test_all_that_is_imported_is_public(path):
    """Names of a room's face, also in the code that a lesson writes into a file."""
    sources = "\n".join(cell.source for cell in committed(path).cells)
    modules = set(re.findall(r"^ *(?:from|import) (infonb[\w.]*)", sources, flags=re.MULTILINE))
    assert modules <= {"infonb", *(f"infonb.{room}" for room in ROOMS)}


@EACH
def test_every_control_follows_the_parameter(path):
    found = 0
    for tree in code(committed(path)).values():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name == "Panel" or name.startswith("explore"):
                given = {word.arg: ast.unparse(word.value) for word in call.keywords}
                assert given.get("interactive") == "interactive", ast.unparse(call)
                found += 1
    assert found, "no live control"


# exercises


@EACH
def test_each_exercise_has_a_place_for_the_answer_and_a_solution(path):
    notebook = committed(path)
    start = next(
        number for number, cell in enumerate(notebook.cells)
        if re.search(r"^## Exercises$", cell.source, flags=re.MULTILINE)
    )  # fmt: skip
    kinds = []
    for cell in notebook.cells[start:-1]:
        kinds += [("task", int(n)) for n in re.findall(r"^### Exercise (\d+)", cell.source, re.M)]
        if "answer" in cell.metadata.get("tags", []):
            assert cell.source == "# your answer"
            kinds.append(("answer", None))
        if "solution" in cell.metadata.get("tags", []):
            title = re.match(r"# @title Solution (\d+)\n", cell.source)
            assert title, "the first line is '# @title Solution n'"
            kinds.append(("solution", int(title[1])))
    n = len(tagged(notebook, "solution"))
    assert 3 <= n <= 4
    assert kinds == [
        one for i in range(1, n + 1) for one in (("task", i), ("answer", None), ("solution", i))
    ]
    assert len(tagged(notebook, "answer")) == n


@EACH
def test_solutions_are_folded_and_check_themselves(path):
    notebook = committed(path)
    bound = {
        node.id
        for tree in code(notebook).values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for cell in tagged(notebook, "solution"):
        assert cell.metadata.jupyter == FOLDED
        assert cell.metadata.cellView == "form"
        shown, *checks = tree(cell).body
        assert ast.unparse(shown).startswith("with folded():"), "what it shows waits for a click"
        assert checks, "a solution ends in an assert"
        assert all(isinstance(check, ast.Assert) for check in checks)
        last = checks[-1]
        asked = {node.id for node in ast.walk(last.test) if isinstance(node, ast.Name)}
        assert asked & bound, f"asks nothing that was computed: {ast.unparse(last)}"
        for compare in (node for node in ast.walk(last.test) if isinstance(node, ast.Compare)):
            sides = [ast.dump(side) for side in (compare.left, *compare.comparators)]
            assert len(set(sides)) == len(sides), f"always true: {ast.unparse(last)}"


# lessons that run, each once; the tests below look at what it left


@pytest.fixture(scope="module", params=TUTORIALS, ids=lambda path: path.stem)
def executed(request, tmp_path_factory):
    """Return a lesson as it ran from top to bottom, offline, with live controls."""
    return run(request.param, tmp_path_factory.mktemp("lesson"))


def run(path, folder, **parameters):
    import papermill

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INFONB_DATA", raising=False)
        for proxy in ("http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(proxy, "http://127.0.0.1:9")
        papermill.execute_notebook(
            path, folder / path.name, parameters, kernel_name="python3", progress_bar=False,
            cwd=folder,
        )  # fmt: skip
    return committed(folder / path.name)


def pictures_of(notebook):
    return [output for output in outputs_of(notebook) if "image/png" in output.get("data", {})]


def controls_of(notebook):
    return [output for output in outputs_of(notebook) if WIDGET in output.get("data", {})]


@pytest.mark.slow
def test_lesson_runs(executed):
    outputs = outputs_of(executed)  # papermill raised if a cell, or a solution's assert, failed
    assert not [output for output in outputs if output.get("name") == "stderr"], "warnings"
    (colab,) = tagged(executed, "colab")
    assert not colab.outputs, "the cell for Colab does nothing here"


@pytest.mark.slow
def test_pictures_have_words(executed):
    pictures = pictures_of(executed)
    assert len(pictures) >= 3
    assert all(output["metadata"]["image/png"]["alt"] for output in pictures)


@pytest.mark.slow
def test_controls_are_live_and_leave_a_picture(executed):
    controls = controls_of(executed)
    assert controls
    assert all("image/png" in output["data"] for output in controls)
    first = pictures_of(executed)[0]
    assert first not in controls, "a static picture comes first"


@pytest.mark.slow
def test_solutions_show_their_answer_after_a_click(executed):
    for cell in tagged(executed, "solution"):
        (output,) = cell.outputs
        inside = output["data"]["text/html"].removeprefix(
            "<details><summary>Show the answer</summary>"
        )
        assert inside.removesuffix("</details>").strip(), cell.source.splitlines()[0]


@pytest.mark.slow
def test_without_controls_there_are_pictures_only(tmp_path):
    # the same parameter reaches every control (checked above), so one lesson stands for all
    notebook = run(TUTORIALS[0], tmp_path, interactive=False)
    assert not controls_of(notebook)
    assert len(pictures_of(notebook)) >= 3
