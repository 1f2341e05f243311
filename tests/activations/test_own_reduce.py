"""A function of one's own sees the mask, and may make samples of tokens, whose they stay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import CLOSE, Functional, inputs, quiet, valid
from activations.test_masks import IDS, LEFT, RIGHT, Encoder
from torch import nn


def recorded(reduce, real=RIGHT, **kwargs):
    torch.manual_seed(0)
    model = Encoder()
    data = ({"input_ids": IDS, "attention_mask": real}, list("abcde"))
    found = quiet(model, data, "layer", reduce=reduce, **kwargs)
    return found, model.layer(model.embed(IDS)).detach()


def test_the_last_real_token():
    def last(x, mask):
        place = torch.arange(mask.shape[1]) * mask
        return x[torch.arange(len(x)), place.argmax(1)]

    for real in (RIGHT, LEFT):
        found, hidden = recorded(last, real, batch_size=2)
        expected = torch.stack([hidden[i, real[i]][-1] for i in range(5)]).numpy().T
        np.testing.assert_allclose(valid(found, "layer"), expected, **CLOSE)
        assert "example" not in found.coords


@pytest.mark.parametrize("batch_size", [1, 2, 256])
def test_every_real_token_is_a_sample(batch_size):
    known = {"group": np.arange(5) * 10, "sample": [7, 8, 9, 10, 11]}
    found, hidden = recorded(lambda x, mask: x[mask], batch_size=batch_size, coords=known)
    np.testing.assert_allclose(valid(found, "layer"), hidden[RIGHT].numpy().T, **CLOSE)
    text = np.repeat(np.arange(5), RIGHT.sum(1))
    np.testing.assert_array_equal(found.example, text + 7)
    np.testing.assert_array_equal(found.sample, np.arange(16))
    np.testing.assert_array_equal(found.group, text * 10)
    assert "".join(found.label.values) == "aaaaaabbcccdeeee"
    assert found.prediction.sizes == {"sample": 16}


def test_without_the_first_token_of_each():
    everything = torch.ones(5, 6, dtype=torch.bool)
    found, hidden = recorded(lambda x, mask: x[:, 1:][mask[:, 1:]], everything)
    np.testing.assert_allclose(valid(found, "layer"), hidden[:, 1:].flatten(0, 1).T, **CLOSE)
    with pytest.raises(ValueError, match=r"gives 11 rows, made by reduce of .* some of every sam"):
        recorded(lambda x, mask: x[:, 1:][mask[:, 1:]])  # a sample of one token would be lost


def test_tokens_in_any_order_keep_their_samples():
    found, _ = recorded(lambda x: x.transpose(0, 1).flatten(0, 1))
    np.testing.assert_array_equal(found.example, np.tile(np.arange(5), 6))
    found, hidden = recorded(lambda x: x.flatten(0, 1)[torch.randperm(30)])
    for row, sample in zip(valid(found, "layer").T, found.example.values, strict=True):
        assert np.abs(hidden[sample].numpy() - row).max(1).min() < 1e-6


def test_rows_whose_samples_are_not_known():
    with pytest.raises(ValueError, match="gives 30 rows, made by reduce of a tensor of float32"):
        recorded(lambda x: nn.functional.normalize(x.flatten(0, 1)))
    with pytest.raises(ValueError, match="reduce wants the mask, but mask may be true at real"):
        quiet(Encoder(), {"input_ids": IDS, "mask": RIGHT}, "layer", reduce=lambda x, mask: x[mask])


def test_layers_must_agree_in_their_rows():
    data = {"input_ids": IDS, "attention_mask": RIGHT}
    with pytest.raises(ValueError, match="rows of other samples in some layers than in others"):
        quiet(
            Encoder(), data, ["layer", "out"],
            reduce=lambda x, mask: x[mask] if x.ndim == 3 else x,
        )  # fmt: skip


def test_samples_of_tokens_are_not_written_to_disk(tmp_path):
    with pytest.raises(ValueError, match="recorded to memory only; leave out to="):
        recorded(lambda x, mask: x[mask], to=tmp_path / "a.zarr")
    assert not list(tmp_path.iterdir())


def test_functions_that_take_a_mask_where_there_is_none():
    model, x = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), inputs(2, 5, 4)
    found = quiet(model, x, "0", reduce=lambda x, mask: x[mask])
    np.testing.assert_allclose(valid(found, "0"), model[0](x).detach().flatten(0, 1).T, **CLOSE)
    # another argument with a default is none for the mask
    seen = []
    quiet(model, x, "0", reduce=lambda x, dim=1: seen.append(dim) or x.mean(dim))
    assert set(seen) == {1}


def test_errors_of_the_function_say_its_tensor():
    with pytest.raises(ZeroDivisionError) as caught:
        quiet(Functional(), inputs(3, 4), "first", reduce=lambda x: x / (1 // 0))
    assert "reduce was called with a tensor of float32 (3, 5) of layer" in caught.value.__notes__[0]


def test_one_row_of_each_sample_may_be_of_no_token():
    def mean_without_first(x, mask):
        mask = mask[:, 1:, None]
        return (x[:, 1:] * mask).sum(1) / mask.sum(1).clamp(min=1)

    def total(x, mask):
        return (x * mask[..., None]).sum(1)

    def direction(x, mask):
        return nn.functional.normalize(x[:, 0])

    for reduce in (mean_without_first, total, direction):
        found, hidden = recorded(reduce, batch_size=3)
        np.testing.assert_allclose(valid(found, "layer"), reduce(hidden, RIGHT).T, **CLOSE)


def test_many_samples_of_half_precision():
    real = RIGHT.repeat(80, 1)
    data = {"input_ids": IDS.repeat(80, 1), "attention_mask": real}
    found = quiet(
        Encoder().bfloat16(), data, "layer", reduce=lambda x, mask: x[mask], batch_size=400
    )
    np.testing.assert_array_equal(found.example, np.repeat(np.arange(400), real.sum(1)))
