"""All rulers of memorization in one list, with what each needs and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infonb.memorization.rulers import of_networks, of_samples, of_units
from infonb.memorization.rulers.elsewhere import ELSEWHERE
from infonb.memorization.rulers.ruler import Ruler

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RULERS", "rulers"]

_BANSAL = "Bansal, Pruthi and Belinkov, NeurIPS 2022"
_IN_OUT = "Feldman, STOC 2020; Feldman and Zhang, NeurIPS 2020"
_WANG = "Wang et al., NeurIPS 2024"

_SAMPLES = (
    Ruler(
        "in_out", "score of a sample in training sets, less its score out of them", "sample",
        "(sample)", ("trainings",), 20, _IN_OUT, ("infonb.memorization.in_out",),
        read=of_samples.in_out_of, null="dealt",
    ),
    Ruler(
        "cumulative_loss", "loss of a sample, summed over a training", "sample", "(sample)",
        ("dynamics",), 1, "Ravikumar et al., ICML 2025", ("infonb.memorization.cumulative_loss",),
        read=of_samples.read_losses,
    ),
    Ruler(
        "area_under_margin", "margin of a sample's label, averaged over a training", "sample",
        "(sample)", ("dynamics",), 1, "Pleiss et al., NeurIPS 2020",
        ("infonb.memorization.area_under_margin",), "low", of_samples.read_area,
    ),
    Ruler(
        "forgetting_events", "how often a sample was right after one epoch and wrong after the "
        "next", "sample", "(sample)", ("dynamics",), 1, "Toneva et al., ICLR 2019",
        ("infonb.memorization.forgetting_events",), read=of_samples.read_forgetting,
    ),
    Ruler(
        "loss_curvature", "how curved the loss is around a sample", "sample", "(sample)",
        ("model",), 1, "Garg, Ravikumar and Roy, ICML 2024",
        ("infonb.memorization.loss_curvature",), read=of_samples.read_curvature, quick=False,
        null="untrained",
    ),
    Ruler(
        "pointwise_information", "what a layer tells of the label of a single sample", "sample",
        "(layer, sample)", ("acts", "labels"), 1, "Wongso, Ghosh and Motani, ISIT 2023",
        ("infonb.memorization.pointwise_information",), "low", of_samples.read_pointwise,
        null="untrained",
    ),
    Ruler(
        "membership", "loss of a sample at the end of training", "sample", "(sample)", ("loss",), 1,
        "Yeom et al., CSF 2018", ("infonb.memorization.membership",), "low",
        of_samples.loss_at_end, null="untrained",
    ),
    Ruler(
        "early_learning", "how little the network believed in a label early in training", "sample",
        "(sample)", ("dynamics",), 1, "Liu et al., NeurIPS 2020", (), read=of_samples.read_early,
    ),
    Ruler(
        "units_owned", "how many units answer most to a sample", "sample", "(sample)", ("acts",), 1,
        f"{_WANG}, section 4", (), read=of_samples.owned, null="untrained",
    ),
    Ruler(
        "density", "log-density of an input by a kernel density of all others; no network",
        "sample", "(sample)", ("inputs",), 0, "van den Burg and Williams, NeurIPS 2021",
        ("infonb.memorization.leave_one_out",), "low", of_samples.read_density,
    ),
)  # fmt: skip

_UNITS = (
    Ruler(
        "unit_mem", "how much more a unit answers to one sample than to all others", "unit",
        "(layer, neuron)", ("acts",), 1, f"{_WANG}, equations 5 to 8",
        ("infonb.memorization.unit",), read=of_units.unit_mem, null="untrained",
    ),
    Ruler(
        "class_selectivity", "how much more a unit answers to one class than to all others", "unit",
        "(layer, neuron)", ("acts", "labels"), 1,
        f"{_WANG}, appendix D.2; Morcos et al., ICLR 2018",
        ("infonb.memorization.class_selectivity",), read=of_units.selectivity, null="untrained",
    ),
    Ruler(
        "entropy", "entropy of a unit", "unit", "(layer, neuron)", ("acts",), 1,
        f"{_BANSAL}, section 3", ("infonb.measures.entropy",), read=of_units.unit_entropy,
        null="untrained",
    ),
    Ruler(
        "label_information", "MI of a unit with the label", "unit", "(layer, neuron)",
        ("acts", "labels"), 1, "Ross, PLoS ONE 2014", ("infonb.measures.mutual_information",),
        read=of_units.label_information, null="untrained",
    ),
    Ruler(
        "mean_information", "mean MI of a unit with the others of its layer", "unit",
        "(layer, neuron)", ("acts",), 1, f"{_BANSAL}, section 3",
        ("infonb.measures.mutual_information",), "low", of_units.mean_information,
        null="untrained",
    ),
)  # fmt: skip

_NETWORKS = (
    Ruler(
        "mean_in_out", "mean in_out of the samples", "network", "()", ("trainings",), 20, _IN_OUT,
        ("infonb.memorization.in_out",), read=of_networks.mean_in_out, null="dealt",
    ),
    Ruler(
        "memorized_share", "share of the wrong labels that the network says", "network", "()",
        ("told", "labels", "truth"), 1, "Liu et al., NeurIPS 2020, figure 1",
        ("infonb.memorization.outcome_fractions",), read=of_networks.memorized_share,
        null="untrained",
    ),
    Ruler(
        "membership_auroc", "how well the loss tells who was in training", "network", "()",
        ("loss", "is_in"), 1, "Yeom et al., CSF 2018; Carlini et al., S&P 2022",
        ("infonb.memorization.membership",), read=of_networks.membership_auroc,
    ),
    Ruler(
        "mean_entropy", "mean entropy of the units of a layer", "network", "(layer)", ("acts",), 1,
        f"{_BANSAL}, section 3", ("infonb.measures.entropy",), read=of_networks.mean_entropy,
        null="untrained",
    ),
    Ruler(
        "mean_mi", "mean MI of pairs of units of a layer", "network", "(layer)", ("acts",), 1,
        f"{_BANSAL}, section 3", ("infonb.measures.mutual_information",), "low",
        of_networks.mean_mi, null="untrained",
    ),
    Ruler(
        "mi_over_entropy", "mean MI over mean entropy of a layer", "network", "(layer)", ("acts",),
        1, f"{_BANSAL}, section 3",
        ("infonb.measures.entropy", "infonb.measures.mutual_information"), "low",
        of_networks.mi_over_entropy, null="untrained",
    ),
    Ruler(
        "mean_unit_mem", "mean UnitMem of the units of a layer", "network", "(layer)", ("acts",), 1,
        f"{_WANG}, section 4", ("infonb.memorization.unit",), read=of_networks.mean_unit_mem,
        null="untrained",
    ),
    Ruler(
        "matrix_entropy", "over how many directions a layer spreads its samples", "network",
        "(layer)", ("acts",), 1, "Skean et al., ICML 2025 (arXiv 2502.02013)",
        ("infonb.measures.matrix_entropy",), read=of_networks.spread, null="untrained",
    ),
    Ruler(
        "imbalance_to_label", "information imbalance from a layer to the label", "network",
        "(layer)", ("acts", "labels"), 1, "Glielmo et al., PNAS Nexus 2022; arXiv 2510.06401",
        ("infonb.measures.information_imbalance",), read=of_networks.imbalance,
    ),
    Ruler(
        "layer_information", "MI of a whole layer with the label", "network", "(layer)",
        ("acts", "labels"), 1, "Gowri et al., NeurIPS 2024; Goldfeld and Greenewald, NeurIPS 2021",
        ("infonb.measures.layer_information",), "low", of_networks.information_of_layer,
    ),
)  # fmt: skip

#: Name → ruler: those that `measure` reads first.
RULERS = {one.name: one for one in (*_SAMPLES, *_UNITS, *_NETWORKS, *ELSEWHERE)}


def rulers() -> pd.DataFrame:
    """
    Return all rulers of memorization that infonb has: what each measures, needs and costs.

    Returns
    -------
    pandas.DataFrame
        A row for each ruler, by its ``name``; columns ``measures`` (what, in words), ``of``
        (sample, pair, unit, layer or network), ``dims`` of a reading, ``needs``, ``trainings`` (how
        many a reading takes: 0 where the data are enough), ``memorized`` (which of its values speak
        for memorization, high or low), ``function`` (of infonb, that computes it alone),
        ``measured`` (whether `measure` reads it) and ``source``.

    Notes
    -----
    `measure` reads those of ``measured`` from whatever is given; the others have functions of their
    own, and needs of their own. The trainings of ``in_out`` are those of ten halves and their
    complements; one can take more.

    References
    ----------
    As in the column ``source``.

    Examples
    --------
    >>> table = rulers()
    >>> table.loc["unit_mem", ["of", "dims"]].tolist()
    ['unit', '(layer, neuron)']
    >>> table.query("trainings == 0").index.tolist()
    ['density']
    """
    import pandas as pd

    rows = {
        one.name: {
            "measures": one.measures, "of": one.of, "dims": one.dims, "needs": one.needs_words,
            "trainings": one.trainings, "memorized": one.memorized,
            "function": ", ".join(one.functions), "measured": one.read is not None,
            "source": one.source,
        }
        for one in RULERS.values()
    }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")
