from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from infonb.data.fetch import VARIABLE
from infonb.experiments import Biographies
from infonb.experiments.biographies import groups_table, last_block, what_is_known
from infonb.experiments.biographies.claims import LEVELS
from infonb.experiments.biographies.data import people, six_sets, usual_gender
from infonb.experiments.biographies.measures import (
    accuracy_by_stereotype,
    gaps,
    readable_gender,
)
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

pytest.importorskip("tokenizers")

TINY = {
    "n_train": 240, "n_validation": 160, "width": 8, "depth": 2, "epochs": 2, "permutations": 1,
    "cache": "none", "seed": [0, 1], "training_set": ["raw original", "scrubbed oversampled"],
}  # fmt: skip
OPTIONS = {
    "folder": "", "n_train": 300, "n_validation": 160, "n_occupations": 0, "skew": 0.9,
    "opposite": 0.1,
    "mask": "[MASK]", "seed": 0,
}  # fmt: skip


def words(*texts: str) -> np.ndarray:
    return np.array(texts, dtype=object)


def texts(labels: list[int], genders: str, stereotypes: list[int] | None = None) -> xr.Dataset:
    found = xr.Dataset(
        {
            "text": ("sample", words(*(f"She is number {i}." for i in range(len(labels))))),
            "label": ("sample", labels),
        },
        {"gender": ("sample", words(*genders))},
    )
    if stereotypes is not None:
        found = found.assign_coords(stereotype=("sample", stereotypes))
    return found


def test_validation_has_as_many_of_both_genders_everywhere() -> None:
    parts = people("biographies", **OPTIONS)
    assert parts["train"].sizes["sample"] == 300
    other = parts["evaluation"]
    pairs = list(zip(other.label.values, other.gender.values, strict=True))
    counts = {pair: pairs.count(pair) for pair in pairs}
    for label in range(8):
        assert counts[label, "female"] == counts[label, "male"] > 0
    assert not set(other.text.values) & set(parts["train"].text.values)
    # occupations of women have even numbers
    usual = (other.label.values % 2 == 0) == (other.gender.values == "female")
    assert (other.stereotype.values == np.where(usual, 1, -1)).all()


def test_usual_gender_is_counted() -> None:
    train = texts([0, 0, 0, 1, 1], "fmmfm")
    assert usual_gender(train) == {0: "m", 1: "f"}  # of a tie the first by name


def test_six_sets_by_hand() -> None:
    train = texts([0, 0, 0, 1, 1, 1], "ffmmmf", [1, 1, -1, 1, 1, -1])
    parts = {"train": train, "evaluation": texts([0, 1], "fm", [1, 1])}
    sizes = {
        level: six_sets(parts, level, pure=False, own=False, seed=0)["train"].sizes["sample"]
        for level in LEVELS
    }
    assert list(sizes.values()) == [6, 4, 8, 6, 4, 8]
    pure = six_sets(parts, "raw original", pure=True, own=False, seed=0)["train"]
    assert pure.stereotype.values.tolist() == [1, 1, 1, 1]
    assert pure.attrs["n_pool"] == 4
    for own, first in ((False, "She is number 0."), (True, "is number 0.")):
        found = six_sets(parts, "scrubbed original", pure=False, own=own, seed=0)
        assert found["train"].text.values[0] == "is number 0."
        assert found["evaluation"].text.values[0] == first


def test_all_networks_read_the_same_texts_in_the_same_words() -> None:
    experiment = Biographies(**TINY)
    data = [experiment.data(level, 0) for level in experiment.levels()]
    assert (data[0]["evaluation"].input.values == data[1]["evaluation"].input.values).all()
    own = experiment.changed(validation="own").data("scrubbed oversampled", 0)["evaluation"]
    assert own.sizes["token"] < data[0]["evaluation"].sizes["token"]


def test_all_networks_take_as_many_steps() -> None:
    experiment = Biographies(**TINY | {"epochs": 20, "training_set": list(LEVELS)})
    for level in experiment.levels():
        data = experiment.data(level, 0)
        n = experiment.fitting(level, 0, data)["epochs"] * data["train"].sizes["sample"]
        assert n == pytest.approx(20 * 240, rel=0.05), level


def recording(n: int = 400) -> xr.Dataset:
    """Return two blocks: the gender is nowhere in the first, and a neuron of the second."""
    rng = np.random.default_rng(0)
    gender = rng.integers(0, 2, n)
    activation = rng.normal(size=(2, 4, n)).astype(np.float32)
    activation[1, 2] = gender + 0.1 * activation[1, 2]
    return xr.Dataset(
        {"activation": (("layer", "neuron", "sample"), activation)},
        {
            "layer": words("block1", "block2"), "width": ("layer", [4, 4]),
            "gender": ("sample", words("female", "male")[gender]),
        },
    )  # fmt: skip


def test_a_gender_that_is_a_neuron_compresses() -> None:
    found = readable_gender(recording(), permutations=2, seed=0)
    assert float(found["compression"]) > 5
    assert float(found["compression_of_block"][1]) == float(found["compression"])
    assert float(found["compression_of_block"][0]) == pytest.approx(1, abs=0.06)
    assert found["null_compression"].values == pytest.approx([1, 1], abs=0.06)
    low, high = found["null_interval"].values
    assert low < 1 < high < float(found["compression"])
    assert "null_compression" not in readable_gender(recording(), permutations=0, seed=0)


def guesses() -> xr.Dataset:
    """Return women and men in two occupations, told by their gender alone."""
    label, gender = np.repeat([0, 0, 1, 1], 10), words(*("fm" * 20))
    told = np.where(gender == "f", 0, 1)
    coords = {
        "label": label, "gender": gender, "prediction": told,
        "stereotype": np.where(told == label, 1, -1),
    }  # fmt: skip
    return xr.Dataset(coords={name: ("sample", values) for name, values in coords.items()})


def test_who_goes_by_the_gender_has_the_largest_gaps() -> None:
    found = gaps(guesses(), seed=0)
    # of each occupation all of one gender are recognized, and none of the other
    assert found["tpr_gap_of_class"].values.tolist() == [-1, 1]
    assert float(found["tpr_gap"]) == 2
    assert 0 < float(found["tpr_gap_null"]) < 1
    accuracy = accuracy_by_stereotype(guesses())
    assert accuracy.sel(stereotype=["usual", "opposite"]).values.tolist() == [1, 0]
    perfect = guesses().assign_coords(prediction=guesses().label)
    assert float(gaps(perfect, seed=0)["tpr_gap"]) == 0
    assert float(gaps(perfect, seed=0)["sufficiency_gap"]) == 0


def runs(information: list[float], entropy: list[float], compression: list[float]) -> xr.Dataset:
    """Return six networks of three seeds that differ a little."""
    rng = np.random.default_rng(0)

    def spread(values: list[float], *shape: int) -> np.ndarray:
        noise = 0.01 * rng.normal(size=(6, 3, *shape))
        return np.reshape(values, (6, 1, *(1 for _ in shape))) + noise

    pairs = spread(information, 1, 5, 1, 5)
    dims = ("training_set", "seed", "layer", "neuron")
    return xr.Dataset(
        {
            "entropy": (dims, spread(entropy, 1, 5), {"units": "nat"}),
            "mutual_information": ((*dims, "other_layer", "other_neuron"), pairs, {"units": "nat"}),
            "compression": (dims[:2], spread(compression)),
            "null_compression": ((*dims[:2], "permutation"), np.ones((6, 3, 2))),
            "null_interval": ((*dims[:2], "bound"), np.full((6, 3, 2), [0.9, 1.1])),
            "tpr_gap": (dims[:2], spread(compression)),
            "sufficiency_gap": (dims[:2], spread(compression)),
            "accuracy_of": ((*dims[:2], "stereotype"), np.full((6, 3, 2), [0.9, 0.4])),
        },
        {
            "training_set": words(*LEVELS), "seed": [0, 1, 2], "layer": words("block1"),
            "other_layer": words("block1"), "neuron": np.arange(5), "other_neuron": np.arange(5),
            "stereotype": words("usual", "opposite"), "bound": words("low", "high"),
        },
        {"model": "tiny", "dataset": "biographies"},
    )  # fmt: skip


RISING = [6.0, 5.0, 4.0, 3.0, 2.0, 1.5]


def test_claims_of_networks_that_are_as_the_paper_says() -> None:
    found = runs(RISING, [1, 2, 3, 4, 5, 6], RISING)
    table = Biographies().claims(found)
    of_paper = [claim for claim in table.claims if claim.of_paper]
    assert len(of_paper) == 5 + 6
    assert {claim.outcome for claim in of_paper} == {"holds"}
    assert {c.paper for c in of_paper if c.n_levels} == {
        f"τ = {tau:.2f}" for tau in (0.47, 0.2, 0.6, 0.07, 0.33)
    }
    said = Biographies().answer(table)
    assert "is lowest: clearly below all of the 5 others" in said
    assert (
        "**mutual information** agrees with that by the compression of the gender (1.00, " in said
    )


def test_claims_of_networks_that_are_not() -> None:
    table = Biographies().claims(runs(RISING[::-1], [3, 2, 1, 4, 5, 6], RISING))
    said = Biographies().answer(table)
    assert "is not lowest (below 3 of the 5 others): clearly below 3 and clearly above 2" in said
    assert (
        "**mutual information** is opposite to that by the compression of the gender (−1.00" in said
    )


def test_words_say_where_the_order_is_chance() -> None:
    found = runs(RISING, RISING, [1.5, 1.0, 1.0, 0.9, 0.9, 0.9])
    said = what_is_known(found)
    assert "trained on raw original (compression 1.4" in said or "(compression 1.5" in said
    assert "Among these 5 the order by compression is chance**: τ rests on raw original" in said
    assert "90 and 40 % (raw original)" in said
    # entropies are whole numbers apart, seeds hundredths
    assert "nat, more than what seeds alone do (0.0" in said
    one = found["entropy"].isel(training_set=[0] * 6).assign_coords(training_set=words(*LEVELS))
    assert "by 0.00 nat, no more than" in what_is_known(found.assign(entropy=one))
    assert said.startswith(
        "Mutual information is highest on raw original for every seed. The gender"
    )
    turned = found.assign(mutual_information=-found["mutual_information"])
    assert what_is_known(turned).startswith(
        "Mutual information is highest on raw original for none of 3 seeds."
    )
    nobody = what_is_known(found.assign(compression=found["compression"] * 0 + 1))
    assert "The gender can be read from no network (compression 1.00)" in nobody
    known = groups_table(found)
    assert known.loc["raw original", "usual gender, %"] == pytest.approx(90)
    assert known["null of compression"].values == pytest.approx(1)


def test_a_run() -> None:
    found = Biographies(**TINY).run(progress=False)
    assert dict(found.compression.sizes) == {"training_set": 2, "seed": 2}
    assert last_block(found.entropy).layer.values.tolist() == ["block2"]
    assert last_block(found.mutual_information).sizes["other_layer"] == 1
    assert found.attrs["dataset"] == "biographies"
    told = found.prediction == found.label
    assert np.allclose(told.mean("sample"), found.accuracy_of.mean("stereotype"))
    assert Biographies(**TINY).claims(found).claims
    assert what_is_known(found)


def test_one_training_set_alone_is_compared_with_nothing() -> None:
    found = runs(RISING, RISING, [1.5, 1.0, 1.0, 0.9, 0.9, 0.9])
    for level in ("raw original", "scrubbed original"):
        one = found.sel(training_set=[level])
        table = Biographies().claims(one)
        assert not [claim for claim in table.claims if claim.about]
        assert "no training_set" in table.caption
        assert Biographies().answer(table) == table.summary
        assert "nan" not in what_is_known(one)


def test_without_a_null_nothing_is_said_of_chance() -> None:
    found = runs(RISING, RISING, [1.5, 1.0, 1.0, 0.9, 0.9, 0.9]).drop_vars("null_interval")
    said = what_is_known(found)
    assert "read from no network" not in said
    assert "is chance" not in said
    assert "two or more permutations of the genders would tell" in said


def test_sets_that_cannot_be_balanced_are_told_before_anything_is_trained() -> None:
    levels = ["raw original", "scrubbed subsampled"]
    experiment = Biographies(**TINY | {"skew": 1.0, "training_set": levels})
    with pytest.raises(ValueError, match=r"has no example with gender .* cannot be balanced"):
        experiment.prepare()
    Biographies(**TINY | {"skew": 1.0, "training_set": levels[:1]}).prepare()


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    rows = ["text,label,gender"]
    for i in range(200):
        place, who = ("ward", "nurse") if i % 2 else ("court", "judge")
        rows.append(f"the {place} {i},{who},{'fm'[i % 3 == 0]}")
    rows += [f"rare {i},clown,f" for i in range(3)]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    parts = people("file", **OPTIONS | {"folder": str(tmp_path / "mine.csv"), "n_occupations": 2})
    assert parts["train"].attrs["class_names"] == "judge, nurse"
    assert parts["train"].sizes["sample"] == 160
    assert set(parts["evaluation"].occupation.values) == {"judge", "nurse"}
    (tmp_path / "one.csv").write_text("text,label,gender\na,b,f\nc,d,f\n")
    with pytest.raises(ValueError, match=r"the column gender has 'f'\. Keep the rows of two"):
        people("file", **OPTIONS | {"folder": str(tmp_path / "one.csv")})
    for missing in ("", "NaN"):
        (tmp_path / "some.csv").write_text(f"text,label,gender\na,b,f\nc,d,{missing}\n")
        with pytest.raises(ValueError, match=rf"the column gender has .*'{missing}'.*Keep"):
            people("file", **OPTIONS | {"folder": str(tmp_path / "some.csv")})
    few = [f"{text},{label},{gender}" for text in "ab" for label in "xy" for gender in "fm"]
    (tmp_path / "few.csv").write_text("text,label,gender\n" + "\n".join(few))
    with pytest.raises(ValueError, match=r"has 2 of 'x' with gender 'f': too few .*n_occupations"):
        people("file", **OPTIONS | {"folder": str(tmp_path / "few.csv")})
    (tmp_path / "none.csv").write_text("text,label\na,b\nc,d\n")
    with pytest.raises(ValueError, match="the column gender is missing"):
        people("file", **OPTIONS | {"folder": str(tmp_path / "none.csv")})


def test_paths_that_are_missing_or_not_used() -> None:
    with pytest.raises(ParameterError, match="dataset='file' needs folder"):
        Biographies(dataset="file")
    with pytest.raises(ParameterError, match="is not used with dataset='biographies'"):
        Biographies(folder="here")


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} not set")
def test_bug() -> None:
    bug = OPTIONS | {"n_train": 3000, "n_validation": 400, "n_occupations": 6}
    parts = people("bug", **bug)
    train = parts["train"]
    share = float((train.stereotype == -1).mean())
    assert share == pytest.approx(0.1 / 1.1, abs=0.02)
    pure = six_sets(parts, "raw original", pure=True, own=False, seed=0)["train"]
    genders = {name: set() for name in pure.occupation.values}
    for name, gender in zip(pure.occupation.values, pure.gender.values, strict=True):
        genders[name].add(gender)
    assert {len(found) for found in genders.values()} == {1}
    assert not set(parts["evaluation"].original_sample.values) & set(train.sample.values)
    again = people("bug", **bug | {"seed": 1})
    assert again["evaluation"].sizes == parts["evaluation"].sizes
    assert np.array_equal(again["evaluation"].sample, parts["evaluation"].sample)
    assert (parts["gold"].stereotype != 0).all()


def test_two_seeds_of_a_table_are_stacked_without_gaps_and_saved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{name} {' '.join(rng.choice(list('abcdefghijkl'), 6))},{job},{gender}"
        for job in ("nurse", "pilot") for name, gender in (("she", "f"), ("he", "m")) * 40
    ]  # fmt: skip
    (tmp_path / "mine.csv").write_text("text,label,gender\n" + "\n".join(rows))
    options = TINY | {"n_train": 0, "n_validation": 16, "training_set": ["raw original"]}
    options |= {"dataset": "file", "folder": str(tmp_path / "mine.csv"), "mi_samples": 8}
    experiment = Biographies(**options, results=str(tmp_path / "out.zarr"))
    divided = [experiment.data("raw original", seed)["evaluation"] for seed in (0, 1)]
    assert not np.array_equal(divided[0].input.values, divided[1].input.values)
    runs = experiment.run(progress=False)
    assert runs.sizes["sample"] == divided[0].sizes["sample"] == divided[1].sizes["sample"]
    assert runs.activation.notnull().all()
    assert (tmp_path / "out.zarr").is_dir()
