"""Rulers that have a function of their own alone: what they measure, and what they need for it."""

from __future__ import annotations

from infonb.memorization.rulers.ruler import Ruler

__all__ = ["ELSEWHERE"]

_TEXTS = "token sequences that were trained on, and what the model continues them with"
_CAPTIONS = "two dual encoders, one without the samples; public images with known objects"
_GENERATED = "generated samples, training samples and held-out ones"


def _other(
    name: str, measures: str, of: str, dims: str, needs: str, trainings: int, source: str,
    functions: str, memorized: str = "high",
) -> Ruler:  # fmt: skip
    whole = tuple(f"infonb.{one}" for one in functions.split())
    return Ruler(name, measures, of, dims, (needs,), trainings, source, whole, memorized)


ELSEWHERE = (
    _other(
        "influence", "what a sample's score gains by each other sample in training", "pair",
        "(sample, other_sample)", "trainings with and without each sample: score and held_out", 20,
        "Feldman and Zhang, NeurIPS 2020, section 2", "memorization.influence",
    ),
    _other(
        "suspicion", "belief in the best other class less that in the label", "sample", "(sample)",
        "beliefs (sample, class): the table of infonb.training.ELRLoss, or probabilities", 1,
        "Liu et al., NeurIPS 2020, code", "memorization.suspect_labels",
    ),
    _other(
        "confident_learning", "labels that networks which have not seen them find wrong", "sample",
        "(sample)", "probabilities (sample, class) of networks without each sample; cleanlab", 5,
        "Northcutt, Jiang and Chuang, JAIR 70 (2021)", "memorization.confident_learning",
    ),
    _other(
        "layer_mem", "how much closer a layer keeps the views of a sample than without it", "layer",
        "(layer)", "an encoder, one without the samples, and views of both", 2,
        "Wang et al., NeurIPS 2024, equations 1 to 4", "memorization.layer",
    ),
    _other(
        "clip_mem", "how much better image and caption match than without them", "sample",
        "(sample)", "embeddings of a dual encoder and of one without the samples", 2,
        "Wang et al., ICLR 2025", "memorization.dual_encoder",
    ),
    _other(
        "deja_vu", "objects of an image that its caption recalls", "sample", "(sample)", _CAPTIONS,
        2, "Jayaraman, Guo and Chaudhuri, NeurIPS 2024",
        "memorization.deja_vu_gains memorization.deja_vu_top",
    ),
    _other(
        "deja_vu_one_model", "how much surer a model is of an image than its caption allows",
        "sample", "(sample)", "one dual encoder, and captions of public images with known objects",
        1, "Kokhlikyan et al., arXiv 2504.05651 (2025)", "memorization.memorization_confidence",
    ),
    _other(
        "extraction", "tokens of a sequence that its beginning makes the model recite", "sample",
        "(sample)", _TEXTS, 1, "Biderman et al., NeurIPS 2023, section 2",
        "memorization.extraction",
    ),
    _other(
        "extraction_probability", "chance that a sequence is recited in n samplings", "sample",
        "(sample)", "log-probabilities of the tokens of each sequence", 1,
        "Hayes et al., NAACL 2025", "memorization.extraction_probability",
    ),
    _other(
        "extraction_strength", "how short a beginning makes a model recite the rest", "sample",
        "(sample)", "whether each token of a sequence is the model's most probable one", 1,
        "Carlini et al., USENIX Security 2021", "memorization.extraction_strength",
    ),
    _other(
        "memorization_kind", "why a sequence is recited: copies, a template, or neither", "sample",
        "(sample)", "extraction, numbers of copies, and the tokens", 1,
        "Prashanth et al., ICLR 2025",
        "memorization.memorization_kind memorization.predictable_sequences",
    ),
    _other(
        "unintended_memorization", "bits of a sample beyond what a reference knows", "sample",
        "(sample)", "log-probabilities by the model and by a reference without the samples", 2,
        "Morris et al., arXiv 2505.24832 (2025)", "memorization.unintended_memorization",
    ),
    _other(
        "log_density", "log-density of a sample under a generative model", "sample", "(sample)",
        "a variational autoencoder; in and out of training sets it is the score of in_out", 1,
        "van den Burg and Williams, NeurIPS 2021, section 3", "memorization.log_density",
    ),
    _other(
        "nearest_ratio", "how much nearer generated samples are than held-out ones", "sample",
        "(sample)", _GENERATED, 1, "van den Burg and Williams, NeurIPS 2021, section 5",
        "memorization.nearest_ratio",
    ),
    _other(
        "authenticity", "generated samples that are no noisy copies of training samples", "network",
        "()", _GENERATED, 1, "Alaa et al., ICML 2022, section 3.3", "memorization.authenticity",
        "low",
    ),
    _other(
        "data_copying", "whether generated samples lie too near to the training set", "network",
        "()", _GENERATED, 1, "Meehan, Chaudhuri and Dasgupta, AISTATS 2020, section 4",
        "memorization.data_copying", "low",
    ),
    _other(
        "binary_entropy", "entropy of a unit that is 0 or 1, by counting", "unit",
        "(layer, neuron)", "activations that are 0 or 1, as of logic gates", 1,
        "Bansal, Pruthi and Belinkov, NeurIPS 2022, section 3", "measures.binary_entropy",
    ),
    _other(
        "binary_information", "MI of pairs of units that are 0 or 1, by counting", "pair",
        "(layer, neuron, other_neuron)", "activations that are 0 or 1, as of logic gates", 1,
        "Bansal, Pruthi and Belinkov, NeurIPS 2022, section 3",
        "measures.binary_mutual_information", "low",
    ),
    _other(
        "switching_off", "what the loss or the accuracy loses without a unit", "unit",
        "(layer, neuron)", "the network, run once for each unit with this one off: "
        "infonb.selection.switched_off", 1,
        "Bansal, Pruthi and Belinkov, NeurIPS 2022, code", "selection.switched_off",
    ),
    _other(
        "reliability", "whether an estimate of a layer's information can be relied on", "layer",
        "(layer)", "activations and labels", 1, "infonb; after Song and Ermon, ICLR 2020",
        "measures.reliability",
    ),
)  # fmt: skip
