"""What the README and the guide say is so: code, commands, pictures, links, tables."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import infonb as inb
from infonb import experiments
from infonb.experiments import ColoredDigits, ConcentricCircles
from infonb.reports.notebooks import lessons, notebook_title

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "tutorials" / "guide.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", f"{README}\n{GUIDE}", flags=re.DOTALL)


def section(title: str, text: str = README) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_readme_is_short():
    text = re.sub(r"```.*?```|!\[.*?\]\(.*?\)|<img .*?>", "", README, flags=re.DOTALL)
    text = re.sub(r"\]\(.*?\)|[|*`#>-]", " ", text)
    assert len(text.split()) <= 900


def test_links_lead_somewhere():
    for folder, text in ((ROOT, README), (ROOT / "tutorials", GUIDE)):
        for path, _, anchor in re.findall(r"\]\(((?!http)[^)#]*)(#([^)]+))?\)", text):
            target = (folder / path).resolve() if path else None
            assert target is None or target.is_file(), path
            if anchor:
                there = text if target is None else target.read_text(encoding="utf-8")
                titles = re.findall(r"^##+ (.*)$", there, flags=re.MULTILINE)
                assert anchor in {
                    re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles
                }


def first_cells(text: str) -> list[str]:
    """Return the first column of the table in a section, without the head."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [row.split("|")[1].strip() for row in rows[2:]]


@pytest.mark.slow
def test_its_code_runs(tmp_path, monkeypatch, capsys):
    # one after the other, as a reader does; there is no cluster here to connect to
    python = blocks("python")
    assert sum("distributed" in block for block in python) == 1
    code = "\n".join(block for block in python if "distributed" not in block)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    # what is printed first is what the README has beside it
    said = re.search(r"print\(found\.verdict\.item\(\)\)  # (.*)", section("Your own models"))
    assert capsys.readouterr().out.splitlines()[0] == said[1]
    made = {path.name for path in tmp_path.glob("*.png")}
    assert made == set(re.findall(r'savefig\("(.*?)"\)', code))


def test_a_loop_of_ones_own_misses_no_epoch(capsys):
    own = section("Along training", GUIDE).split("```python\n")[2].split("```")[0]
    torch.manual_seed(0)
    inputs = torch.randn(60, 4)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    known = {"inb": inb, "torch": torch, "inputs": inputs, "model": model}
    exec(compile(own, "README.md", "exec"), known | {"labels": (inputs[:, 0] > 0).long().numpy()})
    assert capsys.readouterr().out == "[ 0  5 10 12]\n"


def test_the_quick_start_is_short():
    assert len(section("Your own models").split("```python")[1].split("```")[0].splitlines()) <= 11
    assert len(section("Quick start in Python", GUIDE).split("```")[1].splitlines()) <= 20


def test_all_that_it_imports_is_public():
    code = "\n".join(blocks("python"))
    modules = set(re.findall(r"^ *(?:from|import) (infonb[\w.]*)", code, flags=re.MULTILINE))
    rooms = [path.parent.name for path in (ROOT / "infonb").glob("*/__init__.py")]
    assert modules <= {"infonb", *(f"infonb.{room}" for room in rooms)}


def test_every_command_is_one():
    from infonb.cli import main

    named = re.findall(r"infonb ([a-z-]+)", "\n".join(blocks("bash")))
    assert set(named) == set(main.commands)
    for name in re.findall(r"infonb (?:run|dashboard) ([a-z-]+)", "\n".join(blocks("bash"))):
        experiments.get(name)


def test_lessons_are_those_that_there_are():
    titles = [notebook_title(path) for path in lessons().values()]
    named = re.findall(r"^\d+\. .*$", section("Lessons", GUIDE), flags=re.MULTILINE)
    assert named == titles


def rows_of_experiments() -> list[str]:
    """Return the rows of both tables that name one experiment."""
    both = f"{section('The nine systems')}\n{section('The experiments')}"
    return [line for line in both.splitlines() if re.search(r"\| `\w+`", line)]


def test_experiments_are_those_that_there_are():
    named = [re.search(r"\| `(\w+)`", line)[1] for line in rows_of_experiments()]
    assert sorted(named) == sorted(experiments.names())


def test_there_are_nine_systems_each_with_a_picture():
    rows = [line for line in section("The nine systems").splitlines() if "<img" in line]
    assert len(rows) == 9
    for row in rows:
        assert re.search(r'src="notebooks/pictures/(\w+)\.png" width="\d+" alt="[^"]{20,}"', row)
        assert all(cell.strip() for cell in row.strip("|").split("|"))


@pytest.mark.parametrize(
    ("experiment", "claim", "recorded"),
    [
        ("colored_digits", "5 of 9 claims hold", "Five of nine claims hold"),
        ("shuffled_digits", "3 of 7 claims hold", "Three of seven claims hold"),
        ("model_selection", "2 of 4 claims hold", "Two of four claims hold"),
        ("in_and_out", "8 % of true ones", "8 % are known by heart"),
        ("nine_rulers", "in/out sees memory", "**What sees memory.** In/out"),
        (
            "early_learning",
            "3 % with λ = 7, half with the paper's λ = 3",
            "| 45.6 % (43.2 … 48.0) | 3.4 %",
        ),
    ],
)
def test_what_was_found_is_what_is_recorded(experiment, claim, recorded):
    (row,) = [row for row in rows_of_experiments() if f"| `{experiment}`" in row]
    results = (ROOT / "notebooks" / "RESULTS.md").read_text(encoding="utf-8")
    assert claim in row
    assert recorded in results


#: The nine systems but the first, as small as their pictures allow.
SMALL = {
    "encoder_memorization": {
        "network": ["contrastive"], "n_shared": 12, "n_candidates": 8, "n_independent": 8,
        "n_external": 8, "n_planted": 4, "n_probe": 40, "n_evaluation": 40, "width": 16,
        "depth": 2, "epochs": 2, "batch_size": 10, "mi_neurons": 2, "n_random": 1,
        "n_augmentations": 2, "seed": [0],
    },
    "predictable_memorization": {
        "size": ["8", "16"], "copies": [1, 4], "n_each": 4, "n_background": 20, "n_held_out": 4,
        "length": 8, "prompt": 4, "prompts": [5], "checkpoints": [0.5, 1.0], "k": 2,
        "batch_size": 8, "mi_neurons": 2, "seed": [0],
    },
    "deja_vu": {
        "treatment": ["mask 0.3"], "n": 30, "n_public": 20, "n_scored": 20, "width": 4,
        "features": 4, "steps": 2, "curve": [2], "mi_neurons": 8, "seed": [0],
    },
    "early_learning": {
        "loss": ["elr 7"], "n_train": 50, "n_validation": 40, "width": 4, "epochs": 1,
        "linear_steps": 100, "mi_neurons": 2, "seed": [0],
    },
    "density_memorization": {
        "learning_rate": [2e-3], "repeats": 1, "folds": 2, "n_regular": 20, "n_single": 2,
        "n_copied": 1, "copies": 2, "n_null": 20, "width": 8, "n_latent": 2,
        "checkpoints": [1, 2], "draws": 4, "n_measured": 40, "mi_neurons": 6,
    },
    "logic_gates": {
        "kind": ["noise 0.4"], "n_train": 50, "n_test": 30, "k": 4, "width": 40, "layers": 2,
        "epochs": 1, "mi_neurons": 4, "seed": [0],
    },
    "relu_memorizers": {
        "network": ["trained"], "labels": ["true"], "n_memorized": 20, "epochs": 2,
        "n_points": [4, 8], "near_epochs": 1, "seed": [0],
    },
    "generalizable_memorizers": {
        "memorizer": ["cells", "mlp"], "pair": ["0v1"], "n_train": 30, "width": 4, "epochs": 2,
        "information_of": "0v1", "mi_neurons": 3, "law_points": [20], "bit_points": [4],
        "cube": 2, "draws": 1, "n_dims": 2, "seed": [0],
    },
}  # fmt: skip


@pytest.mark.slow
def test_the_script_makes_all_its_pictures():
    path = ROOT / "notebooks" / "pictures" / "make.py"
    spec = importlib.util.spec_from_file_location("make", path)
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    digits = ColoredDigits(
        alpha=[0.0, 1.0], seed=[0], epochs=2, width=8, n_train=200, n_validation=100
    )
    circles = ConcentricCircles(
        division=[0.5, 1.0], beta=[0.0, 1.0], seed=[0], epochs=2, epochs_memorized=4, n_points=200,
        mi_samples=100,
    )  # fmt: skip
    systems = {
        name: digits if name == "colored_digits" else experiments.get(name)(**SMALL[name])
        for name in make.SYSTEMS
    }
    made = make.pictures(digits, circles, systems)
    shown = set(re.findall(r"[(\"]notebooks/pictures/(\w+)\.png[)\"]", README))
    assert set(made) == shown
    for name, png in made.items():
        assert png.startswith(b"\x89PNG"), name
        assert (path.parent / f"{name}.png").is_file()
    assert all((path.parent / f"{name}.png").stat().st_size < 60_000 for name in make.SYSTEMS)
