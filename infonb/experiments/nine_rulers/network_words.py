"""What the runs say of whole networks: which rulers put them in the order of in and out."""

from __future__ import annotations

import xarray as xr

from infonb.experiments.nine_rulers.answer import first_up, named
from infonb.experiments.nine_rulers.verdict import FEWEST, NETWORK, chance_words, with_minus

__all__ = ["beyond_words", "by_holm", "entropy_words", "network_words"]


def network_words(runs: xr.Dataset, order: xr.Dataset) -> str:
    """Return whether entropy, MI and the rest put networks in the order of in and out."""
    names = [one for one in order["network_ruler"].values.tolist() if one != "mean_in_out"]
    clear = [name for name in names if float(order.p_value.sel(network_ruler=name)) < 0.05]
    chances = {name: float(order.p_value.sel(network_ruler=name)) for name in names}
    sure = by_holm(chances)
    words = [
        f"Of {len(names)} rulers of networks {len(clear)} put the {runs.sizes['network']} networks "
        f"in the order of mean in/out, or in the opposite one, beyond chance (p < 0.05 each): "
        f"{named(clear)}. Of {len(names)} that are tried at once, by chance one may be; after "
        f"Holm's correction for that {'remain' if len(sure) != 1 else 'remains'}: {named(sure)}."
    ]
    for name in ("mean_entropy", "mean_mi", "mi_over_entropy"):
        one = order.sel(network_ruler=name)
        words.append(
            f"{first_up(named([name]))}: τ = {float(one.tau):+.2f}, "
            f"{chance_words(float(one.p_value))} (networks trained alike: "
            f"{float(one.tau_trained):+.2f})."
        )
    if (n := runs.sizes["network"]) < FEWEST:
        words = [
            f"{n} networks are too few to be put in an order beyond chance, which takes {FEWEST}."
        ]
    return with_minus(" ".join([*words, _fails_words(runs)]).strip())


def by_holm(chances: dict[str, float], level: float = 0.05) -> list[str]:
    """Return the names whose p-values are clear though so many are looked at (Holm, 1979)."""
    found: list[str] = []
    for i, (name, value) in enumerate(sorted(chances.items(), key=lambda one: one[1])):
        if not value * (len(chances) - i) < level:
            break
        found.append(name)
    return found


def _fails_words(runs: xr.Dataset) -> str:
    """Return what constructed networks and says-the-label do to the rulers."""
    mean = runs["network_score"].mean("seed")
    ratio = mean.sel(network_ruler="mi_over_entropy")
    parts = []
    networks = runs["network"].values.tolist()
    if "constructed" in networks:
        highest = str(ratio["network"].values[int(ratio.values.argmax())])
        memory = float(mean.sel(network="constructed", network_ruler="mean_in_out"))
        its, true = (float(ratio.sel(network=one)) for one in ("constructed", "true labels"))
        parts.append(
            f"The constructed network has a mean in/out of {memory:.2f} and MI / entropy of "
            f"{its:.2f}; with true labels it is {true:.2f}: "
            + (
                "**much MI is no sign of little memory where a network is not trained.**"
                if highest == "constructed"
                else "it does not stand out by it in this run."
            )
        )
    if "shortcut" in networks:
        share = float(mean.sel(network="shortcut", network_ruler="memorized_share"))
        memory = float(mean.sel(network="shortcut", network_ruler="mean_in_out"))
        parts.append(
            f"With a mark on every image the network says {100 * share:.0f} % of the wrong labels, "
            f"and its mean in/out is {memory:.2f}: it knows them by a rule, not by heart."
        )
    return " ".join(parts)


def entropy_words(runs: xr.Dataset, units: xr.Dataset) -> str:
    """Return how entropy moves with wrong labels in both kinds of bins, and what goes with it."""
    names = [one for one in ("true labels", NETWORK, "random labels") if one in runs["network"]]
    mean = runs["network_score"].mean("seed")
    told = {"common bins": mean.sel(network_ruler="mean_entropy")}
    if "layer_entropy" in runs:
        of_edges = runs["layer_entropy"].mean(["layer", "seed"])
        told = {f"{edges} bins": of_edges.sel(edges=edges) for edges in ("common", "neuron")}
    row = {
        bins: " → ".join(f"{float(values.sel(network=one)):.2f}" for one in names)
        for bins, values in told.items()
    }
    start, end = (float(mean.sel(network=one, network_ruler="mean_unit_mem")) for one in names[:2])
    tau = float(units.tau.sel(network=NETWORK, unit_ruler="unit_mem", other_unit_ruler="entropy"))
    falls = all(
        float(v.sel(network=names[1])) < float(v.sel(network=names[0])) for v in told.values()
    )
    rises = all(
        float(v.sel(network=names[1])) > float(v.sel(network=names[0])) for v in told.values()
    )
    both = " in both kinds of bins" if len(told) > 1 else ""
    words = (
        f"Mean entropy behind the ReLU, {' → '.join(names)}: "
        + "; ".join(f"{numbers} nats in {bins}" for bins, numbers in row.items())
        + ". "
    )
    if falls and end > start and tau < 0:
        words += (
            f"H2 expects it to rise. Here it falls on average{both}, while units become "
            f"selective: mean UnitMem goes from {start:.2f} to {end:.2f}, and a unit that answers "
            f"to few images is 0 for all others (τ of UnitMem and entropy {tau:.2f})."
        )
    elif falls:
        words += f"H2 expects it to rise; here it falls on average{both}."
    elif rises:
        words += f"It rises on average{both}, as H2 expects."
    else:
        words += "The direction depends on the bins."
    return with_minus(words)


def beyond_words(runs: xr.Dataset, order: xr.Dataset) -> str:
    """Return whether rulers of whole layers say the same as pairs do, and can be relied on."""
    names = runs["beyond"].values.tolist()
    parts = []
    for name in names:
        one = order.sel(network_ruler=name)
        pair = runs["network_score"].mean("seed").sel(network_ruler=name)
        first, second = (float(pair.sel(network=at)) for at in ("true labels", NETWORK))
        sure = float(runs["reliable"].sel(beyond=name).mean())
        parts.append(
            f"{first_up(named([name]))} goes from {first:.2f} with true labels to {second:.2f} "
            f"with noise; its τ with mean in/out is {float(one.tau):+.2f} (trained alike "
            f"{float(one.tau_trained):+.2f}); its own checks say “reliable” of {100 * sure:.0f} % "
            "of the networks."
        )
    return with_minus(" ".join(parts))
