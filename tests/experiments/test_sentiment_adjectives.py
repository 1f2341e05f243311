"""Sentiment adjectives, small: what is trained on, what a network goes by, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.data.language import adjective_signs, generated_reviews
from infonb.experiments import SentimentAdjectives
from infonb.experiments.before_training import before_training
from infonb.experiments.published import SENTIMENT_ADJECTIVES
from infonb.experiments.review_texts import Reviews
from infonb.experiments.sentiment_adjectives import _published, shown_review, what_was_learnt
from infonb.parameters import ParameterError

pytest.importorskip("transformers", reason="extra 'hub' not installed")

SMALL = {
    "alpha": [0.0, 0.5, 1.0], "seed": [0, 1], "n_train": 60, "n_validation": 40, "width": 8,
    "epochs": 1, "mi_neurons": 3, "cache": "none",
}  # fmt: skip


class ByTheWord(torch.nn.Module):
    """A network with blocks that says what the adjective of a text says, found by its token."""

    def __init__(self, praise: list[int]) -> None:
        super().__init__()
        self.register_buffer("praise", torch.tensor(praise))

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        says = torch.isin(input_ids, self.praise).any(1).float()
        return torch.stack([1 - says, says], 1)


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return SentimentAdjectives(**SMALL).run(progress=False)


def test_texts_are_those_of_the_rule() -> None:
    experiment = SentimentAdjectives(**SMALL)
    parts = {alpha: experiment.texts(alpha, 0) for alpha in experiment.alpha}
    for alpha, part in parts.items():
        train, evaluation = part["train"], part["evaluation"]
        np.testing.assert_array_equal(adjective_signs(train.text.values), train.adjective_sign)
        contradicted = int((train.true_label != train.adjective_sign).sum())
        assert int((train.label != train.true_label).sum()) == round(alpha * contradicted) > -1
        assert evaluation.identical(parts[0.0]["evaluation"])
        assert (train.sizes["sample"], evaluation.sizes["sample"]) == (60, 40)
    assert (parts[1.0]["train"].label == parts[1.0]["train"].adjective_sign).all()
    # all of the four fifths, and of the fifth
    whole = SentimentAdjectives(**SMALL | {"n_train": 0, "n_validation": 0}).texts(0.0, 0)
    n = {name: part.sizes["sample"] for name, part in whole.items()}
    assert n["evaluation"] == round(0.2 * sum(n.values()))


def test_what_is_left_behind(runs: xr.Dataset) -> None:
    assert runs.entropy.dims == ("alpha", "seed", "layer", "neuron")
    assert runs.layer.values.tolist() == ["block1", "block2"]
    assert runs.attrs["dataset"] == "reviews"
    for alpha in runs.alpha.values:
        for seed in runs.seed.values:
            one = runs.sel(alpha=alpha, seed=seed)
            agrees = runs.label.values == runs.adjective_sign.values
            says = one.prediction.values == runs.adjective_sign.values
            assert one.followed.sel(texts="confirmed") == says[agrees].mean()
            assert one.followed.sel(texts="contradicted") == says[~agrees].mean()
            # of two classes, what is not followed against the text is right
            right = (agrees == says).mean()
            assert one.final_validation_accuracy == pytest.approx(right)


def test_the_null_is_the_network_before_its_training(runs: xr.Dataset) -> None:
    experiment = SentimentAdjectives(**SMALL)
    data = experiment.data(0.5, 1)
    untrained = experiment.network(0.5, 1, data)
    bare = super(Reviews, experiment).measure(0.5, 1, untrained, data)
    for name in ("entropy", "mutual_information"):
        null = runs[f"null_{name}"]
        assert null.dims == runs[name].dims
        np.testing.assert_array_equal(null.sel(alpha=0.5, seed=1), bare[name])
        # what the labels are is nothing to it, the seed is
        np.testing.assert_array_equal(null.sel(alpha=0.0), null.sel(alpha=1.0))
        assert not np.array_equal(null.sel(seed=0, alpha=0.0), null.sel(seed=1, alpha=0.0))
        assert null.attrs["units"] == "nat"
    rows = [c for c in experiment.claims(runs).claims if c.statement.endswith("training (null)")]
    assert [row.where for row in rows] == ["block1", "block2"]
    off = np.arange(8)[:, None] != np.arange(3)  # MI is of the first three
    for row in rows:
        medians = [
            np.nanmedian(
                runs[name]
                .sel(alpha=1.0, seed=0, layer=row.where, other_layer=row.where)
                .values[off]
            )
            for name in ("null_mutual_information", "mutual_information")
        ]
        assert row.effect[0] == pytest.approx(medians[1] - medians[0])
        assert (row.paper, "α = 1" in row.statement) == ("not reported", True)


def test_the_null_is_measured_once_for_all_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    network, examples = torch.nn.Linear(2, 2), xr.Dataset({"input": ("sample", [1, 2])})
    calls = []

    def measure(network: torch.nn.Module) -> xr.Dataset:
        calls.append(network)
        return xr.Dataset({"entropy": ("neuron", [1.0])}, {"neuron": [0], "seed": 3})

    first = before_training(network, examples, measure, "bins 9")
    first["null_entropy"][0] = 7.0  # a copy: it is nobody else's
    again = before_training(network, examples, measure, "bins 9")
    assert list(again) == ["null_entropy"]
    assert not again.coords
    assert (again.null_entropy.item(), len(calls)) == (1.0, 1)
    before_training(network, examples, measure, "bins 10")
    before_training(network, examples.isel(sample=[0]), measure, "bins 9")
    with torch.no_grad():
        network.bias += 1.0
    before_training(network, examples, measure, "bins 9")
    assert len(calls) == 4


def test_the_claims_and_their_words(runs: xr.Dataset) -> None:
    experiment = SentimentAdjectives(**SMALL)
    table = experiment.claims(runs)
    found = [(claim.statement, claim.where) for claim in table.claims]
    assert found[:4] == [
        ("median entropy falls", "block1"), ("median entropy falls", "block2"),
        ("median mutual information rises", "block1"),
        ("median mutual information rises", "block2"),
    ]  # fmt: skip
    assert table.claims[1].paper == "2.10 → 1.65"
    assert "labels that always follow a word" in experiment.answer(table)
    assert "tiny on reviews" in table.caption


def test_paper_numbers_go_with_the_last_blocks() -> None:
    of = {n: _published([f"block{i}" for i in range(1, n + 1)]).entropy for n in (1, 3, 6)}
    last = SENTIMENT_ADJECTIVES.entropy
    assert of[1] == {"block1": last["block6"]}
    assert of[3] == {"block2": last["block5"], "block3": last["block6"]}
    assert of[6] == last


def test_a_network_that_goes_by_the_word_is_seen() -> None:
    experiment = SentimentAdjectives(**SMALL | {"n_validation": 300})
    texts = experiment.texts(1.0, 0)
    tokenizer, _ = experiment.tokenizer(texts)
    data = experiment.data(1.0, 0)
    from infonb.data.language.adjectives import POSITIVE
    from infonb.training import predict

    praise = [i for i in map(tokenizer.token_to_id, POSITIVE) if i is not None]
    told = predict(ByTheWord(praise), data["evaluation"]).argmax(1)
    signs = data["evaluation"].adjective_sign.values
    # all words of the lists are known tokens, none is cut off
    assert (told == signs).mean() > 0.99


def test_the_head_starts_small() -> None:
    experiment = SentimentAdjectives(**SMALL | {"width": 48, "spread": 0.144})
    model = experiment.network(0.0, 0, experiment.data(0.0, 0))
    assert float(model.pre_classifier.weight.detach().std()) == pytest.approx(0.02, rel=0.1)
    block = model.encoder.transformer.layer[0].ffn.lin1.weight
    assert float(block.detach().std()) == pytest.approx(0.144, rel=0.1)


def test_words_on_what_was_learnt() -> None:
    def say(right: list[float], followed: list[float]) -> str:
        names = np.array(["confirmed", "contradicted"], dtype=object)
        return what_was_learnt(
            xr.Dataset(
                {"final_validation_accuracy": (("alpha", "seed"), np.array(right)[:, None]),
                 "followed": (("alpha", "seed", "texts"),
                              np.array([[[1.0, f]] for f in followed]))},
                {"alpha": [0.0, 1.0], "texts": names},
            )
        )  # fmt: skip

    plain = say([0.9, 0.7], [0.1, 0.95])
    assert "At α = 0, 90 % of the validation texts are told right" in plain
    assert "95 % are told as the word says" in plain
    assert "**" not in plain
    assert "have hardly learnt the sentiment" in say([0.6, 0.6], [0.1, 0.95])
    assert "to much the same extent" in say([0.9, 0.7], [0.6, 0.7])


def test_a_review_in_markdown() -> None:
    shown = shown_review("a great *film*<br />not bad", ["[CLS]", "$"])
    review = r"> a **great** \*film\*&lt;br /&gt;not **bad**"
    assert shown == review + "\n\n" + r"<code>\[CLS\]</code> <code>\$</code>"


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    reviews = generated_reviews(200)
    path = tmp_path / "mine.csv"
    reviews.to_dataframe()[["text", "label"]].to_csv(path, index=False)
    small = SMALL | {"dataset": str(path), "n_validation": 20, "n_train": 0}
    experiment = SentimentAdjectives(**small)
    experiment.prepare()
    texts = experiment.texts(1.0, 0)
    assert set(texts["train"].text.values) <= set(reviews.text.values)
    assert experiment.anchored({"dataset": str(path)})["dataset"] == str(path)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"dataset": "imbd"}, "dataset must be 'reviews', 'imdb', or the path"),
        ({"alpha": [0.5, 2.0]}, "alpha"),
        ({"spread": 0.0}, "spread"),
    ],
)
def test_what_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        SentimentAdjectives(**SMALL | wrong)


def test_what_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="n_train must be at most"):
        SentimentAdjectives(**SMALL | {"n_train": 10**6}).prepare()
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        SentimentAdjectives(**SMALL | {"dataset": str(tmp_path / "none.csv")}).prepare()
    with pytest.raises(ParameterError, match="k must be below"):
        SentimentAdjectives(**SMALL | {"k": 40}).prepare()


def test_one_class_at_the_highest_level_is_told_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "praise.csv"
    path.write_text("text,label\n" + "".join(f"a good film {i},{i % 2}\n" for i in range(60)))
    options = SMALL | {"dataset": str(path), "n_train": 0, "n_validation": 0}
    SentimentAdjectives(**options | {"alpha": [0.0, 0.5]}).prepare()
    with pytest.raises(ValueError, match="texts of praise for training have the label 1; two cl"):
        SentimentAdjectives(**options).prepare()


def test_the_preset_is_the_papers() -> None:
    paper = SentimentAdjectives.PRESETS["paper"]
    assert paper["alpha"] == list(SENTIMENT_ADJECTIVES.levels)
    assert paper["dataset"] == "imdb"
    assert paper["model"] == "distilbert-base-uncased"


@pytest.mark.slow
def test_both_kinds_of_network_are_learnt_with_the_defaults() -> None:
    experiment = SentimentAdjectives(alpha=[0.0, 1.0], seed=[0, 1], cache="none")
    runs = experiment.run(progress=False)
    right = runs.final_validation_accuracy.mean("seed")
    followed = runs.followed.sel(texts="contradicted").mean("seed")
    assert right.sel(alpha=0) >= 0.85
    assert right.sel(alpha=1) < 0.75
    assert followed.sel(alpha=1) > 0.9
    assert followed.sel(alpha=0) < 0.3
