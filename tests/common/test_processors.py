import os

import pytest

from convscope.common import processors
from convscope.common.processors import cgroup_quota, processor_count


def test_the_environment_can_name_the_number(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert processor_count() == 3


@pytest.mark.parametrize("useless", ["", "0", "-2", "many"])
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not tell")
def test_otherwise_those_are_counted_that_this_process_may_use(monkeypatch, useless):
    monkeypatch.setenv("OMP_NUM_THREADS", useless)
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert processor_count() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert processor_count() == len(allowed)


@pytest.mark.parametrize(
    ("files", "processors"),
    [
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "10000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        ({}, None),
        (  # a systemd service: its slice has a tighter limit
            {
                "proc/self/cgroup": "0::/web.slice/convscope.service\n",
                "sys/fs/cgroup/web.slice/cpu.max": "300000 100000\n",
                "sys/fs/cgroup/web.slice/convscope.service/cpu.max": "400000 100000\n",
            },
            3,
        ),
        (  # version 1, seen from the host
            {
                "proc/self/cgroup": "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "400000\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            4,
        ),
        (  # version 1, inside the container: only its own group is mounted
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/docker/x\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            1,
        ),
        ({"proc/self/cgroup": "nonsense\n::\n", "sys/fs/cgroup/cpu.max": "a b c\n"}, None),
    ],
)
def test_the_quota_of_control_groups_counts(tmp_path, files, processors):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cgroup_quota(tmp_path) == processors


def test_a_quota_bounds_the_number_and_never_raises_it(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(processors, "cgroup_quota", lambda _: None)
    available = processor_count()
    for quota, expected in ((1, 1), (10_000, available)):
        monkeypatch.setattr(processors, "cgroup_quota", lambda _, quota=quota: quota)
        assert processor_count() == expected
