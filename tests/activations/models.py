"""Models and short words for the tests of recordings."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from infonb.activations import record

# what float32 sums of a few terms of size 1 may differ in, when the batches differ in size
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


class Functional(nn.Module):
    """Hidden layers of 5 and 3 neurons; the relu is a function, the modules not in depth order."""

    def __init__(self, n_out=2):
        super().__init__()
        self.out = nn.Linear(3, n_out)
        self.second = nn.Linear(5, 3)
        self.first = nn.Linear(4, 5)

    def forward(self, x):
        return self.out(functional.relu(self.second(functional.relu(self.first(x)))))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.relu = nn.Linear(4, 6), nn.Linear(6, 6), nn.ReLU()

    def forward(self, x):
        return self.relu(self.b(self.relu(self.a(x))))


class Calls(nn.Module):
    """Calls a function with its parts and the inputs."""

    def __init__(self, forward, **parts):
        super().__init__()
        self.function = forward
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


def before_each_call(model, function):
    """Call a function before each run of a model, with a hook that is none of the model's own."""

    def call(module, args):
        if module is model:
            function(module, args)

    return nn.modules.module.register_module_forward_pre_hook(call)


def inputs(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def rows(tensor):
    """By hand: (sample, neuron) -> (neuron, sample)."""
    return tensor.detach().numpy().T


def quiet(*args, **kwargs):
    return record(*args, progress=False, **kwargs)


def valid(activations, layer):
    one = activations.sel(layer=layer)
    return one.activation.values[: int(one.width)]


class Output(dict):
    """As transformers return: keys, positions and attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.layer = nn.Embedding(20, 6), nn.Linear(6, 5)
        self.classifier = nn.Linear(5, 3)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None):
        hidden = self.layer(self.embedding(input_ids))
        return Output(logits=self.classifier(hidden[:, 0]), hidden=hidden)


def state(model):
    return (
        {name: module.training for name, module in model.named_modules()},
        {name: tensor.clone() for name, tensor in model.state_dict().items()},
        {name: (p.requires_grad, p.grad) for name, p in model.named_parameters()},
        [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._forward_hooks_with_kwargs),
          len(m._forward_pre_hooks_with_kwargs)) for m in model.modules()],
        torch.is_grad_enabled(),
        torch.backends.mha.get_fastpath_enabled(),
    )  # fmt: skip


def assert_same(before, after):
    assert before[0] == after[0]
    assert all(torch.equal(before[1][name], after[1][name]) for name in before[1])
    assert before[2:] == after[2:]
