"""Gates counted by hand, and the gap between soft and Boolean ones."""

from __future__ import annotations

import networks.logic_gates.plain as plain
import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from infonb.networks import (
    MLP,
    GroupSum,
    LogicDense,
    LogicNet,
    LogicTreeConv2d,
    LogicTreeNet,
    OrPool2d,
    discretization_gap,
    gate_counts,
)

SORTS = ["constant", "passthrough", "negation", "two_input"]


def test_the_smallest_network_of_the_paper():
    net = LogicTreeNet(32, (3, 32, 32), [0.2, 0.5, 0.8], tau=20, first_kernel=3, blocks=4)
    counts = gate_counts(net, simplify=False)
    assert counts.layer.values.tolist() == [
        "conv1", "conv2", "conv3", "conv4", "gates1", "gates2", "gates3",
    ]  # fmt: skip
    learned = [7 * 32, 7 * 128, 7 * 512, 7 * 1024, 40960, 20480, 10240]
    places = [32**2, 16**2, 8**2, 4**2, 1, 1, 1]
    assert counts.learned.values.tolist() == learned
    assert counts.spatial.values.tolist() == [n * p for n, p in zip(learned, places, strict=True)]
    assert (int(counts.learned.sum()), int(counts.spatial.sum())) == (83_552, 874_496)
    assert "simplified" not in counts


def test_sorts_of_gates_and_what_is_left():
    net = LogicNet([6, 4, 4], None, n_classes=2, tau=1.0)
    plain.likeliest(net.gates1, ["AND", "NOT_B", "TRUE", "A"])
    plain.likeliest(net.gates2, ["XOR", "OR", "FALSE", "B"])
    counts = gate_counts(net)
    assert counts[SORTS].to_array().values.T.tolist() == [[1, 1, 1, 1], [1, 1, 0, 2]]
    assert int(counts.circuit) == 8
    assert 0 <= int(counts.simplified) <= 3  # of an AND, a XOR and an OR at most
    normal = gate_counts(LogicNet([64, 400, 200], None, tau=1.0, init="normal"))
    assert (normal[SORTS].to_array().sum("variable") == normal.learned).all()
    assert int(normal.simplified) < int(normal.two_input.sum()) < int(normal.learned.sum())


def test_pools_are_in_the_circuit():
    net = LogicTreeNet(4, (1, 8, 8), [0.5], tau=1, first_kernel=3, blocks=2, widths=(40,))
    counts = gate_counts(net)
    ors = 3 * (4 * 4 * 4 + 16 * 2 * 2)
    assert int(counts.circuit) == int(counts.spatial.sum()) + ors
    # as it begins trees pass a leaf on, and only the ORs of pools are left
    assert int(counts.simplified) <= ors


def test_counts_of_other_networks():
    net = nn.Sequential(LogicTreeConv2d(1, 4), OrPool2d(), nn.Flatten(), LogicDense(36, 20))
    net.append(GroupSum(2, 1.0))
    counts = gate_counts(net, (1, 6, 6))
    assert counts.spatial.values.tolist() == [28 * 36, 20]
    assert "simplified" not in counts
    assert net.training
    with pytest.raises(ValueError, match="give image_shape, such as"):
        gate_counts(net)
    with pytest.raises(ValueError, match="MLP has no layers of gates"):
        gate_counts(MLP([2, 2]))


def test_gap_by_hand():
    """Gates that are 60 % AND and 40 % NOR of two bits: the soft count says otherwise than AND."""
    net = LogicNet([2, 2], None, n_classes=2, tau=1.0)
    with torch.no_grad():
        net.gates1.logits.fill_(-1000)
        net.gates1.logits[0, 1], net.gates1.logits[0, 8] = np.log(0.6), np.log(0.4)
        net.gates1.logits[1, 6], net.gates1.logits[1, 0] = np.log(0.3), np.log(0.7)
    # bits 00, 01, 11: soft (.4, 0), (0, .3), (.6, 0); hard (0, 0), (0, 0), (1, 0)
    inputs = np.array([[0, 0], [0, 1], [1, 1], [1, 1]], dtype=np.float32)
    data = xr.Dataset({"input": (("sample", "bit"), inputs), "label": ("sample", [0, 1, 0, 1])})
    for mode in (True, False):
        gap = discretization_gap(net.train(mode), data, batch_size=3)
        assert net.training == net.gates1.training == mode
        assert [float(gap[name]) for name in ("soft", "hard", "gap", "agreement")] == [
            0.75, 0.5, 0.25, 0.75,
        ]  # fmt: skip
    assert gap.attrs["n_samples"] == 4
    turned = discretization_gap(net, data.transpose())
    xr.testing.assert_identical(turned, gap)
    square = data.isel(sample=[0, 2])  # as many samples as bits
    xr.testing.assert_identical(
        discretization_gap(net, square.transpose()), discretization_gap(net, square)
    )
    with pytest.raises(ValueError, match="data has no labels"):
        discretization_gap(net, data[["input"]])
    with pytest.raises(ValueError, match="data is empty"):
        discretization_gap(net, data.isel(sample=[]))
    with pytest.raises(ValueError, match="has the label 2, but the network tells 2 classes apart"):
        discretization_gap(net, data.assign(label=data.label * 2))
    with pytest.raises(TypeError, match="must be whole numbers"):
        discretization_gap(net, data.assign(label=data.label * np.nan))
    with pytest.raises(TypeError, match="str_"):
        discretization_gap(net, data.assign(label=data.label.astype(str)))
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        discretization_gap(net, data, batch_size=0)
