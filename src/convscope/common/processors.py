"""The number of threads to use."""

import math
import os
from functools import cache
from pathlib import Path


def processor_count() -> int:
    """Return the number of processors this process may use, or OMP_NUM_THREADS if that is set.

    Limits of taskset and containers are respected: `docker run --cpus 2` on a machine with 64 processors
    gives 2. The environment variable is the usual way to limit the threads of PyTorch, NumPy and ONNX
    Runtime; here it limits the threads of convscope, too.

    Example:
        >>> processor_count() >= 1
        True
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(available, cgroup_quota(Path("/")) or available)


@cache
def cgroup_quota(root: Path) -> int | None:
    """Return the processor limit of this process's control groups, rounded up; None if unlimited.

    Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu (`cpu.max`: quota and period in
    microseconds); https://docs.kernel.org/scheduler/sched-bwc.html (version 1: `cpu.cfs_quota_us` and
    `cpu.cfs_period_us`).

    Args:
        root: The folder of proc and sys.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text("ascii", "replace").splitlines()
    except OSError:  # not Linux
        return None
    limits: list[float] = []
    for line in lines:
        _, controllers, group = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / controllers
        # groups are nested, and each limits those inside. In a container the path may be the host's, of which
        # only the innermost group is mounted, as the mount point itself
        path = Path(group.lstrip("/"))
        for folder in (mount / path, *(mount / parent for parent in path.parents)):
            limits += _limits(folder)
    return max(1, math.ceil(min(limits))) if limits else None


def _limits(folder: Path) -> list[float]:
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join((folder / name).read_text("ascii") for name in names).split()
            if int(quota) > 0 and int(period) > 0:  # -1 is unlimited in version 1
                return [int(quota) / int(period)]
        except (OSError, ValueError):  # no such file, or `max`, which means unlimited in version 2
            continue
    return []
