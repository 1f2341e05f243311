"""The lessons are built alike, their links lead somewhere, and they run with their solutions."""

from __future__ import annotations

import ast
import json
import re
import sys
import types
from pathlib import Path

import nbformat
import pytest
from notebook_files import check_clean, committed, outputs_of
from notebooks.wrong_answers import WRONG

import infonb
from infonb.reports.page.formulas import formula_svg

FOLDER = Path(__file__).parents[2] / "tutorials"
TUTORIALS = sorted(FOLDER.glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)

PACKAGE = Path(infonb.__file__).parent
ROOMS = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]

COLAB = """\
# @title On Google Colab this installs infonb, from the address below; elsewhere it does nothing
import sys

repository = ""  # @param {type: "string"}
if "google.colab" in sys.modules:
    if not repository:
        raise ValueError("give the address of infonb's repository (https://...) in this cell.")
    %pip install --quiet "git+{repository}"
    from google.colab import output

    output.enable_custom_widget_manager()"""
INTERACTIVE = "interactive: bool = True  # live controls; false: pictures only"
WIDGET = "application/vnd.jupyter.widget-view+json"
FOLDED = {"source_hidden": True, "outputs_hidden": True}
ORDER = ["task", "check", "answer", "solution"]
KINDS = {
    "check": r"^# @title The check of exercise (\d+) ",
    "answer": r"^exercise_(\d+)\.check\(",
    "solution": r"\A# @title Solution (\d+)\n",
}


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
    assert [int(path.stem[:2]) for path in TUTORIALS] == list(range(1, 16))


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
    assert "20 minutes" in title.source, "how long it takes"
    ideas = title.source.split("**Two new ideas**")[1]
    assert re.findall(r"^(\d)\. ", ideas, flags=re.MULTILINE) == ["1", "2"]
    assert parameters.metadata.tags == ["parameters"]
    assert INTERACTIVE in parameters.source.splitlines()
    assert len(tagged(notebook, "colab")) == len(tagged(notebook, "parameters")) == 1


@pytest.mark.parametrize("address", ["", "https://host/infonb"])
def test_colab_installs_from_the_address_that_is_given_or_asks_for_one(address, monkeypatch):
    done = []
    output = types.SimpleNamespace(enable_custom_widget_manager=lambda: done.append("widgets"))
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(output=output))
    cell = COLAB.replace('repository = ""', f"repository = {address!r}")
    cell = re.sub(r"%pip (.*)", r"done.append(f'\1')", cell)
    if not address:
        with pytest.raises(ValueError, match="address of infonb's repository"):
            exec(cell, {"done": done})
        assert done == []
        return
    exec(cell, {"done": done})
    assert done == [f'install --quiet "git+{address}"', "widgets"]


@EACH
def test_plumbing_is_folded(path):
    notebook = committed(path)
    _, _, parameters, imports = notebook.cells[:4]
    assert imports.source.startswith("# @title Imports\n")
    for cell in (parameters, imports):
        assert cell.metadata.jupyter == {"source_hidden": True}
        assert cell.metadata.cellView == "form"
    for cell in notebook.cells[4:]:
        if cell.cell_type == "code" and "jupyter" not in cell.metadata:
            assert not re.search(r"^(?:from|import) ", cell.source, re.M), cell.source


@EACH
def test_formulas_can_be_drawn_on_a_page(path):
    text = words(committed(path))
    found = re.findall(r"\$\$(.+?)\$\$", text, flags=re.DOTALL)
    found += re.findall(r"(?<!\$)\$([^$\n]+)\$(?!\$)", text)
    for latex in found:
        assert "<svg" in formula_svg(latex), latex


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


def exercises_of(notebook):
    """Return (kind, number) of each task, check, answer and solution, in their order."""
    start = next(
        number for number, cell in enumerate(notebook.cells)
        if re.search(r"^## Exercises$", cell.source, flags=re.MULTILINE)
    )  # fmt: skip
    kinds = []
    for cell in notebook.cells[start:-1]:
        kinds += [("task", int(n)) for n in re.findall(r"^### Exercise (\d+)", cell.source, re.M)]
        for kind, pattern in KINDS.items():
            if kind in cell.metadata.get("tags", []):
                number = re.search(pattern, cell.source, re.M)
                assert number, f"{kind}: no {pattern!r}"
                kinds.append((kind, int(number[1])))
    return kinds


@EACH
def test_each_exercise_has_a_check_a_place_for_answers_and_a_solution(path):
    notebook = committed(path)
    n = len(tagged(notebook, "solution"))
    assert 3 <= n <= 4
    assert exercises_of(notebook) == [(kind, i) for i in range(1, n + 1) for kind in ORDER]
    assert list(WRONG[path.stem]) == list(range(1, n + 1))
    assert all(len(tries) >= 2 for tries in WRONG[path.stem].values())


@EACH
def test_answers_are_named_and_not_there_yet(path):
    for cell in tagged(committed(path), "answer"):
        *given, last = tree(cell).body
        names = [target.id for line in given for target in line.targets]
        values = [ast.unparse(line.value) for line in given]
        call = ast.unparse(last.value.func)
        assert re.fullmatch(r"exercise_\d\.check", call)
        asked = {word.arg: ast.unparse(word.value) for word in last.value.keywords}
        assert asked == {name: name for name in asked}
        starters = [name for name, value in zip(names, values, strict=True) if value == "..."]
        assert starters == list(asked), "each answer begins as ..."


@EACH
def test_checks_and_solutions_are_folded(path):
    notebook = committed(path)
    for cell in tagged(notebook, "check"):
        assert cell.metadata.jupyter == {"source_hidden": True}
        assert cell.metadata.cellView == "form"
    for cell in tagged(notebook, "solution"):
        assert cell.metadata.jupyter == FOLDED
        assert cell.metadata.cellView == "form"
        (solution,) = tree(cell).body
        number = re.search(KINDS["solution"], cell.source)[1]
        assert [ast.unparse(one) for one in solution.decorator_list] == [f"exercise_{number}.solve"]


@EACH
def test_no_solution_needs_what_an_answer_leaves(path):
    """Dashboards leave the places for answers out, and run the solutions all the same."""
    notebook, cells = committed(path), code(committed(path))
    answers, solutions = (
        [cell.id for cell in tagged(notebook, kind)] for kind in ("answer", "solution")
    )
    others = [cells[name] for name in cells if name not in {*answers, *solutions}]
    left = names(ast.Store, *(cells[name] for name in answers)) - names(ast.Store, *others)
    assert left
    for name in solutions:
        needed = names(ast.Load, cells[name]) - names(ast.Store, cells[name])
        assert not needed & left, name


def names(use, *trees):
    """Return the names that are stored to, or loaded, in the code of cells."""
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in nodes if isinstance(node.ctx, use)}


# lessons that run, each once; the tests below look at what it left


@pytest.fixture(scope="module", params=TUTORIALS, ids=lambda path: path.stem)
def executed(request, tmp_path_factory):
    """Return a lesson as it ran, offline, with live controls, and then with wrong answers."""
    return run(with_tries(request.param, tmp_path_factory.mktemp("tries")),
               tmp_path_factory.mktemp("lesson"))  # fmt: skip


def with_tries(path, folder):
    """Write a lesson with a cell for each exercise at its end: what is said to wrong answers."""
    notebook = committed(path)
    for number, tries in WRONG[path.stem].items():
        checks = ", ".join(f"repr(exercise_{number}.check({answer}))" for answer, _ in tries)
        right = f"exercise_{number}.check(**solution_{number}()).right"
        parts = f"list(exercise_{number}.parts)"
        source = (  # one expression, so that no name of the lesson is lost
            "import json, warnings\n\nwarnings.simplefilter('ignore')\n"
            f"print(json.dumps({{'right': {right}, 'wrong': [{checks}], 'parts': {parts}}}))"
        )
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": ["tried"]}))
    nbformat.write(notebook, folder / path.name)
    return folder / path.name


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
def test_under_run_all_nothing_is_answered_yet(executed):
    for cell in tagged(executed, "answer"):
        (output,) = cell.outputs
        lines = output["data"]["text/plain"].splitlines()
        assert lines
        assert all(re.fullmatch(r"○ \w+: Not answered yet\.", line) for line in lines)
        html = output["data"]["text/html"]
        assert html.count("<p ") == len(lines)
        assert "<script" not in html


@pytest.mark.slow
def test_right_answers_are_praised_and_wrong_ones_get_their_own_hint(executed):
    number = int(executed.cells[0].id.split("-")[1])
    (exercises,) = (WRONG[path.stem] for path in TUTORIALS if int(path.stem[:2]) == number)
    answers = [set(parts_of(cell)) for cell in tagged(executed, "answer")]
    for tries, cell, asked in zip(
        exercises.values(), tagged(executed, "tried"), answers, strict=True
    ):
        printed = "".join(output.get("text", "") for output in cell.outputs)
        found = json.loads(printed.splitlines()[-1])
        assert found["right"], "a solution, after the whole lesson"
        assert set(found["parts"]) == asked
        for (answer, hint), said in zip(tries, found["wrong"], strict=True):
            part = answer.split("=")[0]
            (line,) = (line for line in said.splitlines() if f" {part}:" in line)
            assert line.startswith(f"✗ {part}: Not yet."), f"{answer}: {line}"
            assert hint in line, f"{answer}: {line}"


def parts_of(answer):
    return [word.arg for word in tree(answer).body[-1].value.keywords]


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
