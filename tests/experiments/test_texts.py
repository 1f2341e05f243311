"""The base of the experiments on texts, small: its steps, what is kept, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import xarray as xr
from epochs import count_epochs
from networks.test_pretrained import saved

import infonb as inb
from infonb.data import word_tokenizer
from infonb.experiments.texts import PAPER_TEXTS, PATIENCE_BELOW, Texts
from infonb.parameters import ParameterError, parameter
from infonb.training.warm_up import WarmAdamW

pytest.importorskip("transformers", reason="extra 'hub' not installed")

GOOD, BAD = ["good", "great", "fine"], ["bad", "poor", "weak"]
OTHERS = ["old", "new", "long", "short", "loud", "quiet", "dark", "bright", "slow", "odd"]
SMALL = {
    "seed": [0, 1], "n_train": 48, "n_validation": 30, "width": 8, "depth": 2, "epochs": 2,
    "batch_size": 16, "mi_neurons": 3, "max_length": 12,
}  # fmt: skip


def sentences(n, seed, share=0.0):
    """Return texts of one or two clauses, some of whose labels are wrong."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, n)
    texts = np.empty(n, dtype=object)
    for i, label in enumerate(labels):
        words = [generator.choice([BAD, GOOD][label]) for _ in range(generator.integers(1, 3))]
        about = " ".join(generator.choice(OTHERS, 3))  # few texts are there twice
        texts[i] = f"{about} film was " + " and ".join(words) + "."
    given = np.where(generator.random(n) < share, 1 - labels, labels)
    coords = {"true_label": ("sample", labels)}
    return xr.Dataset({"text": ("sample", texts), "label": ("sample", given)}, coords)


@dataclass(frozen=True)
class Wrong(Texts):
    """Wrong labels."""

    name, over, claim = "wrong", "share", "a claim"
    direction = 1
    share: list[float] = parameter([0.0, 0.5], "of wrong labels", affects="selection")

    def texts(self, share, seed):
        return {
            "train": sentences(self.n_train, seed, share),
            "evaluation": sentences(self.n_validation, 1000),
        }


@pytest.fixture(scope="module")
def results():
    return Wrong(**SMALL, cache="none").run(progress=False)


def test_dims_and_units(results):
    assert dict(results.entropy.sizes) == {"share": 2, "seed": 2, "layer": 2, "neuron": 8}
    assert results.layer.values.tolist() == ["block1", "block2"]
    pairs = ("layer", "neuron", "other_layer", "other_neuron")
    assert results.mutual_information.dims == ("share", "seed", *pairs)
    assert results.entropy.attrs["units"] == results.mutual_information.attrs["units"] == "nat"
    assert results.true_label.dims == ("sample",)
    assert results.attrs["model"] == "tiny"


def test_mi_is_of_the_first_neurons_and_stands_beside_the_entropy_of_all(results):
    values = results.mutual_information
    assert values.other_neuron.values.tolist() == [0, 1, 2]
    assert bool(values.isel(neuron=slice(3)).notnull().all())
    assert bool(values.isel(neuron=slice(3, None)).isnull().all())
    assert bool(results.entropy.notnull().all())
    one = results.isel(share=1, seed=0)
    expected = inb.mutual_information(one.activation.isel(neuron=slice(3)), standardize=True)
    np.testing.assert_allclose(
        one.mutual_information.isel(neuron=slice(3)).values, expected.values, atol=1e-12
    )
    np.testing.assert_allclose(inb.entropy(one.activation).values, one.entropy.values)


def test_activations_are_the_states_of_the_first_token():
    experiment = Wrong(**SMALL, cache="none")
    data, model, _ = experiment.one(0.5, 1)
    recorded = experiment.record(0.5, 1, model, data)
    ids = torch.tensor(data["evaluation"].input.values)
    with torch.no_grad():
        for i in (0, 7):
            alone = ids[i : i + 1, : int((ids[i] != 0).sum())]
            states = model.encoder(alone, output_hidden_states=True).hidden_states
            for block in (1, 2):
                found = recorded.activation.sel(layer=f"block{block}").isel(sample=i)
                np.testing.assert_allclose(found, states[block][0, 0], atol=1e-5)


def test_no_text_is_in_the_data_or_kept(results):
    data = Wrong(**SMALL).data(0.0, 0)
    for part in (*data.values(), results):
        assert "text" not in part.variables
        held = [v for v in part.variables.values() if v.dtype.kind in "OUT" and v.ndim]
        assert not any("film" in str(value) for v in held for value in v.values.ravel())
    assert data["train"].attrs["n_classes"] == 2
    assert data["train"]["input"].dims == ("sample", "token")


def test_the_vocabulary_is_that_of_the_training_texts():
    experiment = Wrong(**SMALL)
    parts = experiment.texts(0.0, 0)
    tokenizer, _ = experiment.tokenizer(parts)
    assert tokenizer.get_vocab() == word_tokenizer(parts["train"].text.values).get_vocab()


def test_runs_are_kept_and_found_and_mi_alone_is_measured_anew(tmp_path, monkeypatch):
    one = SMALL | {"seed": [0], "share": [0.0], "cache": str(tmp_path / "runs")}
    first = Wrong(**one).run(progress=False)
    trained = count_epochs(monkeypatch)
    again = Wrong(**one).run(progress=False)
    xr.testing.assert_identical(again.drop_attrs(), first.drop_attrs())
    assert trained == []
    more = Wrong(**one | {"mi_neurons": 4}).run(progress=False)
    assert more.sizes["other_neuron"] == 4
    xr.testing.assert_equal(more.activation, first.activation)
    assert trained == []
    assert list(tmp_path.rglob("last.safetensors")), "the checkpoint of the training"


def test_is_trained_by_fit_alone():
    experiment = Wrong(**SMALL)
    assert not experiment.trains_together
    data = experiment.data(0.0, 0)
    options = experiment.fitting(0.0, 0, data)
    assert "patience" not in options
    optimizer = options["optimizer"]([torch.nn.Parameter(torch.ones(2, 2))])
    assert isinstance(optimizer, WarmAdamW)
    assert (optimizer.warmup_steps, optimizer.learning_rate) == (20, 1e-3)
    early = Wrong(**SMALL | {"patience": 3}).fitting(0.0, 0, data)
    assert (early["patience"], early["patience_below"]) == (3, PATIENCE_BELOW)


def test_sensitivity_measures_as_the_runs_were(results):
    grid = Wrong.of(results).sensitivity(
        results, bins=[results.entropy.attrs["bins"]], k=[3], samples=[30]
    )
    assert set(grid.data_vars)


def test_the_papers_settings():
    paper = Wrong(preset="paper")
    assert paper.model == "distilbert-base-uncased"
    assert {name: getattr(paper, name) for name in PAPER_TEXTS} == PAPER_TEXTS
    assert paper.mi_neurons == 64


# its tokenizer knows few of the words, and many texts are the same to it
@pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")
def test_a_folder_of_an_encoder_and_its_weights_in_the_key(tmp_path, monkeypatch):
    saved(tmp_path / "bert", vocab_size=40)
    monkeypatch.chdir(tmp_path)
    values = SMALL | {"model": "bert", "seed": [0], "share": [0.0], "epochs": 1, "cache": "none"}
    experiment = Wrong(**values)
    experiment.prepare()
    runs = experiment.run(progress=False)
    assert dict(runs.entropy.sizes) == {"share": 1, "seed": 1, "layer": 2, "neuron": 8}
    before = str(experiment.data(0.0, 0)["train"].encoder.values)
    assert "transformers" in before
    weights = tmp_path / "bert" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert str(experiment.data(0.0, 0)["train"].encoder.values) != before
    anchored = Wrong.anchored({"model": "bert", "cache": ""})
    assert anchored == {"model": str(tmp_path / "bert"), "cache": ""}
    assert Wrong.anchored({"model": "tiny"}) == {"model": "tiny"}
    assert Wrong.anchored({"model": "roberta-base"}) == {"model": "roberta-base"}


def test_a_pretrained_encoder_is_tried_before_anything_is_created(tmp_path):
    values = SMALL | {"cache": str(tmp_path / "runs")}
    saved(tmp_path / "bert", vocab_size=40, max_position_embeddings=4)
    with pytest.raises(ValueError, match=r"\d+ tokens, and the encoder reads 4 at most"):
        Wrong(**values, model=str(tmp_path / "bert")).prepare()
    saved(tmp_path / "neox", "GPTNeoX", vocab_size=40)
    with pytest.raises(ValueError, match="reads from left to right"):
        Wrong(**values, model=str(tmp_path / "neox")).prepare()
    weights = tmp_path / "neox" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match="cannot be opened by transformers"):
        Wrong(**values, model=str(tmp_path / "neox")).prepare()
    assert not (tmp_path / "runs").exists()


def test_what_is_wrong_is_said_before_anything_is_created(tmp_path):
    runs = {"cache": str(tmp_path / "runs")}
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        Wrong(**SMALL, **runs, model=str(tmp_path / "none")).prepare()
    with pytest.raises(ParameterError, match="k must be below the number of evaluation texts, 30"):
        Wrong(**SMALL, **runs, k=30).prepare()
    with pytest.raises(ParameterError, match="mi_samples must be at most the number of evaluation"):
        Wrong(**SMALL, **runs, mi_samples=31).prepare()

    class Column(Wrong):
        def texts(self, share, seed):
            parts = super().texts(share, seed)
            return {role: part.assign_coords({name: part.label}) for role, part in parts.items()}

    for name in ("share", "seed", "layer"):
        with pytest.raises(ValueError, match=f"the texts have a column '{name}', .*rename"):
            Column(**SMALL, **runs).prepare()

    class OneClass(Wrong):
        def texts(self, share, seed):
            parts = super().texts(share, seed)
            return parts | {"train": parts["train"].assign(label=parts["train"].label * 0)}

    with pytest.raises(ValueError, match="all 48 training texts have the label 0"):
        OneClass(**SMALL, **runs).prepare()
    with pytest.raises(NotImplementedError, match="Texts needs a method texts"):
        Texts().texts(0, 0)
    assert not (tmp_path / "runs").exists()
