"""Where the texts of people come from: generated, Bias in Bios, BUG, or a file of one's own."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from infonb.data.language import (
    balanced,
    generated_biographies,
    load_bias_in_bios,
    load_bug,
    load_texts,
    scrubbed,
    training_set,
)
from infonb.data.language.bias_in_bios import PROFESSIONS
from infonb.data.language.text_files import is_missing
from infonb.parameters import ParameterError

__all__ = ["COLUMNS", "DATASETS", "people", "six_sets"]

DATASETS = ("biographies", "bias-in-bios", "bug", "file")

#: Of a file of one's own.
COLUMNS = ("text", "label", "gender")

#: How many texts are generated if the parameters do not say; there is no end of them.
GENERATED = {"n_train": 800, "n_validation": 480}

#: Of BUG's stereotypical sentences so many are not trained on, but validated.
_HELD_OUT = 0.25

#: Of a file of one's own.
_VALIDATION = 0.2


def people(
    dataset: str, *, folder: str, n_train: int, n_validation: int, n_occupations: int,
    skew: float, opposite: float, mask: str, seed: int,
) -> dict[str, xr.Dataset]:  # fmt: skip
    """
    Return texts of people to train on and to validate, each with label, gender and stereotype.

    0 takes all there are. Validation has as many women as men in every occupation, and one size
    for all seeds; ``stereotype`` is 1 where the gender is the more common one of the occupation in
    training. BUG has the part ``gold``, too.
    """
    if dataset == "biographies":
        n_train, n_validation = (
            n or most for n, most in zip((n_train, n_validation), GENERATED.values(), strict=True)
        )
        pool = generated_biographies(n_train, skew=skew, seed=seed)
        other = generated_biographies(n_validation, skew=0.5, seed=2**20 + seed)
        parts = {"train": pool, "evaluation": other}
    elif dataset == "bug":
        parts = _bug(folder or None, n_occupations, opposite, mask, seed)
    elif dataset == "bias-in-bios":
        parts = _bias_in_bios(folder or None, n_occupations)
    else:
        parts = _own(folder, n_occupations, seed)
    parts["train"] = some(parts["train"], n_train, seed)
    usual = usual_gender(parts["train"])
    parts = {role: _with_stereotype(part, usual) for role, part in parts.items()}
    validation = balanced(parts["evaluation"], "subsampled", seed=seed)
    validation = _each_alike(validation, n_validation)
    # other texts for other seeds are counted alike, so that runs stack without gaps
    counted = np.arange(validation.sizes["sample"])
    parts["evaluation"] = validation.assign_coords(sample=counted)
    return parts


def six_sets(
    parts: dict[str, xr.Dataset], level: str, *, pure: bool, own: bool, seed: int
) -> dict[str, xr.Dataset]:
    """
    Return the training set of a level, such as "raw subsampled", and the texts of other roles.

    These are scrubbed, too, where the training texts are and `own` is true. `pure`: nobody of the
    other gender is in an original set.
    """
    text, balance = level.split(" ")
    pool = parts["train"]
    n_original = int((pool["stereotype"] == 1).sum()) if pure else pool.sizes["sample"]
    if pure and balance == "original":
        pool = pool.isel(sample=np.flatnonzero(pool["stereotype"].values == 1))
    found = {"train": training_set(pool, text, balance, seed=seed)}
    # all networks take as many steps as one of the original set
    found["train"].attrs["n_pool"] = n_original
    others = {role: part for role, part in parts.items() if role != "train"}
    return found | {
        role: scrubbed(part) if own and text == "scrubbed" else part
        for role, part in others.items()
    }


def as_long(data: xr.Dataset, n: int) -> xr.Dataset:
    """Return a smaller data set as often as it fits into so many examples, as one pass."""
    times = max(1, round(n / data.sizes["sample"]))
    found = data.isel(sample=np.tile(np.arange(data.sizes["sample"]), times))
    return found.assign_coords(sample=np.arange(found.sizes["sample"])) if times > 1 else data


def usual_gender(train: xr.Dataset) -> dict[int, str]:
    """Return the more common gender of each occupation; of a tie the first by name."""
    counts = Counter(
        zip(train["label"].values.tolist(), train["gender"].values.tolist(), strict=True)
    )
    found: dict[int, str] = {}
    for label, gender in sorted(counts, key=lambda one: (-counts[one], one[1])):
        found.setdefault(label, gender)
    return found


def some(data: xr.Dataset, n: int, seed: int) -> xr.Dataset:
    """Return so many examples, drawn, in their order; 0, or more than there are: all."""
    if not 0 < n < data.sizes["sample"]:
        return data
    drawn = np.random.default_rng(seed).choice(data.sizes["sample"], n, replace=False)
    return data.isel(sample=np.sort(drawn))


def _each_alike(data: xr.Dataset, n: int) -> xr.Dataset:
    """Return about n examples of a balanced set, as many of both genders in each occupation."""
    if not 0 < n < data.sizes["sample"]:
        return data
    share = n / data.sizes["sample"]
    taken: list[np.ndarray] = []
    labels, genders = data["label"].values, data["gender"].values
    for label in np.unique(labels):
        parts = [np.flatnonzero((labels == label) & (genders == one)) for one in set(genders)]
        each = max(1, round(share * min(part.size for part in parts)))
        taken += [part[:each] for part in parts]
    return data.isel(sample=np.sort(np.concatenate(taken)))


def _with_stereotype(part: xr.Dataset, usual: dict[int, str]) -> xr.Dataset:
    expected = [usual.get(label) for label in part["label"].values.tolist()]
    is_usual = np.array(expected, dtype=object) == part["gender"].values
    return part.assign_coords(stereotype=("sample", np.where(is_usual, 1, -1)))


@lru_cache(2)  # a page asks several times
def _bug(
    folder: str | None, n_occupations: int, opposite: float, mask: str, seed: int
) -> dict[str, xr.Dataset]:
    """Return BUG: stereotypical sentences to train on, and a few of the other gender."""
    options: dict[str, Any] = {
        "folder": folder,
        "n_professions": n_occupations or None,
        "mask": mask,
    }
    data = load_bug(**options)
    rng = np.random.default_rng(seed)
    pool, rest = [], []
    for label in range(int(data.attrs["n_classes"])):
        usual, other = (
            rng.permutation(np.flatnonzero((data["label"] == label) & (data["stereotype"] == kind)))
            for kind in (1, -1)
        )
        cut = round(_HELD_OUT * usual.size)
        n_opposite = min(round(opposite * (usual.size - cut)), other.size)
        pool += [usual[cut:], other[:n_opposite]]
        rest += [usual[:cut], other[n_opposite:]]
    return {
        "train": data.isel(sample=rng.permutation(np.concatenate(pool))),
        "evaluation": data.isel(sample=np.sort(np.concatenate(rest))),
        "gold": load_bug("gold", **options),
    }


def _bias_in_bios(folder: str | None, n_occupations: int) -> dict[str, xr.Dataset]:
    train = load_bias_in_bios("train", folder=folder)
    chosen = None
    if 0 < n_occupations < len(PROFESSIONS):
        counts = Counter(train["occupation"].values.tolist())
        chosen = sorted(name for name, _ in counts.most_common(n_occupations))
        train = load_bias_in_bios("train", folder=folder, occupations=chosen)
    return {
        "train": train,
        "evaluation": load_bias_in_bios("dev", folder=folder, occupations=chosen),
    }


def _own(path: str, n_occupations: int, seed: int) -> dict[str, xr.Dataset]:
    """Return the texts of a table, a fifth of them for validation."""
    data = load_texts(path)
    genders = sorted(set(data["gender"].values)) if "gender" in data.coords else []
    if len(genders) != 2 or any(map(is_missing, genders)):
        found = f"has {', '.join(map(repr, genders[:6]))}" if genders else "is missing"
        raise ValueError(f"{path}: the column gender {found}. Keep the rows of two genders.")
    names = np.array(data.attrs["class_names"].split(", "), dtype=object)
    labels, counts = np.unique(data["label"].values, return_counts=True)
    chosen = np.sort(labels[np.argsort(-counts, kind="stable")][: n_occupations or None])
    data = data.isel(sample=np.flatnonzero(np.isin(data["label"].values, chosen)))
    numbers = np.searchsorted(chosen, data["label"].values)
    data = data.assign(label=("sample", numbers.astype(np.int64))).assign_coords(
        occupation=("sample", names[chosen][numbers])
    )
    data = data.assign_attrs(n_classes=len(chosen), class_names=", ".join(names[chosen]))
    rng = np.random.default_rng(seed)
    held_out = []
    for label in range(len(chosen)):
        for gender in genders:
            is_one = (data["label"].values == label) & (data["gender"].values == gender)
            one = rng.permutation(np.flatnonzero(is_one))
            n_held_out = round(_VALIDATION * one.size)
            if one.size and not n_held_out:
                raise ValueError(
                    f"{path} has {one.size} of {names[chosen][label]!r} with gender {gender!r}: "
                    "too few to hold one out for validation. Give 3 or more of each, or take "
                    "fewer occupations (n_occupations)."
                )
            held_out.append(one[:n_held_out])
    other = np.sort(np.concatenate(held_out))
    train = rng.permutation(np.setdiff1d(np.arange(data.sizes["sample"]), other))
    return {"train": data.isel(sample=train), "evaluation": data.isel(sample=other)}


def check_file(dataset: str, folder: str) -> None:
    """Raise if a path is missing, or is given where nothing is read."""
    if dataset == "file" and not folder:
        raise ParameterError(
            f"dataset='file' needs folder: the path of a .csv with the columns "
            f"{', '.join(COLUMNS)}, where the label is the occupation."
        )
    if dataset == "biographies" and folder:
        raise ParameterError(
            f"folder={folder!r} is not used with dataset='biographies', which are generated. Leave "
            "folder out, or choose dataset='bug', 'bias-in-bios' or 'file'."
        )
