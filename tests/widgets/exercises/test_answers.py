"""Single answers: what is right, which hint belongs to which mistake, what has a wrong form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.widgets import Array, Choice, Number

SIX = Number(
    lambda: math.log(6),
    unit="nat",
    why="Six outcomes, equally likely.",
    hints={"Both ends count.": lambda: math.log(5)},
    otherwise="Count the faces.",
)
TABLE = xr.DataArray([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]], dims=("layer", "neuron"))


@pytest.mark.parametrize("answer", [..., None])
@pytest.mark.parametrize("part", [SIX, Array([1.0]), Choice("a", among=["a", "b"])])
def test_what_is_not_answered_is_open(part, answer):
    assert part.reply(answer).state == "open"


def test_what_is_right_is_not_computed_before_there_is_an_answer():
    asked = []
    part = Number(lambda: asked.append(1) or 2.0, hints={"no": lambda: asked.append(2) or 3.0})
    part.reply(...)
    part.reply("two")
    assert part.reply(2.0).state == "right"
    assert asked == [1], "computed once, and no mistake for a right answer"


@pytest.mark.parametrize(
    "answer",
    [math.log(6), np.float32(math.log(6)), np.array(math.log(6)), torch.tensor(math.log(6)),
     xr.DataArray(math.log(6)), math.log(6) + 0.004],
)  # fmt: skip
def test_a_number_in_any_form_is_right(answer):
    assert SIX.reply(answer) == type(SIX.reply(answer))("right", "Six outcomes, equally likely.")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (math.log(5), "Both ends count."),
        (-math.log(6), "The size is right, the sign is not."),
        (math.log2(6), "These are bits"),
        (2 * math.log(6), "twice as much"),
        (math.log(6) / 2, "half of what"),
        (math.log(6) + 0.006, "Count the faces."),
        ("1.79", "This is the text '1.79'; a number (in nat) is asked for."),
        (True, "This is a bool"),
        (math.log, "This is the function log, not what it returns"),
        ([1.79], "This is a list of 1"),
        (math.nan, "This is nan"),
        (1j, "This is a complex"),
        (np.ones(3), "This is an array of shape (3,); a number (in nat) is asked for: choose"),
        (xr.DataArray([[1.79]], dims=("layer", "neuron")),
         "This is a DataArray (layer: 1, neuron: 1); a number (in nat) is asked for: take"),
    ],
)  # fmt: skip
def test_each_mistake_with_a_number_has_its_hint(answer, hint):
    reply = SIX.reply(answer)
    assert reply.state == "wrong"
    assert reply.text.startswith(hint) or hint in reply.text


def test_bits_shares_and_whole_numbers():
    assert "These are nats" in Number(1.0, unit="bit").reply(math.log(2)).text
    assert "per cent" in Number(0.248).reply(25).text
    assert "per cent" not in Number(25).reply(2500).text
    assert "a whole number is asked" in Number(6, whole=True).reply(2.5).text
    assert Number(6, whole=True).reply(6.0).state == "right"
    assert "between 1 and 5,000 is meant" in Number(6, between=(1, 5000)).reply(0).text


def test_an_answer_may_be_judged_by_a_test():
    even = Number(lambda n: n % 2 == 0, hints={"Too small.": lambda n: n < 10}, otherwise="Odd.")
    assert [even.reply(n).text for n in (12, 9, 11)] == ["", "Too small.", "Odd."]


def test_a_function_whose_arguments_have_defaults_computes_the_answer():
    def six(sides=6):
        return math.log(sides)

    assert Number(six).reply(math.log(6)).state == "right"
    assert Number(six).reply(5.0).state == "wrong"
    with pytest.raises(TypeError, match=r"says True or False; this one says 5\.0"):
        Number(lambda answer: answer).reply(5.0)


FORMS = [TABLE, TABLE.T, TABLE.values, TABLE.values.tolist(),
         torch.tensor(TABLE.values, requires_grad=True)]  # fmt: skip


@pytest.mark.parametrize("answer", FORMS)
def test_an_array_in_any_order_of_its_dims_is_right(answer):
    part = Array(TABLE, of="layer and neuron", why="Yes.")
    assert part.reply(answer).text == "Yes."


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (TABLE.fillna(0), "Mind the padding."),
        (-TABLE, "the sign is not"),
        (TABLE * 2, "twice"),
        (TABLE + 1, "Look at the task once more."),
        (TABLE.rename(neuron="neurons"),
         "This has the dims (layer, neurons); (layer, neuron) is asked for. Did you mean"),
        (TABLE.mean("neuron"), "This has the dims (layer)"),
        (TABLE[:, :2], "This has the shape (2, 2); an array is asked for, one number for each"),
        (TABLE.values.T, "This has the shape (3, 2)"),
        (1.0, "This is a number; an array is asked for"),
        (TABLE.to_dataset(name="x"), "This is a Dataset (layer: 2, neuron: 3)"),
        ("abc", "This is the text 'abc'"),
        ([[1.0], [2.0, 3.0]], "This is a list of 2"),
    ],
)  # fmt: skip
def test_each_mistake_with_an_array_has_its_hint(answer, hint):
    part = Array(lambda: TABLE, of="layer and neuron", hints={"Mind the padding.": TABLE.fillna(0)})
    reply = part.reply(answer)
    assert reply.state == "wrong"
    assert reply.text.startswith(hint) or hint in reply.text


def test_a_choice_is_a_text_among_choices():
    part = Choice(lambda: "KSG", among=["KSG", "mixture"], hints={"It minds ties.": "mixture"})
    assert part.reply(" ksg").state == "right"
    assert part.reply("mixture").text == "It minds ties."
    assert part.reply("mixtur").text == (
        "'mixtur' is none of the choices: 'KSG' or 'mixture'. Did you mean 'mixture'?"
    )
    assert part.reply(1).text == "This is an int; a text is asked for: 'KSG' or 'mixture'."
