"""Verdicts: data of known kind, pairs, rates counted by hand, the choice of a rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.experiments.verdicts import (
    FAMILIES,
    MOST_FALSE,
    USUAL,
    Answer,
    Verdicts,
    by_samples,
    by_setting,
    choose,
    confusion,
    explore_rule,
    rates_of,
    right_answers,
    said_of,
)
from infonb.experiments.verdicts.data import DATA_SETS, examples, own_seed
from infonb.experiments.verdicts.evidence import halves
from infonb.experiments.verdicts.networks import layers_of, make_network
from infonb.experiments.verdicts.pairs import evidence_of_pairs, networks_of, pairs_of
from infonb.measures.rows.edges import RULERS
from infonb.parameters import ParameterError, assert_same
from infonb.reports import notebook_path
from infonb.selection import EXAMPLES, HEURISTIC, INCONCLUSIVE, Rule
from infonb.selection.verdict.judge import evidence

KINDS = ["clean", "shortcut", "memorized", "early"]
OFFLINE = ["colored_digits", "marked_digits", "circles", "scenes"]


def test_notebook_has_the_parameters_of_the_experiment():
    assert_same(notebook_path("verdicts"), Verdicts)


@pytest.mark.parametrize("dataset", OFFLINE)
def test_all_kinds_and_seeds_are_measured_on_the_same_samples(dataset):
    parts = [
        examples(dataset, kind, n_train=64, n_samples=48, seed=seed)
        for kind, seed in (("clean", 0), ("shortcut", 0), ("memorized", 1), ("early", 5))
    ]
    for says in DATA_SETS[dataset].says:
        for other in parts[1:]:
            xr.testing.assert_identical(parts[0][says], other[says])


@pytest.mark.parametrize("dataset", OFFLINE)
def test_what_the_shortcut_says_in_the_samples(dataset):
    parts = examples(dataset, "clean", n_train=64, n_samples=96, seed=0)
    assert set(parts) == {"train", *DATA_SETS[dataset].says}
    random, agrees = parts["random"], parts["agrees"]
    there = agrees.hint.values >= 0
    assert there.mean() >= 0.75
    np.testing.assert_array_equal(agrees.hint.values[there], agrees.label.values[there])
    assert (random.hint.values == random.label.values).mean() < 0.75
    if "absent" in parts:  # the same examples, but for the shortcut
        absent = parts["absent"]
        assert (absent.hint.values == -1).all()
        assert not absent["input"].equals(agrees["input"])
        np.testing.assert_array_equal(absent.label, random.label)
    if dataset == "colored_digits":
        red, green = absent["input"].values.swapaxes(0, 1)
        np.testing.assert_array_equal(red, green)
        np.testing.assert_allclose(
            absent["input"].sum("channel"), random["input"].sum("channel"), atol=1e-6
        )
    if dataset == "marked_digits":
        added = agrees["input"].values - absent["input"].values
        assert (added >= 0).all()
        assert 0 < (added > 0).sum(axis=(1, 2, 3)).max() <= 4
    if dataset == "scenes":
        assert random.sizes["sample"] == 4 * agrees.sizes["sample"]


@pytest.mark.parametrize("dataset", OFFLINE)
def test_kinds_differ_in_what_they_are_called_by(dataset):
    clean, shortcut, memorized = (
        examples(dataset, kind, n_train=96, n_samples=48, seed=3)["train"]
        for kind in ("clean", "shortcut", "memorized")
    )
    # true labels and others for the very same inputs
    np.testing.assert_array_equal(clean["input"].values, memorized["input"].values)
    assert 0.05 < float((clean.label.values == memorized.label.values).mean()) < 0.75
    assert clean.sizes == shortcut.sizes
    says = shortcut.hint.values >= 0
    np.testing.assert_array_equal(shortcut.hint.values[says], shortcut.label.values[says])
    says = clean.hint.values >= 0
    assert float((clean.hint.values == clean.label.values)[says].mean()) < 0.75


def test_no_seed_is_that_of_two_data_sets():
    seeds = [own_seed(dataset, seed) for dataset in DATA_SETS for seed in (0, 1, 999)]
    assert len(set(seeds)) == len(seeds)


def test_halves_share_no_data_set():
    settings = ["circles/mlp1x2", "circles/cnn2", "scenes/cnn2"]
    assert halves(settings, ["circles"]) == {
        "choosing": ["circles/mlp1x2", "circles/cnn2"], "reporting": ["scenes/cnn2"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape", "layers"),
    [("mlp2x5", (2, 8, 8), 2), ("cnn2", (2, 8, 8), 3), ("resnet2", (2, 8, 8), 4)],
)
def test_networks_have_the_layers_that_are_recorded(name, shape, layers):
    model = make_network(name, shape, 3, seed=0)
    inputs = np.random.default_rng(0).normal(size=(9, *shape)).astype("f4")
    recorded = inb.record(model, inputs, layers=layers_of(name), progress=False)
    assert recorded.sizes["layer"] == layers
    assert recorded.width.values[0] == (5 if name == "mlp2x5" else 2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"setting": ["circle/mlp2x8"]}, "Did you mean 'circles'"),
        ({"setting": ["circles/mlp8"]}, "a network must be mlp<depth>x<width>"),
        ({"setting": ["circles"]}, "a setting is data set/network"),
        ({"says": "absent"}, "says must be one of random, agrees for scenes; not 'absent'"),
        ({"n_train": 5000}, "n_train must be at most 1789 for colored_digits"),
    ],
)
def test_wrong_parameters(wrong, words):
    with pytest.raises(ParameterError, match=words):
        Verdicts(**wrong)


def test_pairs_of_networks():
    pairs = pairs_of(KINDS, [0, 1, 2])
    kinds = [pair.kinds for pair in pairs]
    assert kinds.count(("clean", "shortcut")) == 9
    assert kinds.count(("memorized", "memorized")) == 3  # each two networks once
    assert all(pair.reference != pair.other for pair in pairs)
    same = pairs_of(KINDS, [0, 1, 2], same_seed=True)
    assert [pair.kinds for pair in same].count(("clean", "shortcut")) == 3
    assert len(pairs_of(["shortcut", "memorized"], [0, 1])) == 4 + 1 + 1


def activations(seed: int, common: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = common * rng.normal(size=(200, 1)) + rng.normal(size=(200, 12))
    return {"layer 1": values, "layer 2": values[:, ::-1] ** 3}


def test_evidence_of_a_pair_is_that_of_compare():
    networks = {("clean", 0): activations(0, 0.2), ("shortcut", 0): activations(1, 1.0)}
    (pair, *_) = pairs_of(["clean", "shortcut"], [0])
    found = evidence_of_pairs(networks, [pair]).isel(comparison=0)
    names = dict(zip(("clean, seed 0", "shortcut, seed 0"), networks.values(), strict=True))
    compared = inb.compare(names, reference="clean, seed 0", permutations=1)
    expected = evidence(compared).isel(comparison=0, drop=True)
    xr.testing.assert_allclose(found, expected[list(found.data_vars)])
    assert float(found.information_size) > 0.5


def test_networks_without_padding_with_fewer_samples_and_neurons():
    values = np.arange(2 * 1 * 3 * 5 * 7, dtype=float).reshape(2, 1, 3, 5, 7)
    values[:, :, 1, 3:], values[:, :, 2], values[..., 6] = np.nan, np.nan, np.nan
    runs = xr.Dataset(
        {"activation": (("setting", "kind", "seed", "layer", "neuron", "sample"), values[None])},
        {"setting": ["a"], "kind": ["clean", "shortcut"], "seed": [4], "layer": [1, 2, 3]},
    )
    networks = networks_of(runs, "a", [4])
    assert list(networks) == [("clean", 4), ("shortcut", 4)]
    shapes = {layer: one.shape for layer, one in networks["clean", 4].items()}
    assert shapes == {"layer 1": (6, 5), "layer 2": (6, 3)}
    fewer = networks_of(runs, "a", [4], samples=4, neurons=2)
    assert {one.shape for network in fewer.values() for one in network.values()} == {(4, 2)}
    # all networks on the same samples
    first, second = (fewer[kind, 4]["layer 1"] for kind in ("clean", "shortcut"))
    np.testing.assert_array_equal(second - first, np.full((4, 2), 105.0))


def made_up(rows: list[tuple[str, str, str, float, float]]) -> xr.Dataset:
    """Return pairs of (setting, reference, other, change of MI, of entropy in all rulers)."""
    settings, references, others, information, entropy = zip(*rows, strict=True)
    size = np.array(information)
    entropies = np.repeat(np.array(entropy)[:, None], 3, axis=1)
    names = right_answers()
    groups = [f"{a} → {b}" if a != b else "twins" for a, b in zip(references, others, strict=True)]
    labels = {"setting": settings, "reference": references, "other": others, "group": groups,
              "truth": [names[group] for group in groups]}  # fmt: skip
    # no two pairs share a network, unless a row says so
    seeds = {"reference_seed": ("pair", 2 * np.arange(len(rows)))}
    seeds["other_seed"] = "pair", 2 * np.arange(len(rows)) + 1
    return xr.Dataset(
        {
            "information_size": ("pair", size),
            "information_up": ("pair", (size > 0).astype(float)),
            "information_down": ("pair", (size < 0).astype(float)),
            "entropy_size": (("pair", "edges"), entropies),
            "entropy_up": (("pair", "edges"), (entropies > 0).astype(float)),
            "entropy_down": (("pair", "edges"), (entropies < 0).astype(float)),
        },
        {name: ("pair", np.array(values, dtype=object)) for name, values in labels.items()}
        | {"edges": list(RULERS)} | seeds,
    )  # fmt: skip


PAIRS = made_up([
    ("a", "clean", "shortcut", 0.6, -1.0),
    ("a", "clean", "shortcut", 0.2, 0.0),
    ("a", "clean", "memorized", -0.6, 0.0),
    ("a", "clean", "clean", 0.24, -1.0),
    ("b", "clean", "shortcut", -0.6, 0.0),
    ("b", "shortcut", "shortcut", 0.01, -1.0),
    ("b", "clean", "early", 0.9, 0.0),
])  # fmt: skip


def test_rates_by_hand():
    rule = Rule(information=0.3, entropy=0.1, layers=0.5, alone=0.4)
    said = said_of(PAIRS, FAMILIES[USUAL], rule)
    assert said.values.tolist() == [
        HEURISTIC, INCONCLUSIVE, EXAMPLES, INCONCLUSIVE, EXAMPLES, INCONCLUSIVE, HEURISTIC,
    ]  # fmt: skip
    rates = rates_of(said)
    # in a: (1/2 + 1) / 2 of the two groups; in b: none
    assert rates.right == pytest.approx((0.75 + 0) / 2)
    assert rates.wrong == pytest.approx((0 + 1) / 2)
    assert rates.false == 0
    counts = confusion(said)
    assert counts.loc["clean → shortcut"].tolist() == [1, 1, 0, 1]
    assert counts.loc["twins"].tolist() == [0, 0, 0, 2]
    assert counts.to_numpy().sum() == 7
    table = by_setting(said)
    assert table.loc["a", "clean → shortcut"] == 0.5
    assert table.loc["b", "clean → early"] == 1.0
    assert np.isnan(table.loc["b", "clean → memorized"])


def test_equal_shares_leave_doubt():
    """0 of n independent pairs: at most 1 - 0.025^(1/n), whatever Student's t says."""
    rows = [(setting, "clean", "clean", 0.0, 0.0) for setting in "abc" for _ in range(4)]
    rows += [(setting, "clean", "shortcut", 0.9, -1.0) for setting in "abc"]
    pairs = made_up(rows)
    pairs.other_seed[:4] = 1  # four pairs of five networks
    rates = rates_of(said_of(pairs, FAMILIES[USUAL], Rule()))
    n = (5 + 8 + 8) // 2
    assert rates.false_interval == pytest.approx((0, 1 - 0.025 ** (1 / n)))
    assert rates.right_interval == pytest.approx((0.025 ** (1 / 3), 1))


def test_choice_keeps_quiet_about_twins():
    rule = choose(PAIRS, FAMILIES["MI only"])
    said = said_of(PAIRS, FAMILIES["MI only"], rule)
    # 0.2 would be right once more, but 0.24 is the change of twins
    assert 0.24 < rule.information <= 0.6
    assert rates_of(said).false <= MOST_FALSE
    assert rates_of(said).right == pytest.approx(0.375)


def test_no_rule_is_quiet_enough():
    rows = [("a", "clean", "clean", 1.9, -9.0), ("a", "clean", "shortcut", 0.5, -1.0)]
    assert choose(made_up(rows), FAMILIES["entropy only, common bins"]) is None


@pytest.mark.parametrize("ruler", RULERS)
def test_entropy_only(ruler):
    family = next(one for one in FAMILIES.values() if one.only == ruler)
    said = said_of(PAIRS, family, Rule(entropy=0.5, layers=0.5))
    assert said.values.tolist() == [
        HEURISTIC, INCONCLUSIVE, INCONCLUSIVE, HEURISTIC, INCONCLUSIVE, HEURISTIC, INCONCLUSIVE,
    ]  # fmt: skip


def test_rates_on_several_kinds_of_samples():
    rule = Rule()
    table = by_samples({"random": PAIRS, "agrees": PAIRS.isel(pair=PAIRS.setting == "b")}, rule)
    said = said_of(PAIRS, FAMILIES[USUAL], rule)
    assert table.settings.tolist() == [2, 1]
    assert table.loc["random", "opposite"] == rates_of(said).wrong
    expected = by_setting(said)
    for name in set(expected) - {"clean → early"}:
        assert table.loc["random", name] == expected[name].mean()
        np.testing.assert_equal(table.loc["agrees", name], expected.loc["b", name])


def test_words_name_settings_in_which_kinds_cannot_be_told():
    answer = Answer.of(PAIRS, PAIRS, "MI only")
    assert "38 % get the right verdict" in answer.words()
    assert "and 50 % the opposite one" in answer.words()
    assert "hardly ever right on: b (0 %)" in answer.words()


def test_control_draws_what_the_rule_says():
    panel = explore_rule(PAIRS, Rule(), interactive=False)
    assert "clean → shortcut 33 % right (1 of 3)" in panel.alt


#: Evidence on all pairs of the run that notebooks/RESULTS.md records, of six seeds: `collect(runs,
#: runs.setting.values)`, without what can be computed from it.
KEPT = Path(__file__).with_name("verdict_pairs.npz")

#: The first seeds, which gave the rule its margins (on half of the data sets) and its form.
SEEN = 2


@pytest.fixture(scope="module")
def evidence_kept():
    """Return all pairs, with ``says``: what the shortcut says in the samples."""
    with np.load(KEPT) as stored:
        found = {name: stored[name] for name in stored.files}
    names = ("setting", "reference", "other", "says")
    coords = {name: ("pair", found.pop(name).astype(object)) for name in names}
    coords |= {name: ("pair", found.pop(name)) for name in ("reference_seed", "other_seed")}
    both = zip(coords["reference"][1], coords["other"][1], strict=True)
    groups = np.array(["twins" if a == b else f"{a} → {b}" for a, b in both], dtype=object)
    truth = np.array([right_answers()[group] for group in groups], dtype=object)
    values = {name: (("pair", "edges")[: one.ndim], one) for name, one in found.items()}
    coords |= {"group": ("pair", groups), "truth": ("pair", truth), "edges": list(RULERS)}
    return xr.Dataset(values, coords)


@pytest.fixture(scope="module")
def kept(evidence_kept):
    """Return what the rule was chosen on, and what reports it: other data sets and other seeds."""
    pairs = evidence_kept.isel(pair=(evidence_kept.says == "random").values)
    first = halves(Verdicts(preset="full").setting, Verdicts().choosing)["choosing"]
    is_first = np.isin(pairs.setting.values, first)
    seeds = np.stack([pairs.reference_seed.values, pairs.other_seed.values])
    choosing = is_first & (seeds < SEEN).all(axis=0)
    return pairs.isel(pair=choosing), pairs.isel(pair=~is_first & (seeds >= SEEN).all(axis=0))


def test_usual_rule_is_the_one_that_was_chosen(kept):
    choosing, _ = kept
    assert choose(choosing, FAMILIES[USUAL]) == Rule()


def test_readme_has_the_table_of_the_other_half(kept):
    _, reporting = kept
    said = said_of(reporting, FAMILIES[USUAL], Rule())
    counts, right = confusion(said), right_answers()
    root = Path(__file__).parents[2]
    texts = [(root / name).read_text("utf-8") for name in ("README.md", "tutorials/guide.md")]
    for group, row in counts.iterrows():
        cells = [
            f"**{share:.0f} %**" if said_ == right[group] else f"{share:.0f} %"
            for said_, share in (100 * row / row.sum()).items()
        ]
        for text in texts:
            assert f"| {group} | {' | '.join(cells)} | {row.sum()} |" in text
    rates = rates_of(said)
    ends = [f"{100 * one:.0f}" for one in rates.right_interval]
    for text in texts:
        assert f"{100 * rates.right:.0f} % (95 %: {ends[0]} … {ends[1]} %)" in text
    assert rates.false <= MOST_FALSE


def test_guide_says_what_other_samples_do(kept, evidence_kept):
    guide = (Path(__file__).parents[2] / "tutorials" / "guide.md").read_text(encoding="utf-8")
    for says, name in (
        ("random", "says nothing"), ("agrees", "is the label, as in training"),
        ("absent", "is absent (4 settings)"),
    ):  # fmt: skip
        there = evidence_kept.isel(pair=(evidence_kept.says == says).values)
        pairs = kept[1] if says == "random" else there
        said = said_of(pairs, FAMILIES[USUAL], Rule())
        counts = confusion(said).loc["clean → shortcut"]
        found, opposite = (100 * counts[one] / counts.sum() for one in (HEURISTIC, EXAMPLES))
        cells = f"{found:.0f} % | {opposite:.0f} % | {100 * rates_of(said).right:.0f} %"
        assert f"| {name} | {cells} |" in guide


def test_page_of_own_models_says_how_often_it_is_right(kept, evidence_kept):
    page = " ".join(notebook_path("compare_models").read_text(encoding="utf-8").split())
    rates = rates_of(said_of(kept[1], FAMILIES[USUAL], Rule()))
    assert "two thirds got the right one, and almost none the opposite" in page
    assert abs(rates.right - 2 / 3) < 0.04
    assert rates.wrong < 0.01
    absent = evidence_kept.isel(pair=(evidence_kept.says == "absent").values)
    counts = confusion(said_of(absent, FAMILIES[USUAL], Rule())).loc["clean → shortcut"]
    assert "one in eight looked like one that has memorized its examples" in page
    assert abs(counts[EXAMPLES] / counts.sum() - 1 / 8) < 0.02


def test_rules_that_want_the_entropy_to_agree_lose(kept):
    usual = rates_of(said_of(kept[1], FAMILIES[USUAL], Rule()))
    other = Answer.of(*kept, "MI with entropy in common bins").rates
    assert other.right < usual.right - 0.2
