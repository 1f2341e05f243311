"""Which dim of an output holds the samples, and which the neurons."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["LAST", "SECOND", "neuron_dim", "samples_first"]

# whatever the number of dims of their outputs, these have their neurons last ...
LAST = (nn.Linear, nn.LayerNorm, nn.Embedding, nn.MultiheadAttention, nn.RNNBase, nn.RMSNorm)
# ... and these right after the samples
SECOND = (
    nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.GroupNorm,
    nn.modules.instancenorm._InstanceNorm, nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd, nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
)  # fmt: skip


def neuron_dim(tensor: Tensor, module: nn.Module) -> int:
    """Return which dim of an output with three dims or more holds the neurons."""
    if isinstance(module, LAST):
        return -1
    if isinstance(module, SECOND):
        return 1
    inside = list(module.modules())
    if all(not isinstance(part, LAST) for part in inside) and _keeps_channels(tensor, inside):
        return 1
    # of vision transformers, some have (sample, row, column, feature)
    if tensor.ndim > 3 and all(not isinstance(part, SECOND) for part in inside):
        normed = [part.normalized_shape[-1] for part in inside if isinstance(part, nn.LayerNorm)]
        if tensor.shape[-1] in normed:
            return -1
    return 1 if tensor.ndim > 3 else -1


def samples_first(tensor: Tensor, module: nn.Module) -> Tensor:
    """Recurrent and attention modules have (time, sample, feature) unless told otherwise."""
    if isinstance(module, nn.TransformerEncoderLayer | nn.TransformerDecoderLayer):
        module = module.self_attn
    time_first = isinstance(module, nn.RNNBase | nn.MultiheadAttention) and not module.batch_first
    return tensor.transpose(0, 1) if time_first and tensor.ndim == 3 else tensor


def _keeps_channels(tensor: Tensor, inside: list[nn.Module]) -> bool:
    """Tell whether an output is as convolutions within the module make it."""
    channels = [
        (part.out_channels, len(part.kernel_size) + 2)
        for part in inside
        if isinstance(part, nn.modules.conv._ConvNd)
    ]
    return (tensor.shape[1], tensor.ndim) in channels
