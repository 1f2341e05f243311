import numpy as np
import pytest

from infonb.measures.estimators.cross_predicted import _ridge as ridge
from infonb.measures.estimators.cross_predicted import cross_predicted, halves


def test_halves_have_half_of_each_class():
    classes = np.repeat([0, 1, 2], [10, 11, 30])
    half = halves(classes, np.random.default_rng(0))
    for one in range(3):
        assert abs(half[classes == one].sum() - (classes == one).sum() / 2) <= 0.5
    assert half.tolist() != halves(classes, np.random.default_rng(1)).tolist()


def test_the_leave_one_out_error_is_that_of_leaving_each_out():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(25, 4))
    points -= points.mean(axis=0)
    targets = np.eye(3)[rng.integers(3, size=25)]
    targets -= targets.mean(axis=0)
    vectors, singular, _ = np.linalg.svd(points, full_matrices=False)
    least, weights = ridge(singular**2, vectors, targets)
    scale = (singular**2).sum() / 25
    errors, coefficients = [], []
    for penalty in np.logspace(-5, 2, 15) * scale:
        left = []
        for i in range(25):
            x, y = np.delete(points, i, axis=0), np.delete(targets, i, axis=0)
            # the constant is not penalised
            middle, mean = x.mean(axis=0), y.mean(axis=0)
            inner = (x - middle).T @ (x - middle) + penalty * np.eye(4)
            slope = np.linalg.solve(inner, (x - middle).T @ (y - mean))
            left.append(targets[i] - mean - (points[i] - middle) @ slope)
        errors.append(np.square(left).mean())
        inner = points.T @ points + penalty * np.eye(4)
        coefficients.append(np.linalg.solve(inner, points.T @ targets))
    assert least == pytest.approx(min(errors))
    np.testing.assert_allclose(points.T @ weights, coefficients[int(np.argmin(errors))], atol=1e-9)


def test_a_linear_and_a_curved_label_are_both_predicted():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(600, 3))
    for label in (points[:, 0] > 0, (points**2).sum(axis=1) > 2.4):
        classes = label.astype(int)
        scores = cross_predicted(points[:300], classes[:300], points[300:])
        assert (scores.argmax(axis=1) == classes[300:]).mean() > 0.9


def test_wide_layers_are_fitted_as_narrow_ones():
    rng = np.random.default_rng(3)
    narrow = rng.normal(size=(60, 5))
    classes = (narrow[:, 0] > 0).astype(int)
    turned = np.linalg.qr(rng.normal(size=(200, 200)))[0][:5]
    one = cross_predicted(narrow[:40], classes[:40], narrow[40:])
    wide = narrow @ turned
    np.testing.assert_allclose(cross_predicted(wide[:40], classes[:40], wide[40:]), one, atol=1e-9)
