"""What is known about the samples becomes coordinates."""

from __future__ import annotations

import numpy as np
import torch

from infonb.activations.labelled import sample_coordinates, to_numpy


def test_text_becomes_objects_and_tensors_arrays():
    text = to_numpy(["a", "bc"])
    assert text.dtype == object
    assert list(text) == ["a", "bc"]
    half = to_numpy(torch.tensor([0.5, 2.0], dtype=torch.bfloat16))
    assert half.dtype == np.float32
    assert list(half) == [0.5, 2.0]


def test_samples_are_numbered_first():
    found = sample_coordinates({"label": [0, 1]}, 2)
    assert list(found) == ["sample", "label"]
    assert found["sample"].dtype == np.int64
    np.testing.assert_array_equal(found["sample"], [0, 1])
    np.testing.assert_array_equal(found["label"], [0, 1])
