"""
Mutual information of pairs by infonb and by other packages, on the same arrays in one run.

With ``--benchmark-enable`` at full size, with a table of CPU time a pair, ratio, peak memory and
agreement; otherwise a quick check that those that are installed agree. The other packages are the
extra ``benchmark``. See README.md beside this file.
"""

import time
import tracemalloc

import numpy as np
import pytest
from benchmarks.units import units
from scipy.spatial import cKDTree
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression
from sklearn.metrics import mutual_info_score

import infonb as inb
from infonb.measures import TiesWarning

K = 3


def scikit_learn(x, y):
    return mutual_info_regression(x[:, None], y, n_neighbors=K, random_state=0)[0]


def scipy_trees(x, y):
    points = np.stack([x, y], axis=1)
    radius = cKDTree(points).query(points, k=K + 1, p=np.inf)[0][:, -1]
    radius = np.nextafter(radius, 0)
    n_x, n_y = (
        cKDTree(v[:, None]).query_ball_point(v[:, None], radius, return_length=True) for v in (x, y)
    )
    return digamma(len(x)) + digamma(K) - np.mean(digamma(n_x) + digamma(n_y))


def npeet_plus(x, y):
    from npeet_plus import mi

    return mi(x[:, None], y[:, None], k=K, base=np.e)


def ennemi(x, y):
    from ennemi import estimate_mi

    return estimate_mi(y, x, k=K, preprocess=False)[0, 0]


def infomeasure(x, y):
    from infomeasure import mutual_information

    return mutual_information(x, y, approach="ksg", k=K, noise_level=0, base="e")


def pyinform(x, y):
    from pyinform import mutual_info

    return mutual_info(x, y) * np.log(2)


def infomeasure_discrete(x, y):
    from infomeasure import mutual_information

    return mutual_information(x, y, approach="discrete", base="e")


def histogram2d(x, y):
    joint, _, _ = np.histogram2d(x, y, bins=int(max(x.max(), y.max())) + 1)
    p = joint / joint.sum()
    product = p.sum(1)[:, None] * p.sum(0)
    return np.sum(p[p > 0] * np.log(p[p > 0] / product[p > 0]))


# the greatest difference that is theirs by design: scikit-learn scales, npeet_plus adds noise,
# ennemi has its own digamma, and rounding of a sum or a k-d tree's radius moves single counts
NEIGHBOURS = {
    "scikit-learn": (scikit_learn, 0.15),
    "scipy cKDTree": (scipy_trees, 0.05),
    "npeet_plus": (npeet_plus, 0.05),
    "ennemi": (ennemi, 1e-5),
    "infomeasure": (infomeasure, 0.05),
}
COUNTS = {
    "pyinform": (pyinform, 1e-9),
    "scikit-learn": (mutual_info_score, 1e-9),
    "infomeasure": (infomeasure_discrete, 1e-9),
    "numpy histogram2d": (histogram2d, 1e-9),
}


def test_neighbours(benchmark, capsys):
    full = benchmark.enabled
    for kind in ("tanh", "relu", "gelu") if full else ("tanh",):
        values = units(kind, *((64, 2500) if full else (6, 250)))
        own, seconds, memory = measured_here(values, estimator="ksg", k=K)
        lines = measured_there(NEIGHBOURS, values.astype(np.float64), own, 8 if full else 2, kind)
        title = f"KSG, k = {K}, {kind}, {values.shape[0]} neurons x {values.shape[1]} samples"
        show(capsys, full, title, seconds, memory, lines)
    benchmark(lambda: inb.mutual_information(labelled(units("tanh", 6, 250)), k=K))


@pytest.mark.parametrize("bins", [10, 30, 100])
def test_counts(benchmark, capsys, bins):
    full = benchmark.enabled
    values = units("tanh", *((256, 2500) if full else (6, 250)))
    edges = np.linspace(values.min(), values.max(), bins + 1)
    own, seconds, memory = measured_here(values, estimator="binned", edges=edges)
    codes = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    lines = measured_there(COUNTS, codes, own, 8 if full else 2, "codes")
    show(capsys, full, f"binned, {bins} bins, tanh, {values.shape}", seconds, memory, lines)
    benchmark(lambda: inb.mutual_information(labelled(values[:6]), estimator="binned", bins=bins))


def labelled(values):
    import xarray as xr

    return xr.DataArray(values, dims=("neuron", "sample"))


def measured_here(values, **options):
    """Return all pairs, CPU seconds a pair, and the peak of memory."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TiesWarning)
        inb.mutual_information(labelled(values[:3]), **options)  # compiled before the clock starts
        start = time.process_time()
        mi = inb.mutual_information(labelled(values), **options).values
        seconds = time.process_time() - start
        tracemalloc.start()  # which takes time of its own
        inb.mutual_information(labelled(values), **options)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    n = len(values)
    return mi, seconds / (n * (n + 1) / 2), memory


def measured_there(peers, values, own, count, kind):
    """Return a line for each package: name, CPU seconds a pair, peak of memory, difference."""
    rng = np.random.default_rng(1)
    pairs = [rng.choice(len(values), 2, replace=False) for _ in range(count)]
    lines = []
    for name, (function, tolerance) in peers.items():
        try:
            function(*values[:2, :50])  # imported and warm
        except ImportError:
            lines.append((name, None, None, None))
            continue
        start = time.process_time()
        found = np.array([float(function(values[a], values[b])) for a, b in pairs])
        seconds = (time.process_time() - start) / count
        tracemalloc.start()
        function(values[pairs[0][0]], values[pairs[0][1]])
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        expected = np.array([own[a, b] for a, b in pairs])
        if name == "scikit-learn" and kind != "codes":
            expected = np.maximum(expected, 0)
        difference = np.abs(found - expected).max()
        if kind != "relu":  # on ties each has its own convention
            assert difference < tolerance, name
        lines.append((name, seconds, memory, difference))
    return lines


def show(capsys, full, title, seconds, memory, lines):
    if not full:
        return
    with capsys.disabled():
        print(f"\n{title}\n{'':20}{'us a pair':>11}{'ratio':>8}{'peak MB':>9}{'difference':>12}")
        print(f"{'infonb':20}{1e6 * seconds:11.2f}{1:8}{memory / 1e6:9.2f}")
        for name, theirs, peak, difference in lines:
            if theirs is None:
                print(f"{name:20}  not installed: pip install 'infonb[benchmark]'")
                continue
            print(
                f"{name:20}{1e6 * theirs:11.2f}{theirs / seconds:8.0f}{peak / 1e6:9.2f}"
                f"{difference:12.1e}"
            )
