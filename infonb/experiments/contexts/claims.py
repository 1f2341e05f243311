"""The table of the paper's claims on balanced and unbalanced training."""

from __future__ import annotations

import xarray as xr

from infonb.claims import INTERVALS, Claim, ClaimsTable, change, change_of_median
from infonb.dims import within_layer

__all__ = ["SETTINGS", "claims"]

#: The two training sets; the measures are compared from the first to the second.
SETTINGS = ("balanced", "unbalanced")

#: What Figure 5 shows: no numbers can be read off it.
_FIGURE = "lower at every stage"
_DENSITY = "more pairs at high MI"


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what `run` found.

    Parameters
    ----------
    results
        What `run` returned.

    Examples
    --------
    >>> from infonb.experiments.contexts import Parameters, run
    >>> small = Parameters(seed=0, width=2, epochs=1, n_train=32, n_evaluation=32)
    >>> [claim.where for claim in claims(run(small, progress=False)).claims][:4]
    ['stage1', 'stage2', 'stage3', 'stage4']
    """
    ends = ("setting", *SETTINGS)
    information = results.mutual_information
    rows = []
    for stage in results.layer.values:
        found = change_of_median(results.entropy.sel(layer=stage, drop=True), *ends)
        rows.append(Claim("median entropy is lower when unbalanced", stage, -1, _FIGURE, *found))
    for stage in results.layer.values:
        found = change_of_median(within_layer(information, stage), *ends)
        statement = "median mutual information is higher when unbalanced"
        rows.append(Claim(statement, stage, 1, _DENSITY, *found))
    same = (information.layer == information.other_layer) & (
        information.neuron == information.other_neuron
    )
    pairs = ["layer", "neuron", "other_layer", "other_neuron"]
    for quantile, word in ((0.5, "median"), (0.9, "9th decile")):
        values = information.where(~same).quantile(quantile, pairs)
        statement = f"{word} of mutual information is higher when unbalanced"
        rows.append(Claim(statement, "all pairs", 1, _DENSITY, *change(values, *ends)))
    found = change(results.final_validation_accuracy, *ends)
    statement = "accuracy in all contexts is lower when unbalanced"
    rows.append(Claim(statement, "network", -1, "not reported", *found))
    return ClaimsTable(
        rows,
        "Differences from balanced to unbalanced training, one for each seed; entropy and MI in "
        "nats. Figure 5 of the paper (NICO++) shows the directions; here: "
        f"{results.attrs['dataset']}. {INTERVALS} The rows on all pairs, like that on accuracy, "
        "are bootstrapped over seeds only.",
    )
