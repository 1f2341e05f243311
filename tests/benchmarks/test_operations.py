"""
Operations through TorchLens against hooks on modules: the same values, at what cost.

With ``--benchmark-enable`` at full size (1,024 samples in batches of 256), with a table of CPU time
and peak of memory; otherwise a quick check, bit for bit. See README.md beside this file.
"""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
import torch
from activations.models import Calls, quiet
from benchmarks.clock import seconds_of
from torch import nn
from torch.nn import functional

from infonb.activations import list_layers

pytest.importorskip("torchlens")
pytestmark = pytest.mark.slow


def functional_relu(d):
    parts = {"a": nn.Linear(d, d), "b": nn.Linear(d, d), "out": nn.Linear(d, 2)}
    relu = functional.relu
    return Calls(lambda m, x: m.out(relu(m.b(relu(m.a(x))))), **parts), (d,)


def reused(d):
    parts = {"a": nn.Linear(d, d), "b": nn.Linear(d, d), "relu": nn.ReLU()}
    return Calls(lambda m, x: m.relu(m.b(m.relu(m.a(m.relu(m.a(x)))))), **parts), (d,)


def recurrent(d):
    parts = {"lstm": nn.LSTM(d, d, batch_first=True), "out": nn.Linear(d, 2)}
    return Calls(lambda m, x: m.out(m.lstm(x)[0][:, -1]), **parts), (16, d)


def cells(d):
    def forward(m, x):
        h = torch.zeros_like(x[:, 0])
        for step in range(x.shape[1]):
            h = m.cell(x[:, step], h)
        return m.out(h)

    return Calls(forward, cell=nn.GRUCell(d, d), out=nn.Linear(d, 2)), (8, d)


def attention(d):
    def forward(m, x):
        weights = (m.q(x) @ m.k(x).transpose(1, 2) / d**0.5).softmax(-1)
        return m.out((x + weights @ m.v(x)).mean(1))

    parts = {name: nn.Linear(d, d) for name in "qkv"}
    return Calls(forward, **parts, out=nn.Linear(d, 2)), (16, d)


def mixed_precision(d):
    def forward(m, x):
        with torch.autocast("cpu", torch.bfloat16):
            return m.out(m.b(m.a(x).relu()).relu()).float()

    return Calls(forward, a=nn.Linear(d, d), b=nn.Linear(d, d), out=nn.Linear(d, 2)), (d,)


def residual(d):
    def forward(m, x):
        x = m.first(x)
        for conv, norm in ((m.c1, m.n1), (m.c2, m.n2)):
            x = (x + norm(conv(x))).relu()
        return m.out(x.mean((2, 3)))

    convs = {f"c{i}": nn.Conv2d(d // 4, d // 4, 3, padding=1) for i in (1, 2)}
    norms = {f"n{i}": nn.BatchNorm2d(d // 4) for i in (1, 2)}
    first = nn.Conv2d(3, d // 4, 3, padding=1)
    return Calls(forward, first=first, **convs, **norms, out=nn.Linear(d // 4, 2)), (3, 16, 16)


def in_place(d):
    parts = [nn.Linear(d, d), nn.ReLU(inplace=True), nn.Dropout(inplace=True), nn.Linear(d, d)]
    return nn.Sequential(*parts, nn.ReLU(inplace=True), nn.Linear(d, 2)), (d,)


def convolutions(d):
    parts = [nn.Conv2d(3, d // 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(d // 4, d // 2, 3)]
    return nn.Sequential(*parts, nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)), (3, 16, 16)


def encoder(d):
    layer = nn.TransformerEncoderLayer(d, 4, 2 * d, batch_first=True)
    body = nn.TransformerEncoder(layer, 2)
    return Calls(lambda m, x: m.out(m.body(x).mean(1)), body=body, out=nn.Linear(d, 2)), (16, d)


def embedding(d):
    parts = {"embed": nn.Embedding(50, d), "norm": nn.LayerNorm(d), "out": nn.Linear(d, 2)}
    return Calls(lambda m, x: m.out(m.norm(m.embed(x)).mean(1)), **parts), (16,)


MODELS = {
    f.__name__: f
    for f in (
        functional_relu, reused, recurrent, cells, attention, mixed_precision, residual, in_place,
        convolutions, encoder, embedding,
    )
}  # fmt: skip


def made(name, d, n):
    torch.manual_seed(0)
    model, shape = MODELS[name](d)
    x = torch.randint(0, 50, (n, *shape)) if name == "embedding" else torch.randn(n, *shape)
    model.eval()(x[:2])
    return model, x


def pairs(model, x):
    """Return call of a module → the operation that is its output."""
    operations, modules = list_layers(model, x, operations=True), list_layers(model, x)
    found = {}
    for name, row in operations.iterrows():
        for module in filter(None, row["output_of"].split(", ")):
            if modules["neurons"].notna().get(module.partition(":")[0], False):
                found.setdefault(module, name)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_values_are_those_of_hooks(name):
    model, x = made(name, 16, 6)
    same = pairs(model, x)
    assert len(same) >= 2
    by_hooks = quiet(model, x, list(same), batch_size=4, reduce="flatten")
    traced = quiet(model, x, list(dict.fromkeys(same.values())), batch_size=4, reduce="flatten")
    for module, operation in same.items():
        np.testing.assert_array_equal(
            traced.activation.sel(layer=operation)[: int(traced.width.sel(layer=operation))],
            by_hooks.activation.sel(layer=module)[: int(by_hooks.width.sel(layer=module))],
        )


def cost(model, x, layers):
    """Return CPU seconds of a recording, and the MB that it needed at its peak (Linux)."""
    quiet(model, x[:2], layers)  # imported and warm
    status = Path("/proc/self/status")
    gc.collect()
    seconds = min(seconds_of(lambda: quiet(model, x, layers))[0] for _ in range(3))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before = kilobytes(status, "VmRSS")
    quiet(model, x, layers)
    return seconds, (kilobytes(status, "VmHWM") - before) / 1024


def kilobytes(status, name):
    return int(status.read_text(encoding="ascii").partition(f"{name}:")[2].split()[0])


def test_cost(request):
    if not request.config.getoption("--benchmark-enable"):
        pytest.skip("only with --benchmark-enable")
    print(f"\n{'model':16} layers  hooks, ms  TorchLens, ms  ratio  hooks, MB  TorchLens, MB")
    for name in MODELS:
        model, x = made(name, 64, 1024)
        same = pairs(model, x[:4])
        fast, small = cost(model, x, list(same))
        slow, large = cost(model, x, list(dict.fromkeys(same.values())))
        print(
            f"{name:16} {len(same):6} {fast * 1e3:10.0f} {slow * 1e3:14.0f} {slow / fast:6.1f} "
            f"{small:10.1f} {large:14.1f}",
            flush=True,
        )
