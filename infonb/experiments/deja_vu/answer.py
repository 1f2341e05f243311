"""What the runs say in sentences and tables: who remembers, what it costs to keep from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from infonb.claims import ClaimsTable
from infonb.claims.verdict import UNCLEAR
from infonb.experiments.deja_vu.claims import first_gap
from infonb.experiments.deja_vu.treatments import DEFAULT, MITIGATIONS, SIZE, kind_of
from infonb.memorization import auroc

__all__ = ["alone_table", "answer_words", "checks_table", "confidence_words", "information_words",
           "treatments_table"]  # fmt: skip

_ORDER = " goes with more déjà vu"


def treatments_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return a row for each treatment: gains of each group, and what the target is good for.

    Parameters
    ----------
    runs
        What `DejaVu.run` returned.

    Returns
    -------
    pandas.DataFrame
        Means over seeds: PRG on A, B and C (the null), AUCG on A, mean recall of the target on A
        and on held-out pairs, retrieval of held-out images, training loss (nat), epochs.

    Examples
    --------
    >>> treatments_table(runs).loc["default", "PRG A"]  # doctest: +SKIP
    """
    recall = runs.recall.sel(model="target")
    on_a = recall.isel(pair=np.flatnonzero(runs["role"].values == "A")).mean("pair")
    columns = {f"PRG {group}": runs.prg.sel(group=group) for group in runs.group.values} | {
        "AUCG A": runs.aucg.sel(group="A"), "recall A": on_a, "recall C": runs.recall_held_out,
        "retrieval C": runs.retrieval, "training loss": runs.final_train_loss,
        "epochs": runs.epochs_trained,
    }  # fmt: skip
    found = {name: one.mean("seed").reset_coords(drop=True) for name, one in columns.items()}
    table = xr.Dataset(found).to_dataframe().rename_axis(None)[list(found)]
    return table.astype({"epochs": int})  # alike for all seeds


def alone_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return PRG with public captions in place of the reference, a row for each treatment.

    Parameters
    ----------
    runs
        What `DejaVu.run` returned.

    Returns
    -------
    pandas.DataFrame
        Means over seeds, a column for each kind of reference and group.

    Examples
    --------
    >>> alone_table(runs)["naive Bayes, A"]  # doctest: +SKIP
    """
    alone = runs.prg_alone.mean("seed")
    return pd.DataFrame({
        f"{reference}, {group}": alone.sel(reference=reference, group=group).to_series()
        for reference in alone.reference.values for group in alone.group.values
    })  # fmt: skip


def checks_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return the checks that could have failed: what was to be expected, what came, whether it is met.

    Parameters
    ----------
    runs
        What `DejaVu.run` returned.

    Returns
    -------
    pandas.DataFrame
        A row for each check, of the worst of all seeds.

    Examples
    --------
    >>> checks_table(runs)["met"].all()  # doctest: +SKIP
    """
    prg, n = runs.prg.sel(treatment=DEFAULT), int(runs.n_used.min())
    limit = 3 / np.sqrt(n)
    at_null = abs(xr.concat([runs[name].sel(group="C") for name in ("prg", "ppg")], "gain"))
    null, every = float(at_null.sel(treatment=DEFAULT).max()), float(at_null.max())
    least = float(runs.top.min())
    at_c = {key: first_gap(runs, key, least, "C") for key in ("min_dist", "max_pred_gap")}
    near, chosen = (float(one.mean()) for one in at_c.values())
    rows = [
        ("PRG on A, default, smallest of the seeds", "> 0.3", float(prg.sel(group="A").min()),
         float(prg.sel(group="A").min()) > 0.3),
        ("PRG on B, default, largest of the seeds", "< −0.3", float(prg.sel(group="B").max()),
         float(prg.sel(group="B").max()) < -0.3),
        ("PRG and PPG on C, default, the farthest from 0", f"< 3/√{n} = {limit:.3f}", null,
         null < limit),
        ("the same of all treatments", f"< 3/√{n} = {limit:.3f}", every, every < limit),
        *_order_rows(runs),
        (f"gap of recall on the first {100 * least:g} % of C by min_dist, mean of the seeds",
         "near 0 (within 0.2)", near, abs(near) < 0.2),
        ("the same by max_pred_gap: selection alone", "> 0.2", chosen, chosen > 0.2),
        ("all gains of a model over itself, the farthest from 0", "exactly 0",
         float(runs.gain_of_itself.max()), bool((runs.gain_of_itself == 0).all())),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["check", "expected", "here", "met"]).set_index("check")


def _order_rows(runs: xr.Dataset) -> list[tuple[str, str, float, bool]]:
    """Return whether PRG on A falls with size and with mask, along each of the two sweeps."""
    prg = runs.prg.sel(group="A").mean("seed")
    rows = []
    for kind, words in ((SIZE, "training pairs"), ("mask", "share of masked words")):
        swept = [one for one in runs.treatment.values.tolist() if kind_of(one) == kind]
        swept.sort(key=lambda one: float(one.split()[1]))
        if kind == "mask":
            swept = [DEFAULT, *swept]
        if len(swept) > 1:
            steps = prg.sel(treatment=swept).diff("treatment").values
            rows.append((
                f"PRG on A falls with the {words} ({' → '.join(swept)}): the largest step",
                "< 0", float(steps.max()), bool((steps < 0).all()),
            ))  # fmt: skip
    return rows


def answer_words(runs: xr.Dataset) -> str:
    """Return the answer in a few sentences with their numbers."""
    at = runs.sel(treatment=DEFAULT)
    prg = {group: at.prg.sel(group=group) for group in ("A", "B", "C")}
    recall = at.recall.isel(pair=np.flatnonzero(runs["role"].values == "A")).mean(["pair", "seed"])
    target, reference = (float(recall.sel(model=one)) for one in ("target", "reference"))
    bayes = at.prg_alone.sel(reference="naive Bayes").mean("seed")
    alone, null = (_signed(float(bayes.sel(group=group))) for group in "AC")
    return (
        f"{_yes(prg, int(runs.n_used.min()))} From the caption of a pair that it was trained on, "
        f"the target's nearest public images (k = {runs.attrs['neighbors']}) show "
        f"{100 * target:.0f} % of the objects of the pair's own image, those of a network that has "
        f"not seen the pair {100 * reference:.0f} %: PRG {_of(prg['A'])} on A, {_of(prg['B'])} on "
        f"the reference's own pairs (B), and {_of(prg['C'])} on held-out pairs (C, the null). With "
        "one model, naive Bayes of public captions in place of the reference, PRG is "
        f"{alone} on A and {null} on C. {_mitigated(runs)}"
    )


def _yes(prg: dict[str, xr.DataArray], n: int) -> str:
    """Return whether the first three of the checks are met: A, B, and the null C."""
    null = abs(prg["C"]) < 3 / np.sqrt(n)
    clear = bool((prg["A"] > 0.3).all() and (prg["B"] < -0.3).all() and null.all())
    return "**Yes, it remembers.**" if clear else "**Not clearly.**"


def _of(values: xr.DataArray) -> str:
    """Return the mean over seeds, and their range."""
    low, high = float(values.min()), float(values.max())
    spread = f" [{_signed(low)}, {_signed(high)}]" if values.size > 1 else ""
    return f"{_signed(float(values.mean()))}{spread}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _mitigated(runs: xr.Dataset) -> str:
    """Return what the strongest mitigation of each kind makes of PRG on A and of retrieval."""
    prg, use = runs.prg.sel(group="A").mean("seed"), runs.retrieval.mean("seed")
    start, before = float(prg.sel(treatment=DEFAULT)), float(use.sel(treatment=DEFAULT))
    parts = []
    for kind, words in MITIGATIONS.items():
        own = [one for one in runs.treatment.values.tolist() if kind_of(one) == kind]
        if own:
            best = min(own, key=lambda one: float(prg.sel(treatment=one)))
            parts.append(
                f"{words} ({best}) to {_signed(float(prg.sel(treatment=best)))} (retrieval "
                f"{100 * float(use.sel(treatment=best)):.0f} %)"
            )
    if not parts:
        return ""
    return (
        f"What is to keep from it changes PRG on A from {_signed(start)}, where the right one "
        f"of the held-out images is found for {100 * before:.0f} % of the captions: "
        f"{'; '.join(parts)}."
    )


def confidence_words(runs: xr.Dataset) -> str:
    """Return how well memorization confidence tells pairs that were trained on from others."""
    role = runs["role"].values
    at = np.flatnonzero((role == "A") | (role == "C"))
    found = auroc(
        runs.confidence.sel(treatment=DEFAULT).rename(pair="sample").isel(sample=at),
        xr.DataArray(role[at] == "A", dims="sample"),
    )
    areas = found.auroc
    low, high = (found.interval.sel(bound=bound) for bound in ("low", "high"))
    clear = "tells" if bool((low > 0.5).all()) else "does **not** clearly tell"
    return (
        f"Memorization confidence {clear} pairs that the target was trained on from held-out ones: "
        f"AUROC {float(areas.mean()):.2f} [{float(low.min()):.2f}, {float(high.max()):.2f}], where "
        "0.5 is chance. It knows how much the neighbours agree, not whether they are right."
    )


def information_words(table: ClaimsTable) -> str:
    """Return whether entropy and MI of the layers order the treatments as déjà vu does."""
    rows = [one for one in table.claims if one.statement.endswith(_ORDER)]
    if not rows:
        return "Too few treatments to be ordered by entropy or MI."
    clear = [one for one in rows if one.verdict != UNCLEAR]
    said = [
        f"{one.statement.removesuffix(_ORDER)} of *{one.where}* ({one.here.split(' (')[0]}: "
        f"{one.verdict})".replace("-", "−") for one in clear
    ]  # fmt: skip
    told = f": {'; '.join(said)}" if said else ""
    return (
        f"Of {len(rows)} orders of the treatments, by entropy and MI of each layer, {len(clear)} "
        f"{'is' if len(clear) == 1 else 'are'} clear{told}; {len(rows) - len(clear)} "
        f"{'is' if len(rows) - len(clear) == 1 else 'are'} {UNCLEAR}."
    )
