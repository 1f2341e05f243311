"""Operations that are no modules, by the names that TorchLens gives them: found, and taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import torch
from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.modules import named_modules
from infonb.activations.neuron_dim import LAST, SECOND
from infonb.networks.state import get_random_state, random_state, set_random_state

__all__ = ["Operation", "Operations"]

Take = Callable[[torch.Tensor, "Operation"], Any]

#: Modules that put out what a function does: they tell which dim holds the neurons.
_ALIKE: Mapping[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(1, 1, device="meta"),
    "embedding": lambda: nn.Embedding(1, 1, device="meta"),
    "layer_norm": lambda: nn.LayerNorm(1),
    "conv1d": lambda: nn.Conv1d(1, 1, 1, device="meta"),
    "conv2d": lambda: nn.Conv2d(1, 1, 1, device="meta"),
    "conv3d": lambda: nn.Conv3d(1, 1, 1, device="meta"),
    "batch_norm": lambda: nn.BatchNorm1d(1),
    "group_norm": lambda: nn.GroupNorm(1, 1),
}


@dataclass(frozen=True)
class Operation:
    """
    One operation in a forward pass: its name and its call (from 0), and where it runs.

    `key` is what TorchLens calls it while the model runs; `module` is the innermost module around
    it, `like` one that has its dims in the same order; `output_of` names the calls of modules, as
    layers of a recording, that it is the output of.
    """

    name: str
    call: int
    n_calls: int
    key: str
    function: str
    module: str
    output_of: tuple[str, ...]
    like: nn.Module

    @property
    def label(self) -> str:
        """The name as TorchLens writes it: of several calls the number stands behind it, from 1."""
        return self.name if self.n_calls == 1 else f"{self.name}:{self.call + 1}"


class Operations:
    """
    The operations of a model, traced by TorchLens (`lens`, while it is lent).

    Every forward pass must be of the same operations, in the same order: a name is a place in it.
    """

    def __init__(self, lens: Any, model: nn.Module, device: torch.device) -> None:
        self._lens, self.model, self.device = lens, model, device
        self._names = {id(module): name for name, module in named_modules(model).items()}
        # those of the latest forward pass: TorchLens's, and the modules' (id, call) around each
        self.graph: list[str] = []
        self.inside: list[list[tuple[int, int]]] = []

    @property
    def digest(self) -> str:
        """What tells the operations of the latest forward pass from others."""
        return blake2b("\n".join(self.graph).encode(), digest_size=8).hexdigest()

    def find(self, batch: Batch) -> list[Operation]:
        """Return all operations of the forward pass of a batch, in order."""
        with random_state(self.device):
            batch.call(self.model)  # what is made or filled on first use is there afterwards
        options = self._lens.options.CaptureOptions(layers_to_save="none")
        with random_state(self.device), self._own_random_state():
            trace = batch.call(
                lambda *args, **kwargs: self._lens.trace(
                    self.model, list(args), dict(kwargs), capture=options
                )
            )
        modules = dict(self.model.named_modules(remove_duplicate=False))
        operations = [op for op in trace.ops if op.is_compute_op]
        calls = {call for op in operations for call in op.modules}
        n_calls = Counter(address for address, _, _ in (x.rpartition(":") for x in calls))
        return [self._described(op, modules, n_calls) for op in operations]

    def run(self, batch: Batch, wanted: Mapping[str, Operation], take: Take) -> Any:
        """Return what the model puts out; `take` gets what the wanted operations do, in order."""
        self.graph, self.inside = [], []
        now: list[Operation | None] = [None]
        errors: list[Exception] = []

        def is_wanted(event: Any) -> bool:
            key = _key(event.label_raw.removesuffix("_raw"))
            line = f"{key} {event.address}"
            if line not in self.graph[-1:]:  # it is asked twice of what is not wanted
                self.graph.append(line)
                self.inside.append([(x.module_id, x.pass_index) for x in event.module_stack])
            now[0] = wanted.get(key)
            return now[0] is not None

        def taken(tensor: torch.Tensor) -> torch.Tensor:
            try:
                if now[0] is not None and not errors:
                    take(tensor, now[0])
            except Exception as error:  # TorchLens would put its own in its place
                errors.append(error)
            return tensor.new_empty(0)  # all that TorchLens keeps

        with self._own_random_state():
            output, _ = batch.call(
                lambda *args, **kwargs: self._lens.record(
                    self.model, list(args), dict(kwargs), save=is_wanted, return_output=True,
                    activation_transform=taken, save_raw_activations=False,
                )
            )  # fmt: skip
        if errors:
            raise errors[0]
        return output

    def _described(
        self, op: Any, modules: Mapping[str, nn.Module], n_calls: Mapping[str, int]
    ) -> Operation:
        def named(call: str) -> str:
            address, _, number = call.rpartition(":")
            name = self._names.get(id(modules.get(address)), address)
            return name if n_calls[address] == 1 else f"{name}:{int(number) - 1}"

        address = (op.modules[-1] if op.modules else "").rpartition(":")[0]
        module = modules.get(address, self.model)
        return Operation(
            name=op.layer_label,
            call=op.pass_index - 1,
            n_calls=op.num_passes,
            key=_key(op.raw_label),
            function=op.func_name.removeprefix("__").removesuffix("__"),
            module=self._names.get(id(module), address),
            output_of=tuple(map(named, reversed(op.output_of_module_calls))),
            like=module if _is_output(op, module) else _ALIKE.get(op.func_name, nn.Identity)(),
        )

    @contextmanager
    def _own_random_state(self) -> Iterator[None]:
        """Let the model draw as it would: TorchLens seeds anew, and gives its own state back."""
        states = [get_random_state(self.device)]
        handles = [
            self.model.register_forward_pre_hook(
                lambda *_: set_random_state(self.device, states[-1]), prepend=True
            ),
            self.model.register_forward_hook(
                lambda *_: states.append(get_random_state(self.device))
            ),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
            set_random_state(self.device, states[-1])


def _key(raw: str) -> str:
    """Return type and number within the type; then comes a number that counts buffers, too."""
    return raw.rpartition("_")[0]


def _is_output(op: Any, module: nn.Module) -> bool:
    """Tell whether an operation is the output of a module that tells which dims these are."""
    if not op.modules or op.modules[-1] not in op.output_of_module_calls:
        return False
    if isinstance(module, nn.MultiheadAttention):  # not the weights beside it
        return op.shape[-1:] == (module.embed_dim,)
    if isinstance(module, nn.RNNBase):  # not its last states
        return op.multi_output_index in (None, 0)
    return isinstance(module, LAST + SECOND)
