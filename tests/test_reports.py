from __future__ import annotations

import base64
import io
import json
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from fakes import NAME, install, write_notebook
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from infonb.experiments.parameters import ParameterError
from infonb.reports import ReportError, copy_notebooks, plan_report, run_report
from infonb.reports import notebooks as notebooks_module
from infonb.reports import run as run_module
from infonb.reports.formulas import formula_svg
from infonb.reports.kernel import kernel_options, write_kernelspec
from infonb.reports.lab import lab_command, lab_environment
from infonb.reports.page import render_page
from infonb.reports.tidy import tidy

LOADING = {"src", "srcset", "poster", "data", "xlink:href", "background", "action"}

# what makes a notebook known as the outcome of a report
EXECUTED = '{"metadata": {"papermill": {}}, "cells": []}'


class Page(HTMLParser):
    """What a page shows and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.loads: list[str] = []
        self.in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.in_style = tag == "style"
        self.loads += [str(found[name]) for name in LOADING & found.keys()]
        if tag in ("link", "base"):
            self.loads.append(str(found.get("href")))
        self.handle_css(found.get("style") or "")

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.handle_css(data)

    def handle_css(self, css: str) -> None:
        self.loads += re.findall(r"url\(([^)]*)\)", css)
        self.loads += re.findall(r"@import[^;]*", css)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def png(dpi: int = 100) -> str:
    buffer = io.BytesIO()
    Figure(figsize=(2, 1)).savefig(buffer, dpi=dpi)
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report that ran on a real kernel, with a foreign python3 about."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        foreign = root / "jupyter" / "kernels" / "python3"
        foreign.mkdir(parents=True)
        spec = {"argv": ["/nowhere/python", "{connection_file}"], "display_name": "x"}
        (foreign / "kernel.json").write_text(json.dumps({**spec, "language": "python"}))
        patch.setenv("JUPYTER_PATH", str(root / "jupyter"))
        patch.delenv("OMP_WAIT_POLICY", raising=False)
        install(patch, root / "source")
        patch.chdir(root)
        write_notebook(
            root / "source",
            "import json, os, pathlib, sys\n"
            "pathlib.Path(results).mkdir()\n"
            "pathlib.Path(results, 'seen.json').write_text(json.dumps(dict(alpha=alpha,\n"
            "    epochs=epochs, interactive=interactive, executable=sys.executable,\n"
            "    folder=os.getcwd(), policy=os.environ['OMP_WAIT_POLICY'])))",
            new_markdown_cell("## The figure"),
            "import matplotlib.pyplot as plt\n"
            "from IPython.display import display\n"
            "figure, axes = plt.subplots(figsize=(3, 2))\n"
            "plt.close(figure)\n"
            "display(figure, metadata={'alt': 'An <empty> figure'})",
            "from tqdm import tqdm\n"
            "for i in tqdm(range(3), file=sys.stdout, ascii=True, desc='training'): print(end='')",
            "from tqdm.auto import tqdm as live\nfor i in live(range(2)): pass",
        )
        (root / "out").mkdir()
        run_report(
            NAME.replace("_", "-"), {"alpha": 1, "epochs": 7}, root / "deep" / "out", progress=False
        )
    return root / "deep" / "out"


def test_a_report_leaves_three_things(finished: Path) -> None:
    assert sorted(path.name for path in finished.iterdir()) == [
        f"{NAME}.html", f"{NAME}.ipynb", "results.zarr",
    ]  # fmt: skip


def test_the_notebook_got_its_parameters_on_this_interpreter(finished: Path) -> None:
    seen = json.loads((finished / "results.zarr" / "seen.json").read_text())
    assert seen == {
        "alpha": [1.0],
        "epochs": 7,
        "interactive": False,
        "executable": sys.executable,
        "folder": str(finished.parent.parent.resolve()),
        "policy": "PASSIVE",
    }


def test_the_executed_notebook_is_valid_and_unmarked(finished: Path) -> None:
    notebook = nbformat.read(finished / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.papermill.exception is None
    assert notebook.metadata.papermill.output_path.endswith(f"{NAME}.ipynb")
    assert "widgets" not in notebook.metadata
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def test_the_page_shows_the_run(finished: Path) -> None:
    text = (finished / f"{NAME}.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "<title>A small experiment</title>" in text
    assert len(page.all("h1")) == 1
    assert "infonb run colored_digits -p alpha=1.0 -p epochs=7" in text
    assert re.search(r"numpy \d+\.\d+", text)
    assert re.search(r"Finished on \d{4}-\d\d-\d\d", text)
    assert '<a href="#The-figure">The figure</a>' in text
    (image,) = page.all("img")
    assert image["alt"] == "An <empty> figure"
    assert str(image["src"]).startswith("data:image/png;base64,")
    # drawn at twice the resolution, shown at its own size (the tight box is a little smaller)
    assert 200 < int(str(image["width"])) < 320
    assert struct_width(str(image["src"])) > 1.8 * int(str(image["width"]))
    assert "100%|##########| 3/3" in text
    assert "  0%|" not in text
    assert [page for page in page.loads if not page.startswith("data:")] == []


def struct_width(source: str) -> int:
    return int.from_bytes(base64.b64decode(source.partition(",")[2])[16:20], "big")


def test_a_failing_cell_is_told_and_no_page_remains(small: Path) -> None:
    write_notebook(
        small, "before = 1", "raise ValueError('bad \\x1b[31mluck\\x1b[0m')", "after = 1"
    )
    output = small.parent / "out"
    output.mkdir()
    (output / f"{NAME}.html").write_text("<p>success of an earlier run</p>")
    (output / f"{NAME}.ipynb").write_text(EXECUTED)
    (output / "results.zarr").mkdir()
    with pytest.raises(ReportError, match=r"cell \[4\] failed with ValueError: bad luck") as caught:
        run_report(NAME, output=output, progress=False)
    error = caught.value
    assert (error.cell, error.error, error.message) == (4, "ValueError", "bad luck")
    assert error.notebook == output / f"{NAME}.ipynb"
    assert str(error.notebook) in str(error)
    assert [path.name for path in output.iterdir()] == [f"{NAME}.ipynb"]
    notebook = nbformat.read(error.notebook, as_version=4)
    assert "An Exception was encountered" in notebook.cells[0].source
    assert notebook.cells[-1].execution_count is None


@pytest.mark.parametrize("written", ["", '{"cells": []}'])
def test_an_interrupted_run_leaves_no_page(
    small: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    output = small.parent / "report" / NAME
    output.mkdir(parents=True)
    (output / f"{NAME}.html").write_text("old")
    (output / f"{NAME}.ipynb").write_text(EXECUTED)

    def interrupted(plan: object, progress: bool) -> None:
        plan_report(NAME).partial.write_text(written)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "_execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_report(NAME)
    left = {path.name: path.read_text() for path in output.iterdir()}
    assert left == ({f"{NAME}.ipynb": written} if written else {})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alhpa": 1}, r"no parameter 'alhpa'; there are 'alpha', 'epochs', 'dataset'. Did you"),
        ({"alpha": 2}, "alpha must be between 0 and 1"),
        ({"results": "x"}, "parameter 'results' is set by the report itself"),
        ({"interactive": True}, "parameter 'interactive' is set by the report itself"),
    ],
)
def test_wrong_parameters_create_nothing(
    small: Path, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        run_report(NAME, parameters, small.parent / "out")
    assert not (small.parent / "out").exists()


def test_a_notebook_that_differs_from_its_experiment_is_refused(small: Path) -> None:
    path = write_notebook(small)
    path.write_text(path.read_text().replace("epochs: int = 3", "epochs: int = 4"))
    with pytest.raises(ParameterError, match="epochs: default 4 in the notebook, 3 in"):
        plan_report(NAME)


def test_default_folder_and_injected_values(small: Path) -> None:
    plan = plan_report(NAME, {"epochs": "5"}, text=True)
    assert plan.folder == Path("report", NAME)
    assert plan.injected == {
        "epochs": 5,
        "interactive": False,
        "results": str(small.parent / "report" / NAME / "results.zarr"),
    }


def test_output_must_be_a_folder(small: Path) -> None:
    (small.parent / "file").write_text("")
    for output in ("file", "file/deeper/out"):
        with pytest.raises(NotADirectoryError, match=r"file is a file, not a folder"):
            plan_report(NAME, output=output)
    (small.parent / "out" / f"{NAME}.html").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="is a folder; choose another"):
        plan_report(NAME, output="out")


def test_output_must_be_writable(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(PermissionError, match="no permission to write in"):
        plan_report(NAME, output="a/b")


def test_results_of_something_else_are_not_overwritten(small: Path) -> None:
    (small.parent / "out" / "results.zarr").mkdir(parents=True)
    with pytest.raises(FileExistsError, match=f"belongs to something else than {NAME}"):
        plan_report(NAME, output="out")
    (small.parent / "out" / f"{NAME}.ipynb").write_text(EXECUTED)
    assert plan_report(NAME, output="out").folder == Path("out")


@pytest.mark.parametrize("text", ["{}", "", '{"metadata": {}, "cells": []}'])
def test_a_notebook_that_somebody_works_on_is_not_overwritten(small: Path, text: str) -> None:
    (small.parent / "out").mkdir()
    mine = small.parent / "out" / f"{NAME}.ipynb"
    mine.write_text(text)
    with pytest.raises(FileExistsError, match="was not made by a report and would be lost"):
        run_report(NAME, output="out")
    assert mine.read_text() == text


def test_the_notebooks_themselves_are_no_output_folder(small: Path) -> None:
    with pytest.raises(FileExistsError, match="holds the notebooks of infonb themselves"):
        run_report(NAME, output=small.parent if small.is_file() else small)


def test_long_temporary_folders_get_no_sockets(tmp_path: Path) -> None:
    config = kernel_options(tmp_path / ("x" * 120))["config"]
    assert config.InterpreterKernel.transport == "tcp"


# the page, without a kernel


def rendered(*cells: nbformat.NotebookNode, show_code: bool = True) -> str:
    notebook = new_notebook(cells=list(cells))
    tidy(notebook)
    return render_page(notebook, plan_report(NAME), show_code=show_code)


def shown(data: dict[str, object], **metadata: object) -> nbformat.NotebookNode:
    output = new_output("display_data", data, metadata=metadata)
    return new_code_cell("show()", outputs=[output])


def test_code_is_folded_behind_a_toggle(small: Path) -> None:
    def toggle(text: str) -> dict[str, str | None]:
        (box,) = [tag for tag in Page(text).all("input") if tag.get("id") == "show-code"]
        return box

    cell = new_code_cell("answer = 42")
    unfolded, folded = rendered(cell), rendered(cell, show_code=False)
    assert "checked" in toggle(unfolded)
    assert "checked" not in toggle(folded)
    assert "body:has(#show-code:not(:checked)) .code { display: none; }" in folded
    for text in (unfolded, folded):
        assert re.search(r'class="code">.*answer', text, re.DOTALL)
        assert "<script" not in text


def test_pictures_have_alternative_texts(small: Path) -> None:
    image = {"image/png": png()}
    cell = shown(image)
    cell.metadata["alt"] = "told by the cell"
    text = rendered(
        shown(image, alt="told by the output"),
        shown(image, **{"image/png": {"alt": "told by the picture"}}),
        cell,
        new_markdown_cell("# Title\n\n## Entropy of `fc1`\n"),
        shown(image),
        shown({"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"}, alt="drawn"),
        shown({"image/jpeg": png()}, alt="photographed"),
    )
    assert [tag["alt"] for tag in Page(text).all("img")] == [
        "told by the output", "told by the picture", "told by the cell", "Figure: Entropy of fc1",
        "drawn", "photographed",
    ]  # fmt: skip


def test_pictures_are_shown_in_their_own_size(small: Path) -> None:
    text = rendered(
        shown({"image/png": png(100)}),
        shown({"image/png": png(200)}),
        shown({"image/png": png(200)}, **{"image/png": {"width": 123}}),
    )
    assert [tag.get("width") for tag in Page(text).all("img")] == [None, "200", "123"]


def test_nothing_is_loaded_from_elsewhere(small: Path) -> None:
    foreign = (
        '<script src="https://cdn.example/x.js"></script><script>fetch("https://x.example")</script>'
        '<link rel="stylesheet" href="https://cdn.example/x.css"><base href="https://x.example/">'
        '<style>@import "https://x.example/y.css"; p {background: url(https://x.example/p.png)}'
        "</style><p style=\"background:url('//x.example/p.png')\">text</p>"
        '<iframe src="https://x.example"></iframe><img src="http://x.example/i.png" alt="far">'
        '<img srcset="a.png 2x" alt="near"><a href="https://x.example/read">read</a>'
        '<object data="https://x.example/o"></object><video poster="https://x.example/v"></video>'
    )
    text = rendered(
        shown({"text/html": foreign}),
        new_markdown_cell(f"![far](https://x.example/m.png)\n\n{foreign}\n\n$a \\neq b$"),
        shown({"application/javascript": "alert(1)", "text/plain": "js"}),
        shown({"text/latex": "$\\frac{1}{2}$", "text/plain": "half"}),
    )
    page = Page(text)
    assert [load for load in page.loads if not load.startswith("data:")] == []
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"} == set()
    assert "far (not embedded: http://x.example/i.png)" in text
    assert '<a href="https://x.example/read">' in text  # a link is no request
    assert "alert(1)" not in text
    (policy,) = [tag for tag in page.all("meta") if "http-equiv" in tag]
    assert str(policy["content"]).startswith("default-src 'none'; img-src data:;")


def test_controls_are_left_out_and_their_pictures_kept(small: Path) -> None:
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}
    text = rendered(
        shown({**widget, "text/plain": "IntSlider(value=3)"}),
        shown({**widget, "text/plain": "Panel()", "image/png": png()}, alt="a panel"),
    )
    assert "IntSlider" not in text
    assert [tag["alt"] for tag in Page(text).all("img")] == ["a panel"]


def test_printed_lines_are_joined_and_bars_kept_in_their_last_state(small: Path) -> None:
    lines = ["one\n", "\r 10%|#", "\r 50%|##", "\r100%|###\n", "two\r\n", "\r  5%", "\r 99%\r"]
    outputs = [new_output("stream", name="stdout", text=line) for line in lines]
    outputs.insert(5, new_output("stream", name="stderr", text="a warning"))
    notebook = new_notebook(cells=[new_code_cell("", outputs=outputs)])
    tidy(notebook)
    assert [(item.name, item.text) for item in notebook.cells[0].outputs] == [
        ("stdout", "one\n100%|###\ntwo\r\n"),
        ("stderr", "a warning"),
        ("stdout", " 99%"),
    ]
    text = rendered(*notebook.cells)
    assert '<details class="messages"><summary>Messages</summary>' in text


def test_contents_follow_the_headings(small: Path) -> None:
    text = rendered(
        new_markdown_cell("# The title of it all\n\n## Data $x$\n\n### Part\n\n## Data $x$"),
        new_markdown_cell("#### too deep"),
    )
    contents = text[text.index("<nav") : text.index("</nav>")]
    links = re.findall(r'<li class="level-(h\d)"><a href="#([^"]*)">', contents)
    assert [level for level, _ in links] == ["h2", "h3", "h2"]
    assert len({anchor for _, anchor in links}) == 3
    ids = [str(attrs["id"]) for _, attrs in Page(text).tags if "id" in attrs]
    assert {anchor for _, anchor in links} <= set(ids)
    assert "<title>The title of it all</title>" in text
    assert "¶" not in text


def test_a_page_without_headings_has_no_contents(small: Path) -> None:
    text = rendered(new_markdown_cell("words"))
    assert "<nav" not in text
    assert "<title>A small experiment</title>" in text


def test_words_in_tables_are_flush_left(small: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"claim": ["falls", "rises"], "value": [1.5, -2e-3]})
    text = rendered(shown({"text/html": frame._repr_html_(), "text/plain": "frame"}))
    assert '<th class="words">claim</th>' in text
    assert '<td class="words">falls</td>' in text
    assert "<th>value</th>" in text


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


# the laboratory


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "installed"
    for name in ("notebooks/a.ipynb", "tutorials/1.ipynb", "tutorials/images/x.png",
                 "notebooks/.ipynb_checkpoints/a.ipynb"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"installed {name}")
    monkeypatch.setattr(notebooks_module, "notebook_folder", lambda kind="notebooks": root / kind)
    return root


def test_notebooks_are_copied_once_and_never_over_changes(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "lab"
    copied, kept = copy_notebooks(target)
    assert [path.relative_to(target).as_posix() for path in copied] == [
        "notebooks/a.ipynb", "tutorials/1.ipynb", "tutorials/images/x.png",
    ]  # fmt: skip
    assert kept == []
    (target / "notebooks" / "a.ipynb").write_text("changed")
    (target / "tutorials" / "1.ipynb").unlink()
    copied, kept = copy_notebooks(target)
    assert copied == [target / "tutorials" / "1.ipynb"]
    assert kept == [target / "notebooks" / "a.ipynb"]
    assert kept[0].read_text() == "changed"


def test_the_installed_files_are_never_the_laboratory(installed: Path) -> None:
    for folder in (installed, installed / "notebooks", installed / "tutorials" / "mine"):
        with pytest.raises(ValueError, match="the package's own"):
            copy_notebooks(folder)


def test_the_laboratory_runs_on_this_interpreter(tmp_path: Path) -> None:
    command = lab_command(tmp_path / "lab", ["--port=8890"])
    assert command[0] == sys.executable
    assert command[-2:] == [f"--ServerApp.root_dir={(tmp_path / 'lab').resolve()}", "--port=8890"]
    environment = lab_environment(tmp_path / "kernels")
    assert environment["JUPYTER_PATH"].split(os.pathsep)[0] == str(tmp_path / "kernels")
    spec = json.loads((tmp_path / "kernels" / "kernels" / "python3" / "kernel.json").read_text())
    assert spec["argv"][0] == sys.executable
    with pytest.raises(FileExistsError):
        write_kernelspec(tmp_path / "kernels")


def test_the_notebooks_lie_in_the_package_or_beside_it() -> None:
    for kind in ("notebooks", "tutorials"):
        assert notebooks_module.notebook_folder(kind).is_dir()
    with pytest.raises(FileNotFoundError, match="experiment 'nothing' has no notebook"):
        notebooks_module.notebook_path("nothing")
