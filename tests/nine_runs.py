"""Runs of `NineRulers`: parameters of a tiny one, and others as documented with made numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

#: Parameters of a run of seconds, with a network of each kind.
TINY = {
    "n_typical": 60, "n_wrong": 8, "n_outliers": 8, "n_groups": 3, "copies": 3, "n_shortcut": 20,
    "n_unseen": 80, "width": 16, "gates": [60, 40], "epochs": 8, "views": 2, "units": 8,
    "projections": 4, "repeats": 2, "slow_repeats": 1, "seed": [0, 1],
    "network": ["true labels", "shortcut", "logic gates", "noise", "constructed"],
}  # fmt: skip

NETWORKS = ["true labels", "shortcut", "regularized", "logic gates", "noise", "random labels",
            "constructed"]  # fmt: skip
RULERS = ["in_out", "cumulative_loss", "area_under_margin", "forgetting_events", "loss_curvature",
          "pointwise_information", "membership", "early_learning", "units_owned",
          "density"]  # fmt: skip
UNIT_RULERS = ["unit_mem", "class_selectivity", "entropy", "label_information", "mean_information",
               "switching_off"]  # fmt: skip
NETWORK_RULERS = ["mean_in_out", "memorized_share", "membership_auroc", "mean_entropy", "mean_mi",
                  "mi_over_entropy", "mean_unit_mem", "matrix_entropy", "imbalance_to_label",
                  "layer_information"]  # fmt: skip
KINDS = {"typical": 20, "wrong label": 8, "outlier": 6, "near-duplicate": 9, "shortcut": 5}
TWINS = 3
#: How much a network memorizes, from 0.
_MUCH = dict(zip(NETWORKS, (0.1, 0.15, 0.3, 0.5, 0.7, 0.95, 1.0), strict=True))


def sample_coords() -> dict:
    """Return what is known of the samples: those trained on, then twins of each kind."""
    kind = [name for name, n in KINDS.items() for _ in range(n)]
    kind += [name for name in KINDS for _ in range(TWINS)]
    kinds = np.array(kind, object)
    is_in = np.arange(kinds.size) < sum(KINDS.values())
    group = np.where(kinds == "near-duplicate", np.arange(kinds.size) % 3, -1)
    true = np.arange(kinds.size) % 10
    return {
        "sample": 100 + np.arange(kinds.size), "kind": ("sample", kinds),
        "is_in": ("sample", is_in), "group": ("sample", group), "true_label": ("sample", true),
    }  # fmt: skip


def nine_runs(
    networks: list[str] = NETWORKS, seeds: int = 2, layers: tuple[int, ...] = (12, 8),
    top: int = 0,
) -> xr.Dataset:  # fmt: skip
    """Return runs of these networks; `layers` are the widths, `top` samples a unit."""
    rng = np.random.default_rng(0)
    coords = sample_coords()
    kind, is_in = coords["kind"][1], coords["is_in"][1]
    alone = np.isin(kind, ["wrong label", "outlier"]) & is_in
    n = kind.size
    shape = (len(networks), seeds)
    much = np.array([_MUCH[name] for name in networks])[:, None, None]
    mem = much * np.where(alone, 0.8, 0.1) + 0.05 * rng.normal(size=(*shape, n))
    agree = np.linspace(1, 0, len(RULERS))[:, None]
    score = agree * mem[:, :, None] + 0.1 * rng.normal(size=(*shape, len(RULERS), n))
    score[:, :, 0] = mem
    score[..., RULERS.index("forgetting_events"), :] = np.round(
        score[..., RULERS.index("forgetting_events"), :] * 4
    )
    score[:, :, RULERS.index("units_owned"), ~is_in] = np.nan  # nobody owns what was not seen
    wrong = (kind == "wrong label")[None, None, :]
    label = np.where(wrong, (coords["true_label"][1] + 3) % 10, coords["true_label"][1])
    if "logic gates" in networks:
        # no gradient: no curvature
        score[networks.index("logic gates"), :, RULERS.index("loss_curvature")] = np.nan
    units = rng.normal(size=(*shape, len(UNIT_RULERS), len(layers), max(layers)))
    units += units[:, :, :1] * np.linspace(1, -0.6, len(UNIT_RULERS))[:, None, None]
    null = rng.normal(size=units.shape) - 1
    beyond = np.arange(max(layers)) >= np.array(layers)[:, None]
    units[..., beyond], null[..., beyond] = np.nan, np.nan
    if "constructed" in networks:
        # every unit is a straight line: no untrained network of its kind
        null[networks.index("constructed")] = np.nan
    sign = np.resize([1.0, 1.0, -1.0], len(NETWORK_RULERS))
    whole = much * sign + 0.1 * rng.normal(size=(*shape, len(NETWORK_RULERS)))
    whole[:, :, 0] = mem.mean(axis=-1)
    runs = xr.Dataset(
        {
            "score": (("network", "seed", "ruler", "sample"), score),
            "label": (("network", "seed", "sample"), np.broadcast_to(label, (*shape, n)).copy()),
            "unit_score": (("network", "seed", "unit_ruler", "layer", "neuron"), units),
            "unit_null": (("network", "seed", "unit_ruler", "layer", "neuron"), null),
            "network_score": (("network", "seed", "network_ruler"), whole),
            "network_null": (("network", "seed", "network_ruler"), 0.1 * whole),
            "trainings": ("ruler", [40, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
            "seconds": (("network", "seed", "ruler"), rng.uniform(0.1, 3, (*shape, len(RULERS)))),
            "mem": (("network", "seed", "sample"), mem),
            "V": (("network", "seed", "sample"), 0 * mem),
            "U": (("network", "seed", "sample"), mem),
        },
        coords | {
            "network": np.array(networks, object), "seed": range(seeds),
            "ruler": np.array(RULERS, object), "unit_ruler": np.array(UNIT_RULERS, object),
            "layer": np.array([f"fc{at + 1}" for at in range(len(layers))], object),
            "neuron": range(max(layers)), "network_ruler": np.array(NETWORK_RULERS, object),
        },
    )  # fmt: skip
    if top:
        places = (*shape, len(layers), max(layers), top)
        chosen = rng.integers(0, sum(KINDS.values()), places) + 100
        chosen[:, :, beyond] = -1
        # with numbers that are not known among them, they come as floats
        runs["top_sample"] = (("network", "seed", "layer", "neuron", "top"), chosen * 1.0)
    return runs


def images_of(runs: xr.Dataset, size: int = 8) -> xr.Dataset:
    """Return an image of each sample, (sample, row, column)."""
    values = np.random.default_rng(1).uniform(size=(runs.sizes["sample"], size, size))
    found = xr.Dataset({"input": (("sample", "row", "column"), values)})
    of_samples = {name: runs[name] for name in ("sample", "kind", "is_in", "group", "true_label")}
    return found.assign_coords(of_samples).assign_coords(label=runs.label.isel(network=0, seed=0))


def agreement_of(runs: xr.Dataset) -> xr.Dataset:
    """Return what `sample_agreement` gives, in its form: τ of all pairs, by network."""
    from scipy.stats import kendalltau

    names = runs.ruler.values
    tau = np.full((runs.sizes["network"], names.size, names.size), np.nan)
    for at, one in enumerate(runs.score.isel(seed=0).values):
        for i, first in enumerate(one):
            for j, second in enumerate(one):
                known = np.isfinite(first) & np.isfinite(second)
                if known.any():
                    tau[at, i, j] = kendalltau(first[known], second[known]).statistic
    ends = np.stack([tau - 0.15, tau + 0.15], axis=-1).clip(-1, 1)
    dims = ("network", "ruler", "other_ruler")
    return xr.Dataset(
        {"tau": (dims, tau), "interval": ((*dims, "bound"), ends)},
        {"network": runs.network, "ruler": names, "other_ruler": names, "bound": ["low", "high"]},
    )


def planted_of(runs: xr.Dataset) -> xr.Dataset:
    """Return what `planted_found` gives, in its form: AUROC of each kind against typical ones."""
    from sklearn.metrics import roc_auc_score

    kinds = [name for name in KINDS if name != "typical"]
    kind, is_in = runs.kind.values, runs.is_in.values
    area = np.full((runs.sizes["network"], runs.sizes["ruler"], len(kinds)), np.nan)
    for i, one in enumerate(runs.score.isel(seed=0).values):
        for j, values in enumerate(one):
            for k, name in enumerate(kinds):
                at = np.isin(kind, [name, "typical"]) & is_in
                if np.isfinite(values[at]).all():
                    area[i, j, k] = roc_auc_score(kind[at] == name, values[at])
    n = [KINDS[name] for name in kinds]
    ends = np.stack([area - 0.1, area + 0.1], axis=-1).clip(0, 1)
    dims = ("network", "ruler", "kind")
    return xr.Dataset(
        {"auroc": (dims, area), "auroc_interval": ((*dims, "bound"), ends),
         "n": ("kind", n), "chance": ("kind", [k / (k + KINDS["typical"]) for k in n])},
        {"network": runs.network, "ruler": runs.ruler, "kind": np.array(kinds, object),
         "bound": ["low", "high"]},
        {"against": "typical", "n_against": KINDS["typical"], "level": 0.95},
    )  # fmt: skip


def order_of(runs: xr.Dataset) -> xr.Dataset:
    """Return what `network_order` gives, in its form: τ of each ruler with the mean in/out."""
    from scipy.stats import kendalltau

    means = runs.network_score.mean("seed").transpose("network_ruler", "network").values
    tau = np.array([kendalltau(means[0], one).statistic for one in means])
    ends = np.stack([tau - 0.3, tau + 0.3], axis=-1).clip(-1, 1)
    return xr.Dataset(
        {"tau": ("network_ruler", tau), "interval": (("network_ruler", "bound"), ends)},
        {"network_ruler": runs.network_ruler, "bound": ["low", "high"]},
    )
