import numpy as np
import pytest
import xarray as xr
from measures.planted import layer, normal_information, parity, told_in_sample, two_classes

from infonb.measures import information_imbalance, layer_information, matrix_entropy, reliability
from infonb.measures.cases import Case, imbalance_to_label
from infonb.measures.consistency import CHECKS

pytestmark = pytest.mark.slow


def case(measure, points=None, nothing=0.0, interval=(0.0, 1.0)):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 4)) if points is None else points
    classes = (points[:, 0] > 0).astype(int)
    return Case(points, classes, measure, 1.0, np.log(2), nothing, interval, 0)


def check(name, one, estimator="latent"):
    return CHECKS[estimator][name](one)


def learnt_by_heart(points, classes):
    return np.log(len(set(classes.tolist())))


def test_independence_finds_what_is_learnt_by_heart():
    assert check("independence", case(learnt_by_heart)) == pytest.approx(np.log(2))
    assert check("independence", case(lambda points, classes: 0.0)) == 0.0
    # of an imbalance nothing is known at 1
    one = case(lambda points, classes: 0.8, nothing=1.0)
    assert check("independence", one, "imbalance") == pytest.approx(0.2)


def test_data_processing_finds_what_grows_with_noise_or_with_fewer_neurons():
    spread = case(lambda points, classes: points.var(axis=0).mean())
    # noise as strong as the neurons
    assert check("data_processing", spread) == pytest.approx(1, abs=0.15)
    assert check("data_processing", case(lambda p, c: -p.var(axis=0).mean())) < -0.8
    turned = case(lambda p, c: p.var(axis=0).mean(), nothing=1.0)
    assert check("data_processing", turned, "imbalance") == pytest.approx(-1, abs=0.15)
    lost = case(lambda points, classes: 1.0 / points.shape[1])
    assert check("fewer_neurons", lost) == pytest.approx(1 / 2 - 1 / 4)
    assert check("fewer_neurons", case(lambda p, c: p.shape[1])) == -2
    assert check("fewer_neurons", case(lambda p, c: 1.0, np.ones((20, 1)))) == 0


def test_additivity_compares_with_what_the_planted_neuron_tells():
    told = normal_information(2.0)

    def exact(points, classes):
        return 0.3 + (told if points.shape[1] == 5 else 0.0)

    assert check("additivity", case(exact)) == pytest.approx(0, abs=1e-4)
    assert check("additivity", case(lambda p, c: 0.3)) == pytest.approx(told, abs=1e-4)
    seen = []
    check(
        "additivity",
        case(lambda p, c: seen.append((p, c)) or 0.0, 10 * np.eye(4)[np.arange(200) % 4]),
    )
    added = [(p, c) for p, c in seen if p.shape[1] == 5]
    for points, classes in added:
        bit = classes % 2
        # as strong as a direction of the layer: three of variance 25 each
        assert points[:, 4].std() == pytest.approx(5, rel=0.15)
        gap = points[bit == 1, 4].mean() - points[bit == 0, 4].mean()
        assert gap / points[bit == 1, 4].std() == pytest.approx(4, rel=0.15)


def test_above_the_entropy_changing_and_wide():
    assert check("at_most_entropy", case(lambda p, c: 1.0)) == pytest.approx(
        1 - np.log(2), abs=0.01
    )
    assert check("at_most_entropy", case(lambda p, c: 0.5)) == 0
    assert check("more_samples", case(lambda p, c: 1 - 2 / len(c) ** 0.5)) == pytest.approx(
        2 / 200**0.5
    )
    slow = case(lambda p, c: 1 - 20 / len(c))
    assert check("more_samples", slow, "matrix_entropy") == pytest.approx(0.1)
    assert check("narrow", case(lambda p, c: 0.0, interval=(0.2, 0.5))) == pytest.approx(0.15)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("apart", "width", "n"), [(1.0, 4, 600), (0.0, 4, 600), (3.0, 10, 300)])
def test_reliable_where_the_truth_is_found(apart, width, n, seed):
    acts, label = two_classes(apart, width, n, seed)
    found = reliability(acts, label, seed=seed)
    assert found.verdict.item() == "reliable", found.why.item()
    assert found.passed.all()
    truth = told_in_sample(acts, label, apart)
    assert found.information.item() == pytest.approx(truth, abs=0.1 * np.log(2))
    assert found.why.item().startswith("All checks within 0.069. Of a planted parity")


@pytest.mark.parametrize("seed", [0, *(pytest.param(i, marks=pytest.mark.slow) for i in (1, 2))])
@pytest.mark.parametrize(
    ("apart", "width", "n"), [(1.0, 100, 200), (1.0, 250, 200), (3.0, 300, 100), (1.0, 4, 60)]
)
def test_cannot_tell_with_too_few_samples_or_too_many_dims(apart, width, n, seed):
    found = reliability(*two_classes(apart, width, n, seed), seed=seed)
    assert found.verdict.item() == "cannot tell"
    assert not found.passed.all()
    for name in found.check.values:
        failed = not found.passed.sel(check=name)
        assert failed == bool(found[name] > found.limit)
        assert failed == (f"{found[name].item():.2g}" in found.why.item()) or not failed


@pytest.mark.slow
def test_what_is_called_reliable_is_right_and_little_else_is_wrong():
    off = {"reliable": [], "cannot tell": []}
    for apart in (0.5, 1.0, 3.0):
        for width in (4, 20, 250):
            for seed in range(3):
                acts, label = two_classes(apart, width, 700, seed)
                found = reliability(acts, label, seed=seed)
                error = found.information.item() - told_in_sample(acts, label, apart)
                off[found.verdict.item()].append(abs(error) / np.log(2))
    assert len(off["reliable"]) >= 9
    assert len(off["cannot tell"]) >= 8
    # sampling is included in the truth: what is left are the estimator's own errors
    assert max(off["reliable"]) < 0.15
    assert np.mean(off["reliable"]) < 0.04
    assert np.mean(off["cannot tell"]) > 2 * np.mean(off["reliable"])


def test_where_it_fails_parity_says_how_blind_it_is():
    # as the notes say: the value is far too low, and checks need not notice
    found = [reliability(*parity(4, 600, seed), seed=seed) for seed in range(2)]
    assert all(one.information < 0.7 * np.log(2) for one in found)
    assert any(one.verdict == "reliable" for one in found)
    assert all(0.3 < one.parity < 0.7 for one in found)
    assert "Of a planted parity of two neurons it sees" in found[0].why.item()
    wide = reliability(*two_classes(1, 40, 500))
    assert wide.parity < 0.1


def test_sliced_and_imbalance():
    acts, label = two_classes(3, 10, 600)
    for estimator, value in (
        (
            "sliced",
            layer_information(acts, label, estimator="sliced", draws=2, n_slices=30).information,
        ),
        ("imbalance", information_imbalance(acts, label, draws=2).imbalance),
    ):
        found = reliability(acts, label, estimator=estimator, n_slices=30)
        assert found.information.item() == pytest.approx(value.item())
        assert found.verdict.item() == "reliable", found.why.item()
        low, high = found.interval.values
        assert low < value.item() < high
    few, label = two_classes(1, 50, 60)
    assert reliability(few, label, estimator="imbalance").verdict.item() == "cannot tell"


def test_matrix_entropy_cannot_be_told_of_more_directions_than_samples():
    rng = np.random.default_rng(0)
    acts = layer(rng.normal(size=(10, 500)))
    found = reliability(acts, estimator="matrix_entropy")
    assert found.verdict.item() == "reliable"
    assert found.information.item() == pytest.approx(matrix_entropy(acts).item())
    assert list(found.check.values) == ["more_samples", "narrow"]
    wide = layer(rng.normal(size=(300, 100)))
    found = reliability(wide, estimator="matrix_entropy")
    assert found.verdict.item() == "cannot tell"
    # half of the samples show half of the directions
    assert found.more_samples.item() == pytest.approx(np.log(2), abs=0.25)


@pytest.mark.parametrize("k", [1, 3])
def test_the_short_way_to_the_imbalance_to_a_label_is_the_same(k):
    rng = np.random.default_rng(1)
    label = rng.integers(3, size=120)
    for points in (rng.normal(size=(120, 3)) + label[:, None], rng.integers(3, size=(120, 2))):
        whole = information_imbalance(layer(points.T), label, k=k, draws=2).imbalance
        assert imbalance_to_label(points.astype(float), label, k) == pytest.approx(whole.item())


def test_layers_have_their_own_verdicts():
    acts, label = two_classes(3, 4, 300)
    noise = np.random.default_rng(1).normal(size=(300, 300))
    both = xr.DataArray(
        np.stack([np.pad(acts.values, ((0, 296), (0, 0)), constant_values=np.nan), noise]),
        {"layer": ["clear", "wide"], "width": ("layer", [4, 300]), "label": ("sample", label)},
        ("layer", "neuron", "sample"),
    )
    found = reliability(both, max_samples=120)
    assert found.verdict.dims == ("layer",)
    assert found.passed.dims == ("layer", "check")
    assert found.verdict.values.tolist() == ["reliable", "cannot tell"]
    assert found.attrs["n_samples"] == 120
    assert found.attrs["estimator"] == "latent"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"estimator": "ksg"}, "estimator must be one of 'latent', 'sliced', 'imbalance'"),
        ({"tolerance": 0}, "tolerance must be above 0"),
        ({"label": np.zeros(40, int)}, "one class only"),
        ({"max_samples": 10}, "max_samples must be at least 16"),
        ({"level": 2}, "level must be"),
    ],
)
def test_errors_name_the_value(more, words):
    acts = layer(np.random.default_rng(0).normal(size=(3, 40)))
    with pytest.raises(ValueError, match=words):
        reliability(acts, **{"label": np.arange(40) % 2, **more})
