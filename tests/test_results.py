"""The papers' tables in notebooks/RESULTS.md: complete rows, verdicts that follow, commands."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from scipy.stats import fisher_exact

from infonb import experiments
from infonb.experiments import published
from infonb.reports.page.recorded import section_name

RESULTS = (Path(__file__).parents[1] / "notebooks" / "RESULTS.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", RESULTS, flags=re.M)[1:]}
TABLES = SECTIONS["The papers' tables, row by row"]
LINKS = dict(re.findall(r"^\[([\w-]+)\]: #(.*)$", TABLES, flags=re.M))
PAPERS = ["Bansal", "Wang", "Biderman", "Jayaraman", "Liu", "Van den Burg", "Petersen", "Yun", "Yu"]
VERDICTS = ("agrees", "differs", "cannot tell", "not run")
REASONS = ("no data", "size", "not built", "no number")
HEAD = ["what", "paper", "here", "interval", "verdict", "where, or why not"]

NUMBER = r"[−-]?(?:\d{1,3}(?:,\d{3})+|\d*\.?\d+)"


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of each row of the table in a section, head first."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells[0], *cells[2:]]


TABLE_OF = {
    part.partition("\n")[0]: rows_of(part) for part in re.split(r"^### ", TABLES, flags=re.M)[1:]
}
EACH = pytest.mark.parametrize("paper", list(TABLE_OF))


class Row(NamedTuple):
    """One row of a table: texts."""

    what: str
    theirs: str
    ours: str
    interval: str
    verdict: str
    where: str

    @property
    def ran(self) -> bool:
        return self.verdict != "not run"


def of(paper: str) -> list[Row]:
    return [Row(*cells) for cells in TABLE_OF[paper][1:]]


def section_of(name: str) -> str:
    """Return the text of the section that a link leads to."""
    (found,) = (text for title, text in SECTIONS.items() if section_name(title) == LINKS[name])
    return found


def numbers(cell: str) -> list[float] | None:
    """Return the numbers of a cell that has nothing but numbers, in their order."""
    parts = [part.strip().removesuffix("%").strip() for part in re.split(r"[,;] ", cell)]
    if not all(re.fullmatch(NUMBER, part) for part in parts):
        return None
    return [float(part.replace(",", "").replace("−", "-")) for part in parts]


def test_each_paper_has_its_table():
    named = list(TABLE_OF)
    assert len(named) == 10
    for paper, title in zip(PAPERS, named, strict=False):
        assert title.startswith((f"{paper},", f"{paper} "))
        assert len(TABLE_OF[title]) > 2
    assert all(table[0] == HEAD for table in TABLE_OF.values())


@EACH
def test_rows_are_complete(paper):
    for row in of(paper):
        assert row.what, row
        assert row.theirs, row
        assert re.match(rf"({'|'.join(VERDICTS)})\b", row.verdict), row
        if row.ran:
            assert re.search(r"\d", row.ours), row
            assert not row.where.startswith(REASONS), row
        else:
            assert row.ours == row.interval == "", row
            assert row.where.split(":")[0] in REASONS, row


@EACH
def test_rows_lead_to_their_commands(paper):
    for row in filter(lambda one: one.ran, of(paper)):
        linked = re.findall(r"\[([\w-]+)\]", row.where)
        quoted = re.findall(r"`(.*?)`", row.where)
        assert linked or quoted, row
        for name in linked:
            assert re.search(r"```(bash|python)\n|`infonb run ", section_of(name)), row
        for one in quoted:
            if one.startswith("infonb run "):
                experiments.get(one.split()[2])
            else:
                room, _, function = one.partition("(")[0].rpartition(".")
                assert callable(getattr(importlib.import_module(room), function)), row


@EACH
def test_numbers_of_ours_are_recorded_ones(paper):
    """What is worked out from them says so in brackets behind the link."""
    for row in filter(lambda one: one.ran, of(paper)):
        link = re.fullmatch(r"\[([\w-]+)\]", row.where)
        if link:
            section = section_of(link[1])
            said = re.findall(NUMBER, row.ours.partition(":")[2] or row.ours)
            for one in said:
                assert re.search(rf"(?<![\d.]){re.escape(one)}(?!\d)", section), (one, row)


@EACH
def test_verdicts_follow_from_the_numbers(paper):
    judged = [one for one in of(paper) if one.verdict.startswith(("agrees", "differs"))]
    for row in judged:
        assert is_within(row) == row.verdict.startswith("agrees"), row


def is_within(row: Row) -> bool:
    """Whether each number of the paper is in our interval, or else near enough to ours."""
    theirs, spread = split_spread(row.theirs)
    ours = numbers(row.ours)
    assert ours is not None, row
    assert theirs is not None, row
    assert len(ours) == len(theirs), row
    bounds = re.findall(rf"({NUMBER}) … ({NUMBER})", row.interval)
    if bounds:
        ends = [tuple(map(number, one)) for one in bounds]
        return all(a <= one <= b for one, (a, b) in zip(theirs, ends, strict=True))
    restarts = re.search(r"interpolate of (\d+)", row.what)
    if restarts:
        return all(are_alike(*pair, int(restarts[1])) for pair in zip(ours, theirs, strict=True))
    away = spread or tolerances(row.theirs, theirs)
    return all(
        abs(one - other) <= most + 1e-9
        for one, other, most in zip(ours, theirs, away, strict=True)
    )  # fmt: skip


def are_alike(one: float, other: float, n: int) -> bool:
    """Whether two counts of n random restarts each are not told apart."""
    return fisher_exact([[one, n - one], [other, n - other]]).pvalue >= 0.05


def test_counts_of_restarts_are_told_apart_by_more_than_chance():
    assert are_alike(0, 1, 25)
    assert not are_alike(9, 18, 25)


def test_the_sum_is_that_of_the_rows():
    rows = [row for paper in TABLE_OF for row in of(paper)]
    agree, differ, open_, not_run = (
        sum(row.verdict.startswith(word) for row in rows) for word in VERDICTS
    )
    said = f"{agree} agree, {differ} differ, {open_} cannot tell, {not_run} were not run."
    assert f"Of {len(rows)} rows {said}" in TABLES


def number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def tolerances(cell: str, values: list[float]) -> list[float]:
    """Return how far away ours may be: half a point of percentages, counts not at all, or 0.05."""
    if "%" in cell:
        return [0.5] * len(values)
    counts = "." not in cell
    return [0.0 if counts else 0.05] * len(values)


def split_spread(cell: str) -> tuple[list[float] | None, list[float]]:
    """Return the numbers of a cell, and what follows ± behind each, if anything does."""
    spread = [number(one) for one in re.findall(rf"± ({NUMBER})", cell)]
    return numbers(re.sub(rf" ± {NUMBER}", "", re.sub(r" \(.*?\)", "", cell))), spread


def test_bansals_numbers_are_those_of_the_experiments():
    (table,) = (rows for title, rows in TABLE_OF.items() if title.startswith("Bansal"))
    found = [numbers(row[1]) for row in table[1:]]
    for one in (
        published.COLORED_MNIST, published.SHUFFLED_MNIST, published.SENTIMENT_ADJECTIVES,
        published.SHUFFLED_IMDB,
    ):  # fmt: skip
        for values in (one.accuracy, *one.entropy.values()):
            assert list(values) in found
    for column, (_, entropy, information) in published.TABLE_2.items():
        at = next(i for i, row in enumerate(table) if row[0].startswith(f"Table 2, {column}"))
        assert [numbers(table[at][1]), numbers(table[at + 1][1])] == [[entropy], [information]]


def test_every_command_has_an_experiment_and_its_parameters():
    commands = re.findall(r"infonb run (.*?(?:\\\n.*?)*)(?:\n|`|$)", RESULTS)
    assert len(commands) > 20
    for command in commands:
        words = command.split()
        names = {field.name for field in dataclasses.fields(experiments.get(words[0]))}
        given = re.findall(r"-p \"?(\w+)=", command)
        assert set(given) <= {*names, "found"}, command
