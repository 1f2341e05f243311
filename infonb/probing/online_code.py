"""The online code: how many bits labels cost one who knows the representation (MDL probing)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_samples, inside_width, take_activation
from infonb.probing.classes import in_order
from infonb.probing.probes import PROBES, Probe, never_certain
from infonb.progress import progress_bar
from infonb.validate import check_choice, check_integer, check_level, check_number

__all__ = ["PORTIONS", "online_code"]

#: Per cent of the samples after which a new probe is trained (Voita and Titov 2020, appendix).
PORTIONS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.25, 12.5, 25.0, 50.0, 100.0)

BOUND = np.array(["low", "high"], dtype=object)

#: Fewer samples leave blocks of one or none for the first eight of eleven portions.
FEWEST_SAMPLES = 10


def online_code(
    features: xr.DataArray | xr.Dataset,
    labels: xr.DataArray,
    *,
    probe: str | Callable[..., np.ndarray] = "linear",
    dim: Hashable = "sample",
    portions: Sequence[float] = PORTIONS,
    classes: Sequence[Any] | None = None,
    permutations: int = 0,
    seed: int = 0,
    level: float = 0.95,
    progress: bool = False,
) -> xr.Dataset:
    r"""
    Return how far a representation shortens the code of a label: Voita and Titov's online code.

    Dims (\*batch, neuron, sample) in; (\*batch) out, and (\*batch, portion) for each portion.

    Parameters
    ----------
    features
        Activations: an array (..., neuron, sample), or a recording, (layer, neuron, sample) and
        perhaps more before them. One code for each layer and each entry of other dims. Padding
        beyond the ``width`` of a layer is no feature.
    labels
        The class of each sample, (sample): numbers, words or bools.
    probe
        ``"linear"``: multinomial logistic regression. ``"mlp"``: one hidden layer of 128 ReLU
        units. Or a function (features to learn from (sample, neuron), their classes as whole
        numbers (sample), features to read, seed) → probabilities (sample, class) of the classes
        that were there to learn from, in their order.
    dim
        The dimension of the samples.
    portions
        Per cent of the samples after which the next probe is trained, rising, the last one 100.
    classes
        All classes there are, if some have no sample here: the uniform code needs their number.
    permutations
        How often the code is made anew with permuted labels, for the null.
    seed
        Of the order of the samples (the same for all layers), of the probes and the permutations.
    level
        Probability that the interval of the null covers.
    progress
        Whether to show a bar.

    Returns
    -------
    xarray.Dataset
        ``code_length`` (\*batch, portion), bits of the samples that this portion adds, sent with
        the probe of all samples before; ``bits`` (\*batch), their sum; ``uniform``, the bits
        without any model; ``compression`` (\*batch) = uniform / bits; ``accuracy`` (\*batch) of
        the last probe on the last block, ``block_accuracy`` (\*batch, portion) of each. With
        `permutations`: ``null_compression`` (\*batch, permutation) and ``null_interval``
        (\*batch, bound), in which one more permutation lies (Student's t). Coordinate ``n_seen``
        (portion): samples sent so far. Attributes ``units``, ``probe``, ``n_samples``,
        ``n_classes``, ``source``.

    Raises
    ------
    TypeError, ValueError
        If features and labels are of different samples, a value is NaN or infinite, there is one
        class only, a label is not among `classes`, or there are fewer than 10 samples.

    Notes
    -----
    .. math:: L = t_1 \log_2 C - \sum_i \sum_{s = t_i + 1}^{t_{i+1}} \log_2 p_{\theta_i}(y_s | x_s)

    with the probe :math:`\theta_i` trained on the first :math:`t_i` of n samples in a drawn order.
    The code is short if labels can be read well *and* from few samples, so that a strong probe
    gains nothing by learning by heart.

    What the paper leaves open: (a) *No certainty.* A probe of t samples counts as t observations,
    to which half a one of each class is added (Krichevsky and Trofimov):
    :math:`(t p + 1/2) / (t + C/2)`. So no label costs infinitely many bits, and a class that was
    not among the t samples has a code, too; where they are all of one class there is no probe and
    their frequencies alone are used. (b) *Portions of less than one sample.* The first block has at
    least one; a later one that gains none costs 0 bits and has the accuracy NaN. (c) *Scale.*
    Features are standardized by mean and deviation of the samples that the probe is trained on, no
    others. (d) *Overfitting.* The linear probe's penalty, and the epochs of the MLP, are chosen by
    the loss on a held-out fifth of these samples, after which it is trained on all of them; of
    fewer than 20 none are held out.

    The compression is against the uniform code. Of classes of unequal size the frequencies alone
    compress: with permuted labels 1 is then exceeded. Compare with the null.

    References
    ----------
    Voita and Titov, "Information-Theoretic Probing with Minimum Description Length", EMNLP 2020,
    section 2.2; Krichevsky and Trofimov, IEEE Trans. Inf. Theory 27, 199 (1981).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> features = xr.DataArray(rng.normal(size=(4, 1000)), dims=("neuron", "sample"))
    >>> easy = online_code(features, features[0] > 0)
    >>> drawn = online_code(features, xr.DataArray(rng.integers(0, 2, 1000), dims="sample"))
    >>> bool(easy.compression > 8), bool(drawn.compression < 1.02)
    (True, True)
    """
    activation, labels = _checked(features, labels, dim)
    names, numbers = _classes(labels, classes)
    cuts = _cuts(portions, len(numbers))
    run = _named(probe)
    check_integer("permutations", permutations, 0)
    check_integer("seed", seed, 0)
    check_level(level)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(numbers))
    sent = [numbers[order]] + [rng.permutation(numbers) for _ in range(permutations)]
    batch = [d for d in activation.dims if d not in ("neuron", dim)]
    shape = tuple(activation.sizes[d] for d in batch)
    found = np.empty((*shape, len(sent), 2, len(cuts)))
    for place in progress_bar(list(np.ndindex(shape)), desc="codes", show=progress):
        rows = _rows(activation, batch, place, dim)[order]
        for i, one in enumerate(sent):
            found[(*place, i)] = _code(rows, one, len(names), cuts, run, seed)
    result = _labelled(activation, batch, found, portions, cuts, len(names), level)
    return result.assign_attrs(
        units="bit", measure="online code", probe=probe if isinstance(probe, str) else "own",
        n_samples=len(numbers), n_classes=len(names), permutations=permutations, seed=seed,
        source="Voita and Titov 2020, section 2.2",
    )  # fmt: skip


def _code(
    rows: np.ndarray, labels: np.ndarray, n_classes: int, cuts: np.ndarray, probe: Probe, seed: int
) -> np.ndarray:
    """Return bits and accuracy of each block: features (sample, neuron), labels → (2, portion)."""
    from threadpoolctl import threadpool_limits

    bits, accuracy = np.zeros(len(cuts)), np.full(len(cuts), np.nan)
    bits[0] = cuts[0] * np.log2(n_classes)
    # matrices are so small that more threads than one make it 20 times slower
    with threadpool_limits(1, "blas"):
        for i, (start, end) in enumerate(pairwise(cuts), 1):
            if end > start:
                chance = _predicted(
                    rows[:start], labels[:start], rows[start:end], n_classes, probe, seed
                )
                bits[i] = block_bits(chance, labels[start:end])
                accuracy[i] = (chance.argmax(axis=1) == labels[start:end]).mean()
    return np.stack([bits, accuracy])


def block_bits(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the code length of labels under probabilities (sample, class), in bits."""
    return float(-np.log2(probabilities[np.arange(len(labels)), labels]).sum())


def _predicted(
    rows: np.ndarray,
    labels: np.ndarray,
    wanted: np.ndarray,
    n_classes: int,
    probe: Probe,
    seed: int,
) -> np.ndarray:
    """Train a probe on rows, standardized by themselves, and read others: (sample, class)."""
    seen = np.unique(labels)
    chance = np.zeros((len(wanted), n_classes))
    if len(seen) == 1:
        chance[:, seen] = 1.0
        return never_certain(chance, len(labels))
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    # a neuron that is constant so far (up to rounding) tells nothing yet
    useful = spread > 1e-9 * (abs(mean) + spread.max() + np.finfo(float).tiny)
    scale = np.where(useful, 1 / np.where(useful, spread, 1.0), 0.0)
    told = np.asarray(probe((rows - mean) * scale, labels, (wanted - mean) * scale, seed), float)
    wrong = told.shape != (len(wanted), len(seen))
    with np.errstate(over="ignore"):
        whole = told.sum(axis=-1, keepdims=True)
    if wrong or not ((told >= 0).all() and np.isfinite(whole).all() and (whole > 0).all()):
        raise ValueError(
            f"a probe must give probabilities of shape {(len(wanted), len(seen))} (sample, class "
            f"it has seen), none negative, some of each sample above 0; it gave {told.shape}."
        )
    chance[:, seen] = told / whole
    return never_certain(chance, len(labels))


def _checked(
    features: xr.DataArray | xr.Dataset, labels: Any, dim: Hashable
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return features (..., neuron, sample) and labels of the same samples."""
    activation = take_activation(features)
    activation, labels = check_samples(activation, labels, "labels", dim)
    if "neuron" not in activation.dims:
        raise ValueError(f"features has dims {activation.dims}; it needs 'neuron', beside {dim!r}.")
    if not activation.sizes["neuron"]:
        raise ValueError("features has no neuron, of which nothing can be read.")
    if activation.dtype.kind not in "fiub":
        raise TypeError(f"features must be real numbers; not {activation.dtype}.")
    n = activation.sizes[dim]
    if n < FEWEST_SAMPLES:
        raise ValueError(f"an online code needs at least {FEWEST_SAMPLES} samples; there are {n}.")
    return activation.transpose(..., "neuron", dim), labels


def _classes(labels: xr.DataArray, classes: Sequence[Any] | None) -> tuple[list, np.ndarray]:
    """Return the classes, and the place of each label among them (sample)."""
    if bool(labels.isnull().any()):
        raise ValueError(
            f"labels are missing for {int(labels.isnull().sum()):,} samples; leave these out."
        )
    values = labels.values.tolist()
    names = in_order(values, "labels") if classes is None else list(dict.fromkeys(classes))
    outside = sorted(set(values) - set(names), key=str)
    if outside:
        told = ", ".join(map(repr, outside[:3]))
        raise ValueError(f"labels has {told}, which is not among classes {names}; add it there.")
    if len(set(values)) == 1:
        raise ValueError(f"labels are all {values[0]!r}: of one class there is nothing to send.")
    if labels.dtype.kind == "f" and len(names) > len(values) / 2:
        raise ValueError(
            f"labels has {len(names):,} different numbers for {len(values):,} samples; a code is "
            "of classes: put them into a few, as numpy.digitize does."
        )
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[value] for value in values])


def _cuts(portions: Sequence[float], n: int) -> np.ndarray:
    """Return how many samples have been sent after each portion, at least one."""
    wanted = [check_number("portions", one, 0.0, 100.0) for one in portions]
    rising = all(a < b for a, b in pairwise(wanted))
    if len(wanted) < 2 or wanted[0] <= 0 or wanted[-1] != 100 or not rising:
        raise ValueError(
            f"portions must rise from above 0 to 100, such as 10, 50, 100; not {wanted}."
        )
    return np.maximum(np.floor(np.array(wanted) * n / 100 + 1e-9).astype(int), 1)


def _named(probe: str | Callable[..., np.ndarray]) -> Probe:
    if callable(probe):
        return probe
    check_choice("probe", probe, PROBES)
    return PROBES[probe]


def _rows(activation: xr.DataArray, batch: list, place: tuple, dim: Hashable) -> np.ndarray:
    """Return the features of one layer and entry, without padding: (sample, neuron)."""
    one = activation.isel(dict(zip(batch, place, strict=True)))
    inside = inside_width(activation, dim)
    values = one.transpose(dim, "neuron").values.astype(float)
    if inside is not None and "neuron" in inside.dims:
        here = inside.isel({d: i for d, i in zip(batch, place, strict=True) if d in inside.dims})
        values = values[:, here.transpose("neuron").values]
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        where = "".join(
            f"{d} {activation[d].values[i]!s}, " for d, i in zip(batch, place, strict=True)
        )
        sample, neuron = bad[0].tolist()
        raise ValueError(
            f"features are {values[sample, neuron]} at {where}neuron {neuron}, sample {sample} "
            f"({len(bad):,} such values); leave these samples or neurons out."
        )
    return values


def _labelled(
    activation: xr.DataArray, batch: list, found: np.ndarray, portions: Sequence[float],
    cuts: np.ndarray, n_classes: int, level: float,
) -> xr.Dataset:  # fmt: skip
    """Return the codes with labels; found is (..., permutation, bits and accuracy, portion)."""
    lengths, accuracy = found[..., 0, 0, :], found[..., 0, 1, :]
    uniform = cuts[-1] * np.log2(n_classes)
    compression = uniform / found[..., 0, :].sum(axis=-1)
    bit, one = {"units": "bit"}, {"units": "1"}
    variables: dict[str, Any] = {
        "code_length": ((*batch, "portion"), lengths, bit),
        "bits": (batch, lengths.sum(axis=-1), bit),
        "uniform": ((), uniform, bit),
        "compression": (batch, compression[..., 0], one),
        "accuracy": (batch, accuracy[..., -1], one),
        "block_accuracy": ((*batch, "portion"), accuracy, one),
    }
    null = compression[..., 1:]
    if null.shape[-1]:
        variables["null_compression"] = ((*batch, "permutation"), null, one)
    if null.shape[-1] > 1:
        variables["null_interval"] = (
            (*batch, "bound"),
            _next(null, level),
            {**one, "level": level},
        )
    coords = {
        name: coord
        for name, coord in activation.coords.items()
        if set(coord.dims) <= set(batch) and (name != "width" or "layer" in batch)
    }
    here = {
        "portion": ("portion", list(map(float, portions)), {"units": "%"}),
        "n_seen": ("portion", cuts),
    }
    bound = {"bound": BOUND} if "null_interval" in variables else {}
    return xr.Dataset(variables, {**coords, **here, **bound})


def _next(values: np.ndarray, level: float) -> np.ndarray:
    """Return where one more value would lie: (..., permutation) → (..., bound)."""
    from scipy.stats import t

    n = values.shape[-1]
    half = t.ppf((1 + level) / 2, n - 1) * values.std(axis=-1, ddof=1) * np.sqrt(1 + 1 / n)
    middle = values.mean(axis=-1)
    return np.stack([middle - half, middle + half], axis=-1)
