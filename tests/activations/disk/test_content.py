"""Models that differ in a value of any form are told apart, and equal ones are not."""

from __future__ import annotations

import copy
import io

import numpy as np
import pytest
import torch
from activations.models import inputs, quiet
from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.disk.identity import Inputs, model_fingerprint

pytestmark = [
    pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta"),
    pytest.mark.filterwarnings("ignore:.*quanti[sz]"),
    pytest.mark.filterwarnings("ignore:.*torch.ao"),
]

EYE, OTHER, COMPLEX = (
    torch.eye(4),
    torch.eye(4) + torch.eye(4)[[1, 0, 2, 3]],
    torch.tensor([1 + 2j]),
)


def quantised(values, scale=0.1):
    return torch.quantize_per_tensor(values, scale, 0, torch.qint8)


def channels(values, scale=0.1):
    scales = torch.full((4,), scale)
    return torch.quantize_per_channel(values, scales, torch.zeros(4), 0, torch.qint8)


PAIRS = {
    "coordinates": (lambda: EYE.to_sparse(), lambda: OTHER.to_sparse()),
    "rows": (lambda: EYE.to_sparse_csr(), lambda: OTHER.to_sparse_csr()),
    "columns": (lambda: EYE.to_sparse_csc(), lambda: OTHER.to_sparse_csc()),
    "values only": (lambda: EYE.to_sparse(), lambda: (2 * EYE).to_sparse()),
    "quantised": (lambda: quantised(EYE), lambda: quantised(OTHER)),
    "scale": (lambda: quantised(EYE, 0.1), lambda: quantised(EYE * 2, 0.2)),
    "scales": (lambda: channels(EYE, 0.1), lambda: channels(EYE * 2, 0.2)),
    "conjugate": (lambda: COMPLEX.conj(), lambda: COMPLEX),
    "negative": (lambda: COMPLEX.conj().imag, lambda: COMPLEX.imag),
    "8 bits": (lambda: EYE.to(torch.float8_e4m3fn), lambda: OTHER.to(torch.float8_e4m3fn)),
    "16 bits": (lambda: EYE.bfloat16(), lambda: OTHER.bfloat16()),
    "blocks": (lambda: EYE.to_mkldnn(), lambda: OTHER.to_mkldnn()),
    "one value": (lambda: torch.ones(1).expand(4), lambda: torch.zeros(1).expand(4)),
}


class Holds(nn.Module):
    def __init__(self, value, how):
        super().__init__()
        if how == "parameter":
            self.value = nn.Parameter(value, requires_grad=False)
        else:
            self.register_buffer("value", value, persistent=how == "buffer")


@pytest.mark.parametrize("how", ["buffer", "parameter", "buffer that is not saved"])
@pytest.mark.parametrize("name", PAIRS)
def test_tensors_of_all_kinds(name, how):
    if name == "blocks" and how == "parameter":
        pytest.skip("torch makes no such parameter")
    one, other = PAIRS[name]
    assert model_fingerprint(Holds(one(), how)) == model_fingerprint(Holds(one(), how))
    assert model_fingerprint(Holds(one(), how)) != model_fingerprint(Holds(other(), how))


def packed(seed, kinds):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.LSTM(3, 2))
    return torch.ao.quantization.quantize_dynamic(model, kinds)


@pytest.mark.parametrize("kind", [nn.Linear, nn.LSTM])
def test_packed_weights(kind):
    whole = packed(0, {kind})
    assert model_fingerprint(whole) == model_fingerprint(packed(0, {kind}))
    place = 0 if kind is nn.Linear else 1
    other = packed(0, {kind})
    other[place] = packed(1, {kind})[place]
    assert model_fingerprint(whole) != model_fingerprint(other)


class Extra(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.held = [value]

    def get_extra_state(self):
        return self.held[0]

    def set_extra_state(self, state):
        self.held = [state]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2), ({"a": EYE}, {"a": OTHER}), (io.BytesIO(b"1"), io.BytesIO(b"2")),
        (np.zeros(2), np.ones(2)), ((1, [2, None]), (1, [3, None])), (frozenset("a"), frozenset()),
    ],
    ids=["number", "tensors", "bytes", "array", "tuple", "set"],
)  # fmt: skip
def test_extra_state(one, other):
    assert model_fingerprint(Extra(one)) == model_fingerprint(Extra(copy.deepcopy(one)))
    assert model_fingerprint(Extra(one)) != model_fingerprint(Extra(other))


def test_weights_that_the_state_leaves_out():
    class Hides(nn.Sequential):
        def state_dict(self, *args, **kwargs):
            return {}

    one, other = Hides(nn.Linear(2, 2)), Hides(nn.Linear(2, 2))
    assert model_fingerprint(one) == model_fingerprint(copy.deepcopy(one))
    assert model_fingerprint(one) != model_fingerprint(other)


def test_buffers_that_are_shared_count_under_all_their_names():
    def model(*places):
        kept, whole = [torch.zeros(2), torch.ones(2)], nn.Module()
        for name, place in zip("abc", places, strict=True):
            part = nn.Module()
            part.register_buffer("mask", kept[place], persistent=False)
            whole.add_module(name, part)
        return whole

    assert model_fingerprint(model(0, 0, 1)) == model_fingerprint(model(0, 0, 1))
    assert model_fingerprint(model(0, 0, 1)) != model_fingerprint(model(0, 1, 1))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.LazyLinear(2), "has no values before the first use of the model"),
        (nn.LazyBatchNorm1d(), "has no values before the first use of the model"),
        (nn.Linear(2, 2, device="meta"), "has no values: it is on the device 'meta'"),
        (Extra(lambda: 0), "is function, which cannot be told from another one"),
    ],
)
def test_what_cannot_be_told_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        model_fingerprint(model)


def test_sparse_inputs_are_the_same_however_they_are_divided():
    x = inputs(9, 4).relu()

    def summed(*parts):
        sums = Inputs()
        for part in parts:
            sums.update(Batch((part,), {}, None, len(part)))
        return str(sums)

    whole = summed(x.to_sparse())
    assert whole == summed(x[:4].to_sparse(), x[4:].to_sparse()) == summed(x.to_sparse_csr())
    assert whole != summed((2 * x).to_sparse())
    assert whole != summed(x.flip(0).to_sparse())


def test_a_model_with_a_sparse_buffer_is_recorded_to_disk(tmp_path):
    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.out = nn.Linear(4, 3), nn.Linear(3, 2)
            self.register_buffer("edges", EYE.to_sparse())

        def forward(self, x):
            return self.out(torch.sparse.mm(self.edges, self.layer(x)))

    model, x, path = Graph(), inputs(4, 4), tmp_path / "a.zarr"
    stored = quiet(model, x, to=path).load()
    assert stored.identical(quiet(model, x))
    model.edges = OTHER.to_sparse()
    with pytest.raises(ValueError, match="the weights of the model differ"):
        quiet(model, x, to=path)
