"""Your own models: checkpoints, or recorded activations, to a verdict."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar, Self

import numpy as np
import xarray as xr

from infonb.experiments.cache import cache_folder
from infonb.experiments.compare_models.answer import most_different
from infonb.experiments.compare_models.checks import (
    check_fit,
    check_samples,
    check_sources,
    check_views,
)
from infonb.experiments.compare_models.demonstration import (
    DEMONSTRATION,
    LAYERS,
    REFERENCE,
    evaluation_examples,
    train_demonstration,
)
from infonb.experiments.compare_models.files import (
    check_shown,
    content_of,
    is_store,
    open_found,
)
from infonb.experiments.compare_models.parameters import ComparisonParameters
from infonb.experiments.compare_models.recording import (
    code_content,
    describe_recording,
    drawn,
    examples_of,
    kept_activations,
    record_network,
    without_samples,
)
from infonb.experiments.compare_models.sources import (
    anchored_sources,
    named_sources,
    reference_among,
)
from infonb.experiments.compare_models.units import has_views, units_of, with_units
from infonb.experiments.experiment import Experiment
from infonb.parameters import ParameterError

__all__ = ["CompareModels"]


class _Temporary:
    """A folder for as long as this object, which all copies of an experiment share, lives."""

    def __init__(self) -> None:
        self.name = mkdtemp(prefix="infonb-")
        weakref.finalize(self, shutil.rmtree, self.name, ignore_errors=True)


@dataclass(frozen=True)
class CompareModels(ComparisonParameters, Experiment):
    """
    Your own models: which leans on a shortcut, which has memorized its labels.

    Each model is a store of activations, or a file of weights from which they are recorded, once:
    what was recorded is kept under a checksum of the weights, of the file that makes the network,
    and of the inputs. All are then compared by `infonb.compare`. Without models four small
    networks of known kind are trained.
    """

    name, over = "compare_models", "model"
    claim: ClassVar[str] = (
        "lower entropy and higher MI than a model of the same task point to a heuristic, the "
        "opposite to memorized examples"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.found and self.models:
            raise ParameterError(
                "found and models are both given; show a saved result, or compare models."
            )
        if self.models and len(self.models) == 1 and self.reference:
            raise ParameterError(
                "reference is given, but there is only one model; give another one, or leave "
                "reference out for measures without a verdict."
            )
        if not self.found:
            reference_among(self.reference, self.sources)
            if self.shown and reference_among(self.shown, self.sources, "shown") == (
                self.chosen_reference
            ):
                raise ParameterError("shown is the reference itself; name one of the others.")

    @property
    def sources(self) -> dict[str, str]:
        """Name → path of each model; the demonstration's have none."""
        return named_sources(self.models) if self.models else dict.fromkeys(DEMONSTRATION, "")

    @property
    def chosen_reference(self) -> str:
        """The name of the reference; empty if there is none."""
        if self.models:
            return reference_among(self.reference, self.sources)
        return self.reference or REFERENCE

    @classmethod
    def anchored(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return parameters whose paths are seen from any folder: a dashboard runs elsewhere."""
        return anchored_sources(super().anchored(values))

    def levels(self) -> list[Any]:
        """Return the names of the models."""
        return list(self.sources)

    def prepare(self) -> None:
        """Look at every file, run that of the model, and load weights, before all else."""
        if self.found:
            check_shown(open_found(self.found), self.shown)
        elif self.models:
            check_views(self.sources, self.views)
            network, examples = (
                check_sources(self.sources, self.model, self.inputs, self.device),
                None,
            )
            if network is not None:
                examples = examples_of(self.inputs, self.n_samples, self.seeds[0], self.size)
                check_fit(network, examples, self.layers, self.device, self.inputs)
            check_samples(self.sources, self.n_samples, self.seeds[0], examples)

    def data(self, level: str, seed: int) -> dict[str, xr.Dataset]:
        """Return the examples, and checksums of the files that the activations come from."""
        path = self.sources[level]
        if not path:
            return {"inputs": drawn(evaluation_examples(seed), self.n_samples, seed)}
        contents = {"file": content_of(path)}
        if is_store(path):
            contents["drawn"] = str(self.n_samples)
            return {"files": xr.Dataset(contents)}
        contents["code"] = code_content(self.model)
        examples = examples_of(self.inputs, self.n_samples, seed, self.size)
        return {"inputs": examples, "files": xr.Dataset(contents)}

    def train(
        self, level: str, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[xr.Dataset, None]:  # fmt: skip
        """Return the activations of a model, recorded where they are not there yet."""
        from infonb.activations import open_activations

        path = self.sources[level]
        if path and is_store(path):
            whole = open_activations(path, chunks={})
            some = drawn(whole, self.n_samples, seed)
            if some is whole:  # read where it stands, in chunks
                return whole, None
            return kept_activations(checkpoint, lambda: some), None

        def make() -> xr.Dataset:
            from infonb.networks.loading import inputs_for

            if not path:
                model, _ = train_demonstration(level, seed, checkpoint, progress)
                told = [f"trained here: {DEMONSTRATION[level]}"]
            else:
                from infonb.networks.loading import load_model

                told = []
                model = load_model(self.model, Path(path), say=told.append)
            layers = self.layers or ([] if path else LAYERS)
            found = record_network(model, data["inputs"], layers, self.device, told)
            if self.views == "none":
                return found
            return with_units(found, model, inputs_for(model, data["inputs"]), self.views, seed)

        return kept_activations(checkpoint, make), None

    def measure(
        self, level: str, seed: int, model: xr.Dataset, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return how the activations came about; the measures need those of all models."""
        known = {
            "told": model.attrs.get("told", ""),
            "recorded": describe_recording(model),
            "layers_why": model.attrs.get("layers", ""),
        }
        return xr.Dataset({name: ((), np.array(words, object)) for name, words in known.items()})

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Return what `infonb.compare` finds, with how each recording came about."""
        from infonb.selection import compare

        parts = {name: self._recorded(name) for name in self.levels()}
        found = compare(
            parts, self.chosen_reference or None, bins=self.bins, estimator=self.estimator,
            k=self.k, neurons=self.n_neurons, seed=self.seed,
            units=any(map(has_views, parts.values())),
        )  # fmt: skip
        found = units_of(found, parts) if self.views != "none" else found
        return found.assign(runs.isel(seed=0, drop=True).data_vars)

    def run(self, *, progress: bool | str = True) -> xr.Dataset:
        """
        Compare the models, or read a saved result: what `infonb.compare` returns.

        Of each model the activations are kept, recorded one model at a time: after an
        interruption, or with one checkpoint more, only what is missing is recorded.
        """
        if self.found:
            found = open_found(self.found)
            if self.results:
                from infonb.storage import save_dataset

                save_dataset(found, self.results, overwrite=True)
            return found
        return super(CompareModels, self._with_folder).run(progress=progress)

    def chosen(self, found: xr.Dataset) -> str:
        """Return the model to look into: the one that is asked for, or that differs most."""
        if not self.shown:
            return most_different(found)
        if self.found:
            check_shown(found, self.shown)
            return self.shown
        return reference_among(self.shown, self.sources, "shown")

    @property
    def has_activations(self) -> bool:
        """Whether there are activations to look into: not those of a saved result."""
        return not self.found

    def settings(self, found: xr.Dataset, name: str) -> xr.Dataset:
        """Return the measures of a model and the reference, and the verdict, in every setting."""
        from infonb.experiments.compare_models.settings import settings_of_pair

        reference = found.attrs["reference"]
        return settings_of_pair(
            self.together([reference, name]), reference, name, bins=self.bins, k=self.k,
            n_neurons=min(self.n_neurons, 32), estimator=found.attrs["estimator"],
            standardize=found.attrs["standardized"] == "True", seed=self.seed,
        )  # fmt: skip

    def together(self, names: Sequence[str], most: int = 1000) -> xr.DataArray:
        """
        Return the activations of some models on at most so many examples, in memory.

        Dims (model, layer, neuron, sample), of the layers that all have; of one without model.
        """
        every = [drawn(self.activations(name), most, self.seed).activation for name in names]
        layers = [
            layer for layer in every[0].layer.values if all(layer in one.layer for one in every)
        ]
        parts = [without_samples(one.sel(layer=layers).load()) for one in every]
        if len(parts) == 1:
            return parts[0]
        return xr.concat(
            parts, xr.Variable("model", np.array(names, object)), join="outer", coords="minimal",
            compat="override",
        )  # fmt: skip

    def activations(self, name: str) -> xr.Dataset:
        """
        Return the activations of a model, opened and not read: dims (layer, neuron, sample).

        Of recordings of views the first view.
        """
        found = self._recorded(name)
        return found.isel(augmentation=0, drop=True) if has_views(found) else found

    def _recorded(self, name: str) -> xr.Dataset:
        """Return the activations of a model as they are kept."""
        found: xr.Dataset = self._with_folder.one(name, self.seeds[0]).model
        return found

    def examples(self, name: str) -> xr.Dataset | None:
        """Return what was shown to a model, ``input`` (sample, ...); None where it is not known."""
        if self.found:
            return None
        inputs = self.data(name, self.seeds[0]).get("inputs")
        return inputs if inputs is not None and "input" in inputs else None

    @property
    def _with_folder(self) -> Self:
        """The same with a folder for the activations, for as long as this lives, if need be."""
        if cache_folder(self.cache) is not None:
            return self
        if "_temporary" not in self.__dict__:
            object.__setattr__(self, "_temporary", _Temporary())
        return self.changed(cache=self.__dict__["_temporary"].name)
