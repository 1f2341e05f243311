"""
The walk of `infonb.measures.device.walk` as one compiled kernel, for k up to 3.

In torch each step of the walk is a pass over memory; here the three best stay in registers. Triton
comes with the CUDA builds of torch for Linux; where it is missing, torch does the same.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = tl = None

if TYPE_CHECKING:
    import torch

__all__ = ["walk"]

# Points in a program, which is one warp; steps before it asks who is done.
_POINTS, _STEPS = 64, 4


def walk(
    u: torch.Tensor,
    v: torch.Tensor,
    place: torch.Tensor,
    u_start: torch.Tensor,
    v_start: torch.Tensor,
    n: int,
    pad: int,
    k: int,
) -> torch.Tensor:
    """Return the k-th least distance of each point; arguments as in `_device_walk._walk`."""
    import torch

    radius = torch.empty(len(place), dtype=u.dtype, device=u.device)
    grid = (triton.cdiv(len(place), _POINTS),)
    with torch.cuda.device_of(u):
        _kernel()[grid](
            u, v, place, u_start, v_start, radius, len(place), pad - 1, pad + n,
            k=k, points=_POINTS, steps=_STEPS, num_warps=1, enable_fp_fusion=False,
        )  # fmt: skip
    return radius


@cache
def _kernel() -> Any:
    return triton.jit(_walk, do_not_specialize=["count", "before", "behind"])


def _walk(  # type: ignore[no-untyped-def]
    u,
    v,
    place,
    u_start,
    v_start,
    radius,
    count,
    before,
    behind,
    k: tl.constexpr,
    points: tl.constexpr,
    steps: tl.constexpr,
):
    i = tl.program_id(0).to(tl.int64) * points + tl.arange(0, points)
    go = i < count
    own = tl.load(place + i, mask=go, other=behind)
    u += tl.load(u_start + i, mask=go, other=0) + own
    v += tl.load(v_start + i, mask=go, other=0) + own
    u_own, v_own = tl.load(u, mask=go, other=0.0), tl.load(v, mask=go, other=0.0)
    # a side that has come to its end stays there, at an infinite value
    most_left, most_right = own - before, behind - own
    a = tl.full([points], float("inf"), tl.float64)
    b = a
    c = a
    step = 1
    while tl.max(go.to(tl.int32), axis=0) > 0:
        for _ in tl.static_range(steps):
            for side in tl.static_range(2):
                at = tl.minimum(step, most_right) if side == 0 else -tl.minimum(step, most_left)
                u_near = tl.load(u + at, mask=go, other=0.0)
                v_near = tl.load(v + at, mask=go, other=0.0)
                d = tl.maximum(tl.abs(u_near - u_own), tl.abs(v_near - v_own))
                rest = tl.maximum(a, d)
                a = tl.minimum(a, d)
                c = tl.minimum(c, tl.maximum(b, rest))
                b = tl.minimum(b, rest)
            step += 1
        right = tl.load(u + tl.minimum(step, most_right), mask=go, other=0.0) - u_own
        left = u_own - tl.load(u - tl.minimum(step, most_left), mask=go, other=0.0)
        best = a if k == 1 else b if k == 2 else c
        tl.store(radius + i, best, mask=go)
        go = go & (tl.minimum(left, right) < best)
