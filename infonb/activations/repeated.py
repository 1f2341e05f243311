"""The parts of a model that repeat: the blocks of a transformer, the stages of a ResNet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.jit import ScriptModule

from infonb.activations.first_look import Seen

__all__ = ["Group", "repeated"]

_LISTS = (nn.ModuleList, nn.ModuleDict, nn.Sequential)


@dataclass(frozen=True)
class Group:
    """
    Modules that repeat: their names, what they are, and whether they are stages, made of blocks.

    One that is called several times is alone.
    """

    names: list[str]
    kind: str
    stages: bool = False
    calls: int = 1


def repeated(
    model: nn.Module, modules: Mapping[str, nn.Module], seen: Sequence[Seen] | None
) -> list[Group]:
    """
    Return the groups of modules that repeat, the outermost ones; none if there are none.

    In this order: members of a list that are of the same type; modules of the same type beside
    each other; a module that is called several times; the only member of a list. Several lists
    whose outputs differ in width, as in a ResNet, are stages: the lists stand for their members.
    """
    tree = _Tree(model, modules, seen)
    return (
        tree.lists()
        or tree.outermost(tree.alike)
        or tree.outermost(tree.called_again)
        or tree.outermost(tree.only_one)
    )


class _Tree:
    """The modules by their names, of which some are called in a forward pass."""

    def __init__(
        self, model: nn.Module, modules: Mapping[str, nn.Module], seen: Sequence[Seen] | None
    ) -> None:
        self.modules = {"": model, **modules}
        self.children: dict[str, list[str]] = defaultdict(list)
        for name in modules:
            self.children[name.rpartition(".")[0]].append(name)
        self.is_known = seen is not None
        self.calls = Counter(one.name for one in seen or ())
        self.first: dict[str, Seen] = {}
        for one in seen or ():
            self.first.setdefault(one.name, one)

    def outermost(
        self,
        find: Callable[[str], list[Group]],
        inside: str = "",
        but: frozenset[str] = frozenset(),
    ) -> list[Group]:
        """Return the groups that are found below a module, not within another, or within `but`."""
        found = find(inside)
        taken = but.union(*(group.names for group in found))
        for child in self.children[inside]:
            if child not in taken:
                found += self.outermost(find, child, but)
        return found

    def lists(self) -> list[Group]:
        """Return the members of lists that are of one type, or the lists, if they are stages."""
        found = self.outermost(self._members)
        names = frozenset(name for group in found for name in group.names)
        kinds = {self.kind(group.names[0]) for group in found}
        # lists of one: members of the same type elsewhere make them one of several
        ones = [group.names[0] for group in self.outermost(self._lonely, but=names)]
        often = Counter(map(self.kind, ones))
        names |= {x for x in ones if often[self.kind(x)] > 1 or self.kind(x) in kinds}
        by_kind: dict[object, list[str]] = defaultdict(list)
        for name in self.modules:
            if name in names:
                by_kind[self.kind(name)].append(name)
        return [self._whole(alike) for alike in by_kind.values()]

    def alike(self, parent: str) -> list[Group]:
        """Return the modules of the same type beside each other, of a type of their own."""
        return self._of_one_kind(parent, self.is_own)

    def called_again(self, parent: str) -> list[Group]:
        """Return the blocks that are called several times in a forward pass."""
        again = [x for x in self.children[parent] if self.calls[x] > 1 and self.is_block(x)]
        return [Group([name], self.word(name), calls=self.calls[name]) for name in again]

    def only_one(self, parent: str) -> list[Group]:
        """Return the only member of a list of modules, if it is a block."""
        names = self.children[parent]
        is_list = isinstance(self.modules[parent], nn.ModuleList | nn.ModuleDict)
        alone = is_list and len(names) == 1 and self.is_block(names[0])
        return [Group(names, self.word(names[0]))] if alone else []

    def is_own(self, name: str) -> bool:
        """Tell whether a module is of a class that is not torch's, or one of its blocks."""
        kind = type(self.modules[name])
        known = kind in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
        return known or not kind.__module__.startswith("torch.nn.")

    def is_block(self, name: str) -> bool:
        """Tell whether a module is called and holds more than one layer: two matrices or more."""
        module = self.modules[name]
        if isinstance(module, ScriptModule) or not (
            self.is_own(name) or isinstance(module, nn.Sequential)
        ):
            return False
        is_called = self.calls[name] > 0 if self.is_known else _has_forward(module)
        return is_called and _n_matrices(module) > 1

    def kind(self, name: str) -> object:
        """Return what modules of the same type have in common; of a Sequential, what it holds."""
        module = self.modules[name]
        return (
            frozenset(map(type, module.children()))
            if type(module) is nn.Sequential
            else type(module)
        )

    def word(self, name: str) -> str:
        """Return the name of the type of a module."""
        module, kind = self.modules[name], type(self.modules[name]).__name__
        parts = (
            {type(part).__name__ for part in module.children()} if kind == "Sequential" else set()
        )
        return f"Sequential of {parts.pop()}" if len(parts) == 1 else kind

    def _members(self, parent: str) -> list[Group]:
        is_list = isinstance(self.modules[parent], _LISTS)
        groups = self._of_one_kind(parent, lambda name: True) if is_list else []
        return [group for group in groups if not self._is_flat(group.names)]

    def _lonely(self, parent: str) -> list[Group]:
        if not isinstance(self.modules[parent], _LISTS):
            return []
        blocks = [name for name in self.children[parent] if self.is_block(name)]
        often = Counter(map(self.kind, blocks))
        return [Group([x], self.word(x)) for x in blocks if often[self.kind(x)] == 1]

    def _of_one_kind(self, parent: str, allowed: Callable[[str], bool]) -> list[Group]:
        kinds: dict[object, list[str]] = defaultdict(list)
        for name in self.children[parent]:
            if allowed(name) and self.is_block(name):
                kinds[self.kind(name)].append(name)
        return [
            Group(names, self.word(names[0]))
            for names in kinds.values()
            if len(names) > 1 and not self._are_parallel(names)
        ]

    def _whole(self, names: list[str]) -> Group:
        """Return the lists of some modules instead of them, if these are stages."""
        lists = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
        called = all(isinstance(self.modules[x], nn.Sequential) and self._called(x) for x in lists)
        if len(lists) > 1 and called and self._widths_differ(lists):
            return Group(lists, f"Sequential of {self.word(names[0])}", stages=True)
        return Group(names, self.word(names[0]), stages=all(map(self._holds_blocks, names)))

    def _is_flat(self, names: list[str]) -> bool:
        """Tell whether modules are lists of blocks without being stages: their members count."""
        return all(map(self._holds_blocks, names)) and not self._widths_differ(names)

    def _holds_blocks(self, name: str) -> bool:
        inside = self.children[name]
        alike = len(set(map(self.kind, inside))) == 1 and all(map(self.is_block, inside))
        return alike and isinstance(self.modules[name], nn.Sequential)

    def _called(self, name: str) -> bool:
        return name != "" and (self.calls[name] > 0 or not self.is_known)

    def _widths_differ(self, names: list[str]) -> bool:
        if not self.is_known:
            return True
        return len({self.first[name].n_neurons for name in names}) > 1

    def _are_parallel(self, names: list[str]) -> bool:
        """Tell whether all of them get the same tensor: they are beside, not behind each other."""
        sources = {self.first[name].source for name in names if name in self.first}
        return self.is_known and len(sources) == 1 and None not in sources


def _has_forward(module: nn.Module) -> bool:
    return type(module).forward is not nn.Module.forward


def _n_matrices(module: nn.Module) -> int:
    lazy = torch.nn.parameter.is_lazy
    return sum(lazy(p) or sum(n > 1 for n in p.shape) > 1 for p in module.parameters())
