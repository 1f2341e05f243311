from __future__ import annotations

import sys

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import confident_learning, outcome_fractions, suspect_labels


def predictions(seed: int = 0) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    label, true = rng.integers(4, size=(2, 60))
    true[:25] = label[:25]
    return xr.DataArray(
        rng.integers(4, size=(2, 3, 60)), dims=("seed", "epoch", "sample"),
        coords={"epoch": [1, 2, 5], "label": ("sample", label), "true_label": ("sample", true)},
    )  # fmt: skip


def test_fractions_are_those_of_a_plain_loop() -> None:
    prediction = predictions()
    label, true = prediction.label.values, prediction.true_label.values
    found = outcome_fractions(prediction)
    assert found.dims == ("seed", "epoch", "group", "outcome")
    assert found.epoch.values.tolist() == [1, 2, 5]
    for s in range(2):
        for e in range(3):
            counts = {(g, o): 0 for g in ("clean", "wrong") for o in ("true", "noisy", "other")}
            for p, y, t in zip(prediction.values[s, e], label, true, strict=True):
                outcome = "true" if p == t else "noisy" if p == y else "other"
                counts["clean" if y == t else "wrong", outcome] += 1
            for (group, outcome), count in counts.items():
                n = (label == true).sum() if group == "clean" else (label != true).sum()
                one = found[s, e].sel(group=group, outcome=outcome)
                assert float(one) == pytest.approx(count / n)
    np.testing.assert_allclose(found.sum("outcome"), 1)
    xr.testing.assert_identical(found, outcome_fractions(prediction.transpose("sample", ...)))


def test_a_group_without_samples_is_nan() -> None:
    clean = predictions().assign_coords(label=predictions().true_label)
    found = outcome_fractions(clean)
    assert found.sel(group="wrong").isnull().all()
    assert found.sel(group="clean").notnull().all()


def beliefs(n: int = 300, confused: float = 0.0) -> xr.DataArray:
    """Probabilities of a network that mostly knows the truth; labels of which a third is wrong."""
    rng = np.random.default_rng(1)
    true = rng.integers(3, size=n)
    label = np.where(rng.random(n) < 1 / 3, (true + 1) % 3, true)
    logits = rng.normal(size=(n, 3)) + 3 * (1 - confused) * (true[:, None] == np.arange(3))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    coords = {"label": ("sample", label), "is_wrong": ("sample", label != true)}
    return xr.DataArray(p, dims=("sample", "class"), coords=coords)


def test_suspects_by_hand_and_area_by_pairs() -> None:
    belief = beliefs()
    found = suspect_labels(belief)
    p, label, wrong = belief.values, belief.label.values, belief.is_wrong.values
    np.testing.assert_array_equal(found.suspect, p.argmax(1) != label)
    expected = [max(np.delete(row, y)) - row[y] for row, y in zip(p, label, strict=True)]
    np.testing.assert_allclose(found.suspicion, expected)
    above = np.subtract.outer(found.suspicion.values[wrong], found.suspicion.values[~wrong])
    area = (above > 0).mean() + (above == 0).mean() / 2
    assert float(found.auroc) == pytest.approx(area)
    assert area > 0.9


def test_area_without_knowledge_and_without_wrong_labels() -> None:
    flat = xr.full_like(beliefs(), 1 / 3)
    assert float(suspect_labels(flat).auroc) == 0.5
    assert not suspect_labels(flat).suspect.any()
    right = beliefs().assign_coords(is_wrong=("sample", np.zeros(300, bool)))
    assert np.isnan(suspect_labels(right).auroc)
    assert "auroc" not in suspect_labels(beliefs().drop_vars("is_wrong"))


def test_batches_are_as_each_alone() -> None:
    both = xr.concat([beliefs(), beliefs(confused=0.5)], "epoch").transpose("sample", ...)
    found = suspect_labels(both)
    for i, confused in enumerate([0.0, 0.5]):
        alone = suspect_labels(beliefs(confused=confused))
        xr.testing.assert_allclose(found.isel(epoch=i), alone)


def test_confident_learning_finds_the_same_wrong_labels() -> None:
    pytest.importorskip("cleanlab", reason="cleanlab is not installed (extra baselines)")
    found, ours = confident_learning(beliefs()), suspect_labels(beliefs())
    wrong = found.is_wrong.values
    assert found.suspect.values[wrong].mean() > 0.8
    assert found.suspect.values[~wrong].mean() < 0.2
    assert abs(float(found.auroc) - float(ours.auroc)) < 0.05


def test_errors() -> None:
    with pytest.raises(ValueError, match="needs the coordinate 'true_label'"):
        outcome_fractions(predictions().drop_vars("true_label"))
    with pytest.raises(ValueError, match="dim 'samples' not found"):
        outcome_fractions(predictions(), "samples")
    with pytest.raises(ValueError, match="one class only"):
        suspect_labels(beliefs().isel({"class": [0]}))
    with pytest.raises(ValueError, match="label must be between 0 and 1, of 2 classes; not 2"):
        suspect_labels(beliefs().isel({"class": [0, 1]}))
    with pytest.raises(ValueError, match="dim 'class' not found"):
        suspect_labels(beliefs().rename({"class": "k"}))
    with pytest.raises(TypeError, match=r"label must be whole numbers, .*; not float64"):
        suspect_labels(beliefs().assign_coords(label=("sample", np.full(300, 0.5))))
    with pytest.raises(ValueError, match="belief is NaN for 3 of 900 values"):
        suspect_labels(unknown(beliefs()))
    with pytest.raises(ValueError, match=r"suspicion needs the coordinate 'is_wrong' \(sample\)"):
        suspect_labels(beliefs().assign_coords(is_wrong=True))
    with pytest.raises(TypeError, match="give belief, a DataArray; not ndarray"):
        suspect_labels(beliefs().values)
    with pytest.raises(TypeError, match="give prediction, a DataArray; not ndarray"):
        outcome_fractions(predictions().values)


def unknown(belief: xr.DataArray) -> xr.DataArray:
    return belief.copy(data=np.where(np.arange(300)[:, None] == 7, np.nan, belief.values))


def test_confident_learning_is_told_what_it_cannot_judge() -> None:
    pytest.importorskip("cleanlab", reason="cleanlab is not installed (extra baselines)")
    with pytest.raises(ValueError, match="but has 'seed' as well: choose one of its entries"):
        confident_learning(beliefs().expand_dims(seed=[0, 1]))
    with pytest.raises(ValueError, match="for each sample above 0 in some class"):
        confident_learning(beliefs() * 0)
    with pytest.raises(ValueError, match="probability is NaN for 3 of 900 values"):
        confident_learning(unknown(beliefs()))
    one = beliefs().isel({"class": [0]})
    with pytest.raises(ValueError, match="one class only"):
        confident_learning(one.assign_coords(label=0 * one.label))


def test_without_cleanlab_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(ImportError, match=r"cleanlab: pip install infonb\[baselines\]"):
        confident_learning(beliefs())
