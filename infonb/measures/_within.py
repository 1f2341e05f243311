"""
Array kernel: how many values of a row are nearer to each of its values than a radius.

The count is the difference of two ranks, each found by descending an index of every 8th, 64th, ...
value: a step compares 8 values at once and takes no branch, so that it costs the same for any data.
The test is always the rounded difference ``x_j - x_i < radius``, never ``x_j < x_i + radius``:
rounded sums take the k-th neighbour itself in about half of the cases, which is wrong by 0.02 nat.
"""

from __future__ import annotations

from infonb.measures._compile import compiled
from infonb.measures._sorted import PAD
from infonb.measures._vector import count_at_least, count_below, fill, load, subtract

__all__ = ["psi_within"]


@compiled
def psi_within(rows, row, radius, psi, out):  # type: ignore[no-untyped-def]
    """
    Return the sum over the samples of psi(n), and add each psi(n) to `out` where it has room.

    n counts the samples nearer than the radius, the own one included; at radius 0 those of the
    same value. `radius` and `out` are by sample.
    """
    u, index, order, length = (
        rows.ordered[row],
        rows.eighths[row],
        rows.order[row],
        rows.length[row],
    )
    total = 0.0
    for p in range(len(order)):
        sample = order[p]
        own, r = fill(u[PAD + p]), fill(radius[sample])
        # ranks: values below the first that is too far to the right, values too far to the left
        right = left = 0
        for level in rows.levels:
            right *= 8
            left *= 8
            right += count_below(subtract(load(index, level + right), own), r)
            left += count_at_least(subtract(own, load(index, level + left)), r)
        right *= 8
        left *= 8
        right += count_below(subtract(load(u, PAD + right), own), r)
        left += count_at_least(subtract(own, load(u, PAD + left)), r)
        term = psi[right - left if radius[sample] > 0.0 else length[sample]]
        total += term
        if len(out) > 0:
            out[sample] += term
    return total
