"""`convscope train` on two hosts, one of which loses its power: three network namespaces, of which one is the
meeting place of the other two."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from convscope.model.file import load

from .torchrun import TORCHRUN, assert_same, finish, kill, training, unhurt, wait_until

EPOCHS = 3
# namespaces have global names, and parallel tests need their own
_PLACE = os.environ.get("PYTEST_XDIST_WORKER", "gw")
HOSTS = {f"cs-{_PLACE}-a": "10.217.43.1", f"cs-{_PLACE}-b": "10.217.43.2"}
MEETING_PLACE = f"cs-{_PLACE}-m", "10.217.43.9"
DEVICE = "cs0"
STORE = """
import threading
from torch.distributed import TCPStore
store = TCPStore("10.217.43.9", 29400, is_master=True, wait_for_workers=False)
threading.Event().wait()
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True)


@contextmanager
def machine(name, address):
    """A network namespace that resolves names from files, without waiting for a DNS server."""
    files = Path("/etc/netns", name)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)  # left by a killed test
    ip("netns", "add", name)
    try:
        files.mkdir(parents=True, exist_ok=True)
        (files / "nsswitch.conf").write_text("hosts: files\n")
        (files / "hosts").write_text(f"127.0.0.1 localhost\n{address} {socket.gethostname()}\n")
        ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        ip("netns", "delete", name)
        shutil.rmtree(files, ignore_errors=True)


@pytest.fixture
def plug():
    """Two hosts and a switch between them, their rendezvous; sets a host's cable up or down."""
    middle, address = MEETING_PLACE
    with ExitStack() as stack:
        try:
            stack.enter_context(machine(middle, address))
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"this system makes no network namespaces: {getattr(error, 'stderr', '') or error}")
        ip("-n", middle, "link", "add", DEVICE, "type", "bridge")
        ip("-n", middle, "address", "add", f"{address}/24", "dev", DEVICE)
        ip("-n", middle, "link", "set", DEVICE, "up")
        for name, address in HOSTS.items():
            stack.enter_context(machine(name, address))
            ip("link", "add", DEVICE, "netns", name, "type", "veth", "peer", "name", name, "netns", middle)
            ip("-n", name, "address", "add", f"{address}/24", "dev", DEVICE)
            ip("-n", name, "link", "set", DEVICE, "up")
            ip("-n", middle, "link", "set", name, "master", DEVICE, "up")
        yield lambda name, state: ip("-n", middle, "link", "set", name, state)


@pytest.fixture(scope="module")
def pictures(noisy_pets):
    return noisy_pets(300, 16)


@pytest.fixture(scope="module")
def whole(pictures, common_cache, make_once):
    return make_once("lost-hosts", lambda run: unhurt(pictures, run, EPOCHS, common_cache))


def torchrun_on(name, nodes, command):
    """The command line of torchrun on a host."""
    meeting = ["--nnodes", nodes, "--nproc-per-node", "1", "--max-restarts", "10", "--rdzv-backend", "c10d"]
    meeting += ["--rdzv-endpoint", f"{MEETING_PLACE[1]}:29400", "--rdzv-id", "pets"]
    # seconds to wait for an optional host, and a third of the time after which a silent one is lost
    meeting += ["--rdzv-conf", "last_call_timeout=6,keep_alive_interval=3"]
    return ["ip", "netns", "exec", name, *TORCHRUN, *meeting, "--local-addr", HOSTS[name], *command]


VARIABLES = {"GLOO_SOCKET_IFNAME": DEVICE, "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}


@pytest.fixture
def hurt(plug, pictures, start, tmp_path):
    """Starts a run on both hosts, and cuts the power of one of them after 20 steps."""
    run, hold = tmp_path / "two-hosts", tmp_path / "hold"

    def begin_and_lose(victim, nodes):
        start(["ip", "netns", "exec", MEETING_PLACE[0], sys.executable, "-c", STORE])
        command, variables = training(pictures, run, EPOCHS), {victim: {"HOLD": str(hold)}}
        begun = {
            name: start(torchrun_on(name, nodes, command), **VARIABLES, **variables.get(name, {}))
            for name in HOSTS
        }
        wait_until(hold.exists, begun[victim])
        plug(victim, "down")  # no process is notified of its end
        kill(begun.pop(victim))
        (survivor,) = begun.values()
        return run, survivor

    return begin_and_lose


@pytest.mark.parametrize("victim", HOSTS, ids=["first", "second"])
def test_a_run_goes_on_when_a_lost_host_comes_back(hurt, plug, start, pictures, whole, victim):
    run, survivor = hurt(victim, "2")
    plug(victim, "up")
    again = start(torchrun_on(victim, "2", training(pictures, run, EPOCHS)), **VARIABLES)
    outputs = finish(survivor), finish(again)
    assert sum(output.count("written") for output in outputs) == 1
    assert_same(run, whole)


@pytest.mark.parametrize("victim", HOSTS, ids=["first", "second"])
def test_the_other_host_goes_on_alone(hurt, whole, victim):
    """It takes whole batches from then on, so only the order of summation differs."""
    run, survivor = hurt(victim, "1:2")
    assert finish(survivor).count("written") == 1
    alone, together = (load(folder / "model.safetensors") for folder in (run, whole))
    assert alone.receipt["data_digest"] == together.receipt["data_digest"]
    assert (alone.receipt["processes"], together.receipt["processes"]) == ("2, 1", "2")
    for name, weights in together.weights.items():
        np.testing.assert_allclose(alone.weights[name], weights, rtol=0, atol=1e-2 * np.abs(weights).max())
