"""How many processors there are to work with."""

import os


def processor_count() -> int:
    """Count the processors this process may use, or return OMP_NUM_THREADS if it is set.

    That variable is how people bound the threads of PyTorch, NumPy and ONNX Runtime; it bounds ours, too.

    Example:
        >>> processor_count() >= 1
        True
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):  # a container or taskset may leave us fewer than the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
