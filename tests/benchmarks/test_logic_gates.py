"""
Networks of logic gates against sixteen gates stacked, and Boolean programs against the network.

With ``--benchmark-enable`` at full size and with the times printed; otherwise a quick check of the
same code at small size. See README.md beside this file.
"""

from __future__ import annotations

import networks.logic_gates.plain as plain
import numpy as np
import pytest
import torch
from benchmarks.clock import fastest

from infonb.networks import LogicDense, LogicNet, LogicTreeConv2d, LogicTreeNet, boolean_program
from infonb.training.threads import torch_threads


def network(kind, full):
    """Return a network and the shape of its images."""
    thresholds, options = [0.25, 0.5, 0.75], {"tau": 10.0, "init": "normal"}
    if kind == "dense":
        width = 8000 if full else 200
        return LogicNet([784] + [width] * 6, thresholds, **options), (1, 28, 28)
    small = {} if full else {"widths": (200, 100)}
    return LogicTreeNet(16 if full else 2, (1, 28, 28), thresholds, **options, **small), (1, 28, 28)


def plain_convolution(layer, images):
    """Return what a LogicTreeConv2d gives: positions at once, sixteen gates stacked."""
    padded = torch.nn.functional.pad(images, [layer.padding] * 4)
    height, width = (n - layer.kernel_size + 1 for n in padded.shape[2:])
    # (leaf, kernel, place) of the flattened image
    values = padded.flatten(1)[:, layer.leaves(tuple(padded.shape[1:]))]
    first = 0
    while values.shape[1] > 1:
        n = values.shape[1] // 2
        logits = layer.logits[:, first : first + n].transpose(0, 1)[:, :, None]
        values = plain.plain_gates(values[:, 0::2], values[:, 1::2], logits, layer.training)
        first += n
    return values[:, 0].unflatten(2, (height, width))


def plain_forward(model, images):
    """Return the logits, every layer written down as it is."""
    values = images if hasattr(model, "conv1") else images.flatten(1)
    for module in model.children():
        if isinstance(module, LogicDense):
            values = plain.plain_dense(module, values.flatten(1))
        elif isinstance(module, LogicTreeConv2d):
            values = plain_convolution(module, values)
        else:
            values = module(values)
    return values


def gradients(forward, model, images, labels):
    """Return the gradients of a step of training."""
    loss = torch.nn.functional.cross_entropy(forward(model, images), labels)
    return torch.autograd.grad(loss, list(model.parameters()))


@pytest.mark.parametrize("kind", ["dense", "trees"])
def test_a_step_of_training(benchmark, capsys, kind):
    model, shape = network(kind, benchmark.enabled)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(100 if benchmark.enabled else 10, *shape, generator=generator)
    labels = torch.randint(10, (len(images),), generator=generator)
    ways = {"infonb": lambda model, images: model(images), "sixteen stacked": plain_forward}
    with torch_threads(1):
        found, expected = (gradients(way, model, images, labels) for way in ways.values())
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-3)
        benchmark.pedantic(lambda: None)
        if not benchmark.enabled:
            return
        times = {
            name: fastest(
                gradients, way, model, images, labels, rounds=9 if name == "infonb" else 2
            )
            for name, way in ways.items()
        }
    ratio = times["sixteen stacked"] / times["infonb"]
    with capsys.disabled():
        words = ", ".join(f"{name} {time * 1e3:.0f} ms" for name, time in times.items())
        print(f"\n{kind}, a step of {len(images)} images: {words}, ratio {ratio:.0f}")


@pytest.mark.parametrize("kind", ["dense", "trees"])
def test_images_per_second(benchmark, capsys, kind):
    model, shape = network(kind, benchmark.enabled)
    n = 4096 if benchmark.enabled else 100
    images = torch.rand(n, *shape, generator=torch.Generator().manual_seed(0))
    model.eval()

    def by_network():
        with torch.no_grad():
            return torch.cat([model(batch) for batch in images.split(256)]).numpy()

    with torch_threads(1):
        programs = {"program": boolean_program(model, simplify=False)}
        programs["simplified"] = programs["program"].simplify()
        expected = by_network()
        for program in programs.values():
            assert np.array_equal(program.run(images), expected)
        benchmark.pedantic(lambda: None)
        if not benchmark.enabled:
            return
        times = {"network in eval mode": fastest(by_network)}
        times |= {name: fastest(one.run, images) for name, one in programs.items()}
    with capsys.disabled():
        words = ", ".join(f"{name} {n / time:,.0f}" for name, time in times.items())
        gates = ", ".join(f"{one.gates:,}" for one in programs.values())
        print(f"\n{kind}, images a second: {words}; gates {gates}")
