"""With read-only package and home, Numba and Matplotlib work without messages, and cache what they can."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import convscope

SCRIPT = """
import sys
import convscope.common.palette
import matplotlib.pyplot
from convscope.network import kernels
from convscope.pictures import augmentation
assert sys.argv[1] in kernels.__file__, kernels.__file__
from numba.core import config
print(config.CACHE_DIR)
"""


@pytest.fixture
def read_only(tmp_path):
    """A read-only copy of the package and a read-only home, as in a container."""
    if os.geteuid() == 0 and shutil.which("unshare") is None:
        pytest.skip("nothing is read-only for root")
    package = tmp_path / "site" / "convscope"
    shutil.copytree(
        Path(convscope.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "web")
    )
    (tmp_path / "home").mkdir()
    return tmp_path


def run(folder, **environment):
    places = {"HOME": folder / "home", "XDG_CACHE_HOME": folder / "home" / "cache"}
    places |= {"PYTHONPATH": folder / "site", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    mounts = "".join(
        f"mount --bind {folder / name} {folder / name}; mount -o remount,ro,bind {folder / name}; "
        for name in ("site", "home")
    )
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    return subprocess.run(
        ["unshare", "-rm", "bash", "-euc", f'{mounts} exec "$@"', "bash", *command],
        env={**os.environ, **{name: str(value) for name, value in places.items()}},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_they_are_kept_in_convscope_s_cache_folder(read_only):
    done = run(read_only, CONVSCOPE_CACHE=read_only / "cache")
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no namespaces to mount in: {done.stderr}")
    assert (done.returncode, done.stdout) == (0, f"{read_only / 'cache' / 'numba'}\n"), done.stderr
    assert done.stderr == ""
    assert (read_only / "cache" / "matplotlib").is_dir()


@pytest.mark.slow
def test_without_any_folder_they_are_compiled_anew(read_only):
    done = run(read_only, CONVSCOPE_CACHE=read_only / "home" / "cache")
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no namespaces to mount in: {done.stderr}")
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
