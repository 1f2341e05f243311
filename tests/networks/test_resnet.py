"""ResNet-18: the known number of parameters, the stages, seeds, and the reference's values."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

import infonb as inb
from infonb.networks.resnet import BasicBlock, ResNet18

STAGES = ["stage1", "stage2", "stage3", "stage4"]


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


def stage_shapes(model: ResNet18, inputs: torch.Tensor) -> list[tuple[int, ...]]:
    shapes = []
    for name in STAGES:
        module = model.get_submodule(name)
        module.register_forward_hook(lambda _m, _i, output: shapes.append(tuple(output.shape[1:])))
    model(inputs)
    return shapes


def test_number_of_parameters_of_the_standard_network():
    # 11,689,512 is the number for ImageNet's 1000 classes
    assert sum(p.numel() for p in ResNet18(n_classes=1000).parameters()) == 11_689_512


def test_number_of_parameters_by_hand():
    model = ResNet18(in_channels=2, n_classes=5, width=4, stem="small")
    expected = 3 * 3 * 2 * 4 + 2 * 4  # stem: weights, and scale and shift of the normalisation
    n_in = 4
    for n_out in (4, 8, 16, 32):
        expected += 9 * n_in * n_out + 3 * 9 * n_out * n_out + 4 * 2 * n_out
        if n_in != n_out:
            expected += n_in * n_out + 2 * n_out
        n_in = n_out
    expected += 32 * 5 + 5
    assert sum(p.numel() for p in model.parameters()) == expected


@pytest.mark.parametrize(
    ("stem", "size", "sides"),
    [("standard", 64, (16, 8, 4, 2)), ("small", 32, (32, 16, 8, 4)), ("standard", 224, (56, 28))],
)
def test_shapes_of_the_stages(stem, size, sides):
    shapes = stage_shapes(ResNet18(width=2, stem=stem), images(2, 3, size, size))
    expected = [(2 * 2**i, side, side) for i, side in enumerate(sides)]
    assert shapes[: len(expected)] == expected


def test_recorded_stages_are_the_means_over_space():
    model = ResNet18(width=4, stem="small").eval()
    inputs = images(6, 3, 16, 16)
    recorded = inb.record(model, inputs, layers=STAGES, progress=False)
    assert list(recorded.layer.values) == STAGES
    assert list(recorded.width.values) == [4, 8, 16, 32]
    with torch.no_grad():
        values = model.stem(inputs)
        for name in STAGES:
            values = model.get_submodule(name)(values)
            there = recorded.activation.sel(layer=name).dropna("neuron").transpose("sample", ...)
            np.testing.assert_allclose(there.values, values.mean((2, 3)).numpy(), atol=1e-5)


def test_the_last_relu_of_a_stage_has_the_sums_as_its_input():
    model = ResNet18(width=4, stem="small")
    inputs = images(6, 3, 16, 16)
    before = inb.record(
        model, inputs, layers={"stage1": "stage1.block2.relu2"}, hook="input",
        reduce=lambda x: torch.relu(x).mean((2, 3)), progress=False,
    )  # fmt: skip
    after = inb.record(model, inputs, layers=["stage1"], progress=False)
    np.testing.assert_allclose(before.activation.values, after.activation.values, atol=1e-6)


def test_seeds_decide_the_weights_and_leave_the_global_state_alone():
    state = torch.get_rng_state()
    one, same, other = (ResNet18(width=4, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [torch.cat([p.flatten() for p in m.parameters()]) for m in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_initial_weights_are_he_normal_by_outputs():
    model = ResNet18(width=32)
    for name, size in (("stem.conv", 49 * 32), ("stage3.block1.conv2", 9 * 128)):
        weights = model.get_submodule(name).weight.detach()
        assert float(weights.std()) == pytest.approx((2 / size) ** 0.5, rel=0.05)
        assert abs(float(weights.mean())) < 0.1 * float(weights.std())


def test_eval_does_not_depend_on_the_batch_and_train_does():
    model = ResNet18(width=4, stem="small")
    inputs = images(4, 3, 16, 16)
    with torch.no_grad():
        model.eval()
        torch.testing.assert_close(model(inputs)[:2], model(inputs[:2]))
        model.train()
        assert not torch.allclose(model(inputs)[:2], model(inputs[:2]))


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path):
    # channels last must not reach weights and optimiser: their layouts would differ after loading
    data = images(24, 3, 16, 16), torch.arange(24) % 2
    options = {"batch_size": 8, "optimizer": "adam", "progress": False}
    whole, broken, resumed = (ResNet18(width=2, stem="small") for _ in range(3))
    inb.fit(whole, data, epochs=3, **options)
    inb.fit(broken, data, epochs=1, checkpoint=tmp_path, **options)
    inb.fit(resumed, data, epochs=3, checkpoint=tmp_path, **options)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


NARROW = """
import torch
from infonb.networks.resnet import ResNet18

torch.set_num_threads(1)
inputs, labels = torch.randn(8, 3, 64, 64), torch.arange(8) % 3
for width in (2, 4):
    model = ResNet18(n_classes=3, width=width, stem="small")
    optimizer = torch.optim.Adam(model.parameters())
    kept = []
    for step in range(100):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        # memory of many sizes in between, which would be written over
        kept = [*kept[::2], *(torch.randn(37 + step) for _ in range(50))]
"""


@pytest.mark.slow
def test_narrow_networks_train_without_writing_beyond_their_memory():
    """In a process of its own, which would be aborted; see `BasicBlock`."""
    done = subprocess.run([sys.executable, "-c", NARROW], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("n_in", [3, 8])
def test_the_shortcut_takes_every_second_row_and_column(n_in):
    block = BasicBlock(n_in, 16, stride=2).double()
    assert block.shortcut.conv.stride == ((1, 1) if n_in < 8 else (2, 2))
    weight = block.shortcut.conv.weight.data.normal_()
    inputs = images(2, n_in, 7, 6).double().requires_grad_()
    seen = []
    block.shortcut.conv.register_forward_hook(lambda _m, _i, output: seen.append(output))
    block(inputs)
    expected = torch.einsum("ncij,oc->noij", inputs[:, :, ::2, ::2], weight[:, :, 0, 0])
    torch.testing.assert_close(seen[0], expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stem": "tiny"}, "stem must be"),
        ({"width": 0}, "width must be"),
        ({"in_channels": 0}, "in_channels must be"),
        ({"n_classes": 0}, "n_classes must be"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResNet18(**arguments)


@pytest.mark.parametrize("shape", [(2, 1, 16, 16), (3, 16, 16)])
def test_inputs_of_a_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"takes \(sample, channel, row, column\) with 3"):
        ResNet18(width=2)(torch.zeros(shape))


def test_values_are_those_of_transformers():
    transformers = pytest.importorskip("transformers", reason="extra 'hub' not installed")
    model = ResNet18(width=8, seed=3)
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 32, 64], depths=[2, 2, 2, 2], layer_type="basic"
    )
    reference = transformers.ResNetModel(config)
    # both hold the same modules, but in another order of the shortcut
    weights = {}
    for name, tensor in model.state_dict().items():
        if not name.startswith("out."):
            weights[_there(name)] = tensor
    reference.load_state_dict(weights)
    inputs = images(3, 3, 64, 64)
    for mode in (True, False):  # batch statistics, then the running ones that they left
        model.train(mode)
        reference.train(mode)
        with torch.no_grad():
            expected = reference(inputs, output_hidden_states=True)
            stages = []
            values = model.stem(inputs)
            for name in STAGES:
                values = model.get_submodule(name)(values)
                stages.append(values)
            for ours, theirs in zip(stages, expected.hidden_states[1:], strict=True):
                torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(
                model.pool(stages[-1]), expected.pooler_output, rtol=1e-4, atol=1e-4
            )


def _there(name: str) -> str:
    """Return the name that transformers has for one of our weights."""
    stage, _, rest = name.partition(".")
    kinds = {"conv": "convolution", "bn": "normalization"}
    if stage == "stem":
        module, _, tensor = rest.partition(".")
        return f"embedder.embedder.{kinds[module]}.{tensor}"
    block, module, *inner = rest.split(".")
    start = f"encoder.stages.{int(stage[-1]) - 1}.layers.{int(block[-1]) - 1}"
    if module == "shortcut":
        return f"{start}.shortcut.{kinds[inner[0]]}.{inner[1]}"
    return f"{start}.layer.{int(module[-1]) - 1}.{kinds[module[:-1]]}.{inner[0]}"
