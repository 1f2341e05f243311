"""The clock of the benchmarks: CPU seconds of the whole process, what one core would need."""

import time


def seconds_of(function, *args):
    """Return the CPU seconds of a call, and what it returned."""
    start = time.process_time()
    result = function(*args)
    return time.process_time() - start, result


def fastest(function, *args, rounds=3):
    """Return the least CPU seconds of a few calls, after one that is not counted."""
    function(*args)
    return max(min(seconds_of(function, *args)[0] for _ in range(rounds)), 1e-9)
