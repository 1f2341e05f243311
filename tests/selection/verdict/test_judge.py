"""The four verdicts from made-up evidence, and from models of known distribution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

import infonb as inb
from infonb.selection import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE, VERDICTS, Rule, judge
from infonb.selection.verdict.judge import decide, evidence

RULERS = ["common", "shared", "neuron"]
RULE = Rule(information=0.1, entropy=0.1, layers=0.6, rulers=("common",), alone=2.0)


def shown(information: float, *entropy: float, share: float = 1.0) -> xr.Dataset:
    """Return evidence of one comparison; the share of layers that go with each change."""
    found = {}
    for name, dims, size in (
        ("information", "comparison", np.array([information])),
        ("entropy", ("comparison", "edges"), np.array([entropy])),
    ):
        found[f"{name}_size"] = dims, size
        found[f"{name}_up"] = dims, np.where(size > 0, share, 0.0)
        found[f"{name}_down"] = dims, np.where(size < 0, share, 0.0)
    return xr.Dataset(found, {"edges": RULERS})


@pytest.mark.parametrize(
    ("information", "entropy", "expected", "agree"),
    [
        (0.5, (-1, -1, -1), HEURISTIC, [True, True, True]),
        (0.5, (-1, 1, 1), HEURISTIC, [True, False, False]),
        (-0.5, (1, -1, 0.01), EXAMPLES, [True, False, False]),
        (0.5, (1, -1, 1), DEPENDS, [False, True, False]),
        (0.5, (0.01, -1, 0), DEPENDS, [False, True, False]),
        (0.5, (1, 1, 1), INCONCLUSIVE, [False, False, False]),
        (0.5, (0.05, -0.05, 0), INCONCLUSIVE, [False, False, False]),
        (0.05, (-1, -1, -1), INCONCLUSIVE, [False, False, False]),
        (np.nan, (-1, -1, -1), INCONCLUSIVE, [False, False, False]),
        (0.5, (np.nan, -1, -1), DEPENDS, [False, True, True]),
    ],
)
def test_what_decides(information, entropy, expected, agree):
    code, agreed = decide(shown(information, *entropy), RULE)
    assert VERDICTS[code[0]] == expected
    assert agreed.tolist() == [agree]


def test_all_rulers_of_the_rule_must_agree():
    both = Rule(information=0.1, entropy=0.1, rulers=("common", "neuron"), alone=2.0)
    assert VERDICTS[decide(shown(0.5, -1, 1, 1), both)[0][0]] == DEPENDS
    assert VERDICTS[decide(shown(0.5, -1, 1, -1), both)[0][0]] == HEURISTIC


@pytest.mark.parametrize(
    ("information", "entropy", "expected"),
    [
        (0.5, (0.01, 0, 0), HEURISTIC),
        (-0.5, (0.01, -1, -1), EXAMPLES),
        (0.5, (1, 1, 0.01), HEURISTIC),
        (0.5, (1, 1, 1), INCONCLUSIVE),  # both the same way in every ruler
        (-0.5, (-1, -1, -1), INCONCLUSIVE),
        (0.2, (0.01, -1, 0), DEPENDS),
        (0.2, (-1, 1, 1), HEURISTIC),
        (0.2, (0.01, 0, 0), INCONCLUSIVE),
    ],
)
def test_much_mi_is_enough_by_itself(information, entropy, expected):
    rule = Rule(information=0.1, entropy=0.1, rulers=("common",), alone=0.4)
    assert VERDICTS[decide(shown(information, *entropy), rule)[0][0]] == expected


def test_enough_layers_must_move():
    assert VERDICTS[decide(shown(0.5, -1, -1, -1, share=0.5), RULE)[0][0]] == INCONCLUSIVE
    assert VERDICTS[decide(shown(0.5, -1, -1, -1, share=2 / 3), RULE)[0][0]] == HEURISTIC


def test_layers_that_contradict_each_other_decide_nothing():
    found = shown(0.5, -1, -1, -1, share=0.5)
    rule = Rule(layers=0.5, alone=0.4)
    assert VERDICTS[decide(found, rule)[0][0]] == HEURISTIC
    found["information_down"] = "comparison", [0.25]
    assert VERDICTS[decide(found, rule)[0][0]] == HEURISTIC
    found["information_down"] = "comparison", [0.5]
    assert VERDICTS[decide(found, rule)[0][0]] == INCONCLUSIVE


def made_up(seeds: bool = False) -> xr.Dataset:
    """Return a result of two layers: MI 0.1 → 0.3 and 0.2 → 0.2, entropy falls by 1 in each."""
    dims = ("model", "layer")
    found = xr.Dataset(
        {
            "median_mutual_information": (dims, [[0.1, 0.2], [0.3, 0.2]]),
            "mutual_information_change": (("comparison", "layer"), [[0.2, 0.0]]),
            "mutual_information_interval": (
                ("comparison", "layer", "bound"), [[[0.1, 0.3], [-0.1, 0.1]]],
            ),
            "entropy_change": (("comparison", "edges", "layer"), np.full((1, 3, 2), -1.0)),
            "entropy_interval": (
                ("comparison", "edges", "layer", "bound"), np.full((1, 3, 2, 2), -1.0),
            ),
        },
        {
            "model": ["a", "b"], "comparison": ["b"], "edges": RULERS, "layer": ["fc1", "fc2"],
            "bound": ["low", "high"],
        },
        {"reference": "a"},
    )  # fmt: skip
    if seeds:
        wide = xr.full_like(found["mutual_information_interval"], -9.0)
        wide[..., 1] = 9.0
        found["mutual_information_student"] = wide
        found["entropy_student"] = found["entropy_interval"]
    return found


def test_evidence_by_hand():
    found = evidence(made_up())
    assert found.information_size.item() == pytest.approx((0.2 / 0.2 + 0) / 2)
    assert found.information_up.item() == 0.5
    assert found.information_down.item() == 0
    assert found.entropy_size.values.tolist() == [[-1, -1, -1]]
    assert found.entropy_down.values.tolist() == [[1, 1, 1]]
    assert found.layers.item() == 2


def test_with_seeds_both_intervals_must_be_clear():
    assert judge(made_up(), Rule(layers=0.5)).verdict.item() == HEURISTIC
    assert judge(made_up(seeds=True), Rule(layers=0.5)).verdict.item() == INCONCLUSIVE


def test_another_rule_measures_nothing_again():
    found = judge(made_up(), Rule(layers=0.5))
    assert found.attrs["rule"]["layers"] == 0.5
    again = judge(found, Rule(layers=0.9))
    assert again.verdict.item() == INCONCLUSIVE
    assert again.drop_vars(["verdict", "why", "caveat", "rulers_agree"]).equals(
        found.drop_vars(["verdict", "why", "caveat", "rulers_agree"])
    )
    assert "rises by 50 % of the two models' mean in a layer on average" in again.why.item()
    assert (
        "(fc1: 0.100 → 0.300, fc2: 0.200 → 0.200 nat), clearly in 1 of 2 layers" in again.why.item()
    )
    assert "1 of 2" in again.why.item()
    assert "too close to tell" in again.why.item()


def test_words_say_what_is_missing():
    one = made_up()
    one["mutual_information_interval"][0, 1] = [-0.4, -0.2]
    why = judge(one, Rule(layers=0.5)).why.item()
    assert "the layers contradict each other, for in 1 of 2 it clearly falls" in why
    why = judge(made_up(), Rule(layers=0.9)).why.item()
    assert why.endswith("for the rule asks for at least 2 of 2 layers.")
    why = judge(made_up(), Rule(information=0.6, alone=0.7)).why.item()
    assert why.endswith("for the rule asks for at least 60 %.")
    same = made_up()
    same["mutual_information_change"][:] = 1e-5
    assert judge(same).why.item().startswith("Median MI stays as it is (fc1: 0.100 → 0.300")


def test_a_silent_layer_is_left_out():
    found = made_up()
    medians = np.ones((3, 2, 2))  # (edges, model, layer)
    medians[2, 1, 0] = 0  # fc1 of b, in bins of each neuron
    found["median_entropy"] = ("edges", "model", "layer"), medians
    judged = judge(found, Rule(layers=0.5))
    assert judged.verdict.item() == INCONCLUSIVE
    assert "stays as it is (fc2: 0.200 → 0.200 nat)" in judged.why.item()
    assert judged.why.item().endswith(
        " Left out, for half of the neurons or more are constant: fc1."
    )
    assert evidence(found).layers.item() == 1
    medians[2, 0, 1] = 0  # fc2 of a
    judged = judge(found.assign(median_entropy=(("edges", "model", "layer"), medians)))
    assert judged.verdict.item() == INCONCLUSIVE
    assert "was not compared. Left out" in judged.why.item()
    assert judged.why.item().endswith("constant: fc1 and fc2.")


def test_words_say_which_rulers_agree():
    found = made_up()
    found["entropy_change"][0, 1] = 1.0
    found["entropy_interval"][0, 1] = 1.0
    found["entropy_change"][0, 2] = 0.0
    why = judge(found, Rule(layers=0.5)).why.item()
    assert "falls in common bins (−1.00 nat)" in why
    assert "rises like MI in shared bins (+1.00 nat)" in why
    assert "too close to tell in neuron bins (+0.00 nat)" in why


def test_mi_near_zero_is_no_large_share():
    """Estimates of independent neurons scatter around zero: their ratio says nothing."""
    found = made_up()
    found["median_mutual_information"][:] = [[0.0001, 0.0001], [0.0004, -0.0003]]
    found["mutual_information_change"][:] = [[0.0003, -0.0004]]
    assert abs(evidence(found).information_size.item()) < 0.1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"information": -1}, "information must be between"),
        ({"layers": 1.5}, "layers must be between"),
        ({"alone": 2.5}, "alone must be between"),
        ({"rulers": ()}, "rulers must be some of"),
        ({"rulers": "common"}, "rulers must be some of"),
        ({"rulers": ("comon",)}, "Did you mean 'common'"),
    ],
)
def test_wrong_rules(wrong, words):
    with pytest.raises(ValueError, match=words):
        Rule(**wrong)


def test_nothing_to_judge():
    found = inb.compare({"a": {"fc1": np.random.default_rng(0).normal(size=(50, 3))}})
    with pytest.raises(ValueError, match="nothing to judge: a single model"):
        judge(found)


def test_a_constructed_memorizer_is_called_a_heuristic_and_the_verdict_says_what_it_cannot_say():
    from infonb.data import load_digits
    from infonb.networks import MLP, relu_memorizer

    digits = load_digits().isel(sample=np.random.default_rng(0).permutation(1797))
    pixels = digits.input.values.reshape(1797, 64)
    train, other = slice(256), slice(256, None)
    classes = digits.label.values[train]
    built = relu_memorizer(pixels[train].astype(float), classes[:, None] / 9, seed=0)
    trained = MLP([64, 32, 32, 10], seed=0)
    parts = xr.Dataset(
        {"input": (("sample", "pixel"), pixels[train]), "label": ("sample", classes)}
    )
    history = inb.fit(trained, parts, epochs=150, batch_size=64, learning_rate=3e-3, progress=False)
    told = built(torch.tensor(pixels[train], dtype=torch.float64)).detach().numpy()[:, 0] * 9
    # both know all examples; on others the constructed one guesses
    assert (np.round(told) == classes).all()
    assert float(history.train_accuracy.max()) == 1
    acts = {
        "trained": inb.record(trained, pixels[other], layers={"1": "relu1", "2": "relu2"}),
        "built": inb.record(
            built, pixels[other].astype(float), layers={"1": "hidden1", "2": "hidden2"}
        ),
    }
    found = inb.compare(acts, reference="trained", permutations=10)
    assert found.verdict.item() == HEURISTIC
    assert "constructed" in found.caveat.item()
    other_way = inb.compare(acts, reference="built", permutations=10)
    # the other way round, one that generalizes is said to have memorized
    assert other_way.verdict.item() == EXAMPLES
    assert "Beside a network that was constructed" in other_way.caveat.item()
