"""Copies made again and again: the values, apart from the network, and for how long they stay."""

from __future__ import annotations

import torch

from infonb.networks import CNN
from infonb.networks.copies import Copier, copy_tensors


def state(model):
    """Return the tensors of a network, some of whole numbers, one turned, and what is none."""
    turned = torch.arange(6.0).reshape(2, 3).T
    return model.state_dict() | {"steps": torch.tensor(3), "turned": turned, "none": None}


def check_equal(one, other):
    assert list(one) == list(other)
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype
        assert torch.equal(tensor, other[name])
        assert tensor.is_contiguous()


def test_values_are_those_of_plain_copies():
    model, copier = CNN(1, 10, (2, 3, 4)), Copier()
    for _ in range(5):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.rand_like(parameter))
        given = state(model)
        expected = copy_tensors(given)
        found = copier.copy(given)
        check_equal(found, expected)
        apart = {one.data_ptr() for one in given.values() if one is not None}
        assert not apart & {one.data_ptr() for one in found.values()}


def test_a_copy_stays_while_the_next_is_made():
    copier, tensor = Copier(), torch.zeros(3)
    first = copier.copy({"a": tensor})
    for number in range(1, 6):
        tensor.fill_(number)
        second = copier.copy({"a": tensor})
        assert first["a"].tolist() == [number - 1] * 3
        assert second["a"].tolist() == [number] * 3
        first = second


def test_other_tensors_get_other_places():
    copier, one = Copier(), torch.ones(2, 2)
    given = [
        {"a": one}, {"a": one}, {"a": one}, {"b": one}, {"b": one, "c": one}, {"c": one, "b": one},
        {"a": torch.ones(3)}, {"a": torch.ones(3, dtype=torch.float64)}, {}, {"a": None},
    ]  # fmt: skip
    for tensors in given:
        check_equal(copier.copy(tensors), copy_tensors(tensors))


def test_tensors_that_share_memory_are_copied_apart():
    shared = torch.arange(4.0)
    copier = Copier()
    for _ in range(3):
        found = copier.copy({"a": shared, "b": shared[1:]})
        check_equal(found, {"a": shared, "b": shared[1:]})
        found["a"][2] = 9
        assert found["b"][1] == 2
