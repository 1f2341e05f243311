"""The online code: known probabilities by hand, random and copied labels, small and bad input."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.probing import online_code
from infonb.probing.online_code import block_bits
from infonb.probing.probes import never_certain

pytestmark = pytest.mark.slow


def normal(n_neurons: int, n: int, seed: int = 0) -> xr.DataArray:
    values = np.random.default_rng(seed).normal(size=(n_neurons, n))
    return xr.DataArray(values, dims=("neuron", "sample"))


def samples(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values), dims="sample")


def holed() -> xr.DataArray:
    features = normal(3, 30)
    features[1, 4] = np.nan
    return features


def uniform(features, labels, wanted, seed):
    seen = len(np.unique(labels))
    return np.full((len(wanted), seen), 1 / seen)


def frequencies(features, labels, wanted, seed):
    _, counts = np.unique(labels, return_counts=True)
    return np.tile(counts / counts.sum(), (len(wanted), 1))


def test_code_length_of_known_probabilities():
    chance = np.array([[0.5, 0.5], [0.25, 0.75], [0.875, 0.125]])
    assert block_bits(chance, np.array([0, 0, 1])) == pytest.approx(1 + 2 + 3)
    # four samples of one class count as 4.5 against 0.5; a probe never seen is half a sample each
    np.testing.assert_allclose(never_certain(np.array([1.0, 0.0]), 4), [0.9, 0.1])
    np.testing.assert_allclose(never_certain(np.full(4, 0.25), 7), 0.25)


def test_a_uniform_probe_compresses_by_exactly_one():
    labels = np.arange(400) % 4
    labels[:] = np.random.default_rng(0).permutation(labels)
    # from portions on in which all four have been seen
    code = online_code(normal(3, 400), samples(labels), probe=uniform, portions=[10, 25, 50, 100])
    assert float(code.compression) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(code.code_length, [80, 120, 200, 400])
    assert float(code.uniform) == 800


def test_frequencies_against_a_plain_loop():
    rng = np.random.default_rng(0)
    labels = (rng.random(500) < 0.1).astype(int)
    code = online_code(normal(2, 500), samples(labels), probe=frequencies, seed=3)
    sent = labels[np.random.default_rng(3).permutation(500)]
    ends = [1, 1, 2, 4, 8, 16, 31, 62, 125, 250, 500]
    plain = [1.0]
    for start, end in pairwise(ends):
        share = [((sent[:start] == c).sum() + 0.5) / (start + 1) for c in (0, 1)]
        plain.append(-sum(np.log2(share[c]) for c in sent[start:end]))
    np.testing.assert_array_equal(code.n_seen, ends)
    np.testing.assert_allclose(code.code_length, plain)
    assert float(code.bits) == pytest.approx(sum(plain))
    # two classes of 0.9 and 0.1 need 0.47 bits each: so much is gained without any feature
    assert float(code.compression) == pytest.approx(1 / 0.47, rel=0.1)


@pytest.mark.parametrize("probe", ["linear", "mlp"])
def test_a_label_that_is_a_neuron_costs_little_and_a_drawn_one_all(probe):
    features = normal(16, 800)
    copied = online_code(features, features[3] > 0, probe=probe)
    assert float(copied.compression) > {"linear": 3, "mlp": 2}[probe]
    assert float(copied.accuracy) > 0.9
    drawn = samples(np.random.default_rng(1).integers(0, 2, 800))
    nothing = online_code(features, drawn, probe=probe, permutations=3)
    for drawn_again in (nothing.compression, *nothing.null_compression):
        assert 0.8 < float(drawn_again) < 1.03
    assert float(copied.compression) > 2 * float(nothing.null_interval.sel(bound="high"))


def test_mlp_reads_what_a_line_cannot():
    features = normal(4, 1000)
    either = (features[0] > 0) ^ (features[1] > 0)
    assert float(online_code(features, either).compression) < 1.05
    assert float(online_code(features, either, probe="mlp").compression) > 1.3


def test_null_of_unequal_classes_exceeds_one():
    labels = samples(np.random.default_rng(0).random(1000) < 0.1)
    code = online_code(normal(5, 1000), labels, permutations=3)
    assert (code.null_compression > 1.5).all()
    assert code.null_interval[0] < code.compression < code.null_interval[1]


def test_layers_are_coded_alone_and_padding_is_no_feature():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 300)
    told = {"one": rng.normal(size=(300, 6)), "two": rng.normal(size=(300, 3)) + label[:, None]}
    acts = inb.from_arrays(told)
    code = online_code(acts, samples(label))
    assert code.code_length.dims == ("layer", "portion")
    assert code.compression.dims == code.accuracy.dims == ("layer",)
    assert float(code.compression[1]) > 1.2 > float(code.compression[0])
    for name, values in told.items():
        alone = xr.DataArray(values, dims=("sample", "neuron"))
        alone = online_code(alone, samples(label))
        # recordings are of single precision
        assert float(code.bits.sel(layer=name)) == pytest.approx(float(alone.bits), rel=1e-3)
    both = xr.concat([acts.activation, acts.activation], dim=xr.Variable("seed", [0, 5]))
    again = online_code(both, samples(label))
    np.testing.assert_allclose(again.bits.sel(seed=5), code.bits)


def test_scale_and_shift_of_neurons_do_not_matter_and_seeds_repeat():
    features, label = normal(5, 400), samples(np.arange(400) % 3)
    features[0] += label
    scale = xr.DataArray([1e-4, 3.0, 1e5, 1.0, 7.0], dims="neuron")
    code = online_code(features, label)
    moved = online_code(features * scale + 100 * scale, label)
    assert float(moved.bits) == pytest.approx(float(code.bits), rel=1e-3)
    xr.testing.assert_identical(online_code(features, label), code)
    assert float(online_code(features, label, seed=1).bits) != float(code.bits)


def test_words_bools_and_numbers_are_the_same_labels_and_it_saves(tmp_path):
    features, rng = normal(4, 200), np.random.default_rng(0)
    number = rng.integers(0, 2, 200)
    code = online_code(features, samples(number), permutations=2)
    for form in (np.array(["he", "she"])[number], number.astype(bool), number * 1.0,
                 np.array(["he", "she"], dtype=object)[number]):  # fmt: skip
        same = online_code(features, samples(form), permutations=2)
        np.testing.assert_array_equal(same.code_length, code.code_length)
    inb.save(code, tmp_path / "code.zarr")
    xr.testing.assert_identical(inb.open(tmp_path / "code.zarr").load(), code)


@pytest.mark.parametrize("n", [10, 11, 37])
def test_few_samples_have_a_defined_code(n):
    """Portions of less than one sample add nothing; a first block of one class has frequencies."""
    labels = np.arange(n) % 2
    code = online_code(normal(3, n), samples(labels))
    assert int(code.n_seen[0]) == 1
    assert int(code.n_seen[-1]) == n
    empty = np.diff(code.n_seen) == 0
    assert empty[:2].all()
    assert (code.code_length[1:][empty] == 0).all()
    assert code.block_accuracy[1:][empty].isnull().all()
    assert np.isfinite(code.code_length).all()
    assert 0.4 < float(code.compression) < 1.3


def test_a_class_that_comes_late_costs_bits_but_not_infinitely_many():
    labels = np.zeros(200, int)
    labels[7] = 1
    code = online_code(normal(3, 200), samples(labels))
    assert np.isfinite(float(code.bits))
    # a hundred zeros, then a one: log2 of 2 (100 + 1) at most, if it is in the last block
    assert 5 < float(code.code_length.max()) < 12
    more = online_code(normal(3, 200), samples(labels), classes=[0, 1, 2, 3])
    assert float(more.uniform) == 400
    assert float(more.bits) > float(code.bits)


def test_constant_and_huge_features():
    features, label = normal(3, 300), samples(np.arange(300) % 2)
    features[0] = 7.3
    features[1] = 1e12 + 1e6 * label
    assert float(online_code(features, label).compression) > 3
    features[:] = 0.0
    assert 0.85 < float(online_code(features, label).compression) < 1.05


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"labels": samples(np.zeros(30))}, ValueError, "labels are all 0.0: of one class"),
        ({"labels": samples([*[0.0, 1.0] * 14, 1.0, np.nan])}, ValueError, "missing for 1 samples"),
        ({"labels": samples(np.arange(30) / 7)}, ValueError, "30 different numbers for 30 samples"),
        ({"labels": samples(np.arange(29) % 2)}, ValueError, "different samples: 30 and 29"),
        ({"labels": np.arange(30) % 2}, TypeError, "give labels, a DataArray; not ndarray"),
        ({"classes": [0, 2]}, ValueError, r"labels has 1, which is not among classes \[0, 2\]"),
        ({"probe": "Linear"}, ValueError, "probe must be one of 'linear', 'mlp'.*Did you mean"),
        ({"probe": lambda *_: np.ones(3)}, ValueError, r"a probe must give .*; it gave \(3,\)"),
        ({"probe": lambda a, b, c, d: np.zeros((len(c), 2))}, ValueError, "each sample above 0"),
        ({"probe": lambda a, b, c, d: np.full((len(c), 2), 1e308)}, ValueError, "a probe must"),
        ({"probe": lambda *_: None}, ValueError, r"it gave \(\)"),
        ({"labels": samples(np.array([1, "a"] * 15, object))}, TypeError, "kinds int and str"),
        ({"features": normal(0, 30)}, ValueError, "features has no neuron"),
        ({"portions": [50, 10, 100]}, ValueError, "portions must rise"),
        ({"portions": [10, 50]}, ValueError, "portions must rise"),
        ({"dim": "samples"}, ValueError, "dim 'samples' not found.*Did you mean 'sample'"),
        ({"permutations": -1}, ValueError, "permutations must be at least 0"),
        ({"features": normal(3, 30)[0]}, ValueError, "it needs 'neuron'"),
        ({"features": holed()}, ValueError, "features are nan at neuron 1, sample 4 .1 such"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(change, error, told):
    given = {"features": normal(3, 30), "labels": samples(np.arange(30) % 2), **change}
    with pytest.raises(error, match=told) as found:
        online_code(given.pop("features"), given.pop("labels"), **given)
    assert "\n" not in str(found.value)


def test_nine_samples_are_too_few():
    with pytest.raises(ValueError, match="at least 10 samples; there are 9"):
        online_code(normal(3, 9), samples(np.arange(9) % 2))
