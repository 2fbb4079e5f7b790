"""Scaling of training over several processes: time and bytes per step, compared with the ideal.

1, 2 and 4 processes on this machine, with one thread each, share the same batches of random pictures; another
run has one process with 2 threads. A step includes making the batch, forward and backward pass, communication
and update. The table gives the median over the steps after the first ones, and the processor time of all
processes, which other work on the machine hardly affects. The ideal is the time of one process divided by the
number of threads, but by no more than the number of cores. Bytes are counted on the loopback device, TCP
headers included, so nothing else should use it; they are compared with the formula in
docs/reference/distributed.md.

For 8 to 512 nodes the time is modelled with the same formula, an assumed network (--latency, --bandwidth),
and the measured time of one process for its share of the batch: interpolated linearly between several shares,
and proportional beyond the largest. Two plans are compared: a fixed total batch, and a fixed share per node.

    python benchmarks/distributed.py

It writes docs/benchmarks/distributed.md and .json.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from convscope.network.blocks import NormalisedActivation
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.split import Split
from convscope.pictures.store_building import build_store
from convscope.training.data.training_data import training_data
from convscope.training.distributed import run_together
from convscope.training.group import process_group
from convscope.training.learning.loop import Training
from convscope.training.machine.machine import Machine
from convscope.training.recipe import resolve
from convscope.training.settings import Settings
from machine import describe, sentence

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
NETWORK = "24C2-64C3-MP2-256C3-MP2-256C3-MP2"
PLANS = ((1, 1), (1, 2), (2, 1), (4, 1))  # processes, threads of each
SHARES = (8, 32, 128)  # shares of a batch, in addition to all of it, measured in a single process
NODES = (8, 16, 32, 64, 128, 256, 512)
WARM_UP = 5
SMALL_MESSAGES = 3  # of a step: gradients, metrics, stop request


def main() -> None:
    """Measure, compute the model, and write the table; or take part as one of the processes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--latency", type=float, default=30e-6, help="seconds a turn between two nodes")
    parser.add_argument("--bandwidth", type=float, default=1.25e9, help="bytes a second of a node")
    parser.add_argument("--output", type=Path, default=DOCS / "distributed")
    parser.add_argument("--member", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.member:
        take_part(given.batch, given.steps, given.member)
        return
    measured = [run(*plan, given.batch, given.steps) for plan in PLANS]
    alone = {share: run(1, 1, share, given.steps)["seconds_per_step"] for share in SHARES}
    alone[given.batch] = measured[0]["seconds_per_step"]
    report = {
        "machine": describe(),
        "network": NETWORK,
        "batch": given.batch,
        "assumed": {"latency_seconds": given.latency, "bytes_per_second": given.bandwidth},
        "measured": measured,
        **model(measured[0], alone, given),
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    given.output.with_suffix(".md").write_text(table(report))


def run(size: int, threads: int, batch: int, steps: int) -> dict[str, float]:
    """Train together in several processes; return the measurements."""
    with tempfile.TemporaryDirectory() as folder:
        member = [sys.executable, __file__, "--member", folder, "--batch", str(batch), "--steps", str(steps)]
        run_together(member, size, threads)
        members = [json.loads(path.read_text()) for path in sorted(Path(folder).iterdir())]
    used = sum(one.pop("processor_seconds_per_step") for one in members)
    found = {"processes": size, "threads": threads, **members[0], "processor_seconds_per_step": used}
    print(batch, found, flush=True)
    return found


def take_part(batch: int, steps: int, answers: Path) -> None:
    """Train for some steps as one of the processes, and write the measurements to answers/RANK."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, ((steps + WARM_UP) * batch, 32, 32, 3), np.uint8)
    ends: list[float] = []
    used: list[float] = []
    sent: list[int] = []
    with process_group() as group, tempfile.TemporaryDirectory() as folder:
        labels = np.arange(len(pictures)) % 10
        store = build_store(open_arrays(pictures, labels), Preparation(3, 32, 32), folder=Path(folder))
        none = np.zeros(0, np.int64)
        data = training_data(store, Split(np.arange(len(pictures)), none, none, ()))
        said = Settings(
            network=NETWORK,
            epochs=1,
            batch_size=batch,
            progressive=False,
            flip=False,
            precision="fp32",
        )
        training = Training(data, resolve(said, data.statistics, Machine()), group)
        training.synchronise()

        def note() -> None:
            ends.append(time.perf_counter())
            used.append(processor_seconds())
            sent.append(loopback_bytes())

        training.run(save=note)
        network = training.network
        channels = [len(one.shift) for one in network.modules() if isinstance(one, NormalisedActivation)]
        weights = sum(tensor.numel() for tensor in network.parameters())
        ring = 2 * (group.rank.size - 1) / group.rank.size
        measured = {
            "seconds_per_step": statistics.median(np.diff(ends[WARM_UP:-1])),
            "processor_seconds_per_step": statistics.median(np.diff(used[WARM_UP:-1])),
            "bytes_per_step_and_process": float(np.median(np.diff(sent[WARM_UP:-1]))) / group.rank.size,
            "bytes_by_the_formula": ring * (4 * weights + 32 * sum(channels) + 8 * len(channels) + 32),
            "weights": weights,
            "normalisations": len(channels),
        }
        (answers / str(group.rank.number)).write_text(json.dumps(measured))


def processor_seconds() -> float:
    """Return the processor time of this process, over all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def loopback_bytes() -> int:
    """Count the bytes that the loopback device has sent."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    return next(int(line.split(":")[1].split()[8]) for line in lines if line.strip().startswith("lo:"))


def model(whole: dict[str, float], alone: dict[int, float], given: argparse.Namespace) -> dict[str, Any]:
    """Compute the modelled time of a step for many nodes.

    Args:
        whole: The measurements of one process.
        alone: The seconds of its step, by the pictures in it, ascending.
        given: The batch and the assumed network.
    """
    messages = 2 * whole["normalisations"] + SMALL_MESSAGES
    size = 4 * whole["weights"]

    def seconds(nodes: int, share: float) -> float:
        turns = 2 * (nodes - 1)
        sending = turns / nodes * size / given.bandwidth
        computing = np.interp(share, list(alone), list(alone.values())) * max(1, share / max(alone))
        return float(computing) + messages * turns * given.latency + sending

    largest = max(NODES) * min(SHARES)
    return {
        "seconds_alone": alone,
        "same_batch": {"batch": largest, "seconds": {n: seconds(n, largest / n) for n in NODES}},
        "same_share": {"share": given.batch, "seconds": {n: seconds(n, given.batch) for n in NODES}},
    }


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine, measured, assumed = report["machine"], report["measured"], report["assumed"]
    alone, threaded, pair = (one["seconds_per_step"] for one in measured[:3])
    same_batch, same_share = report["same_batch"], report["same_share"]
    alone_by_share = ", ".join(
        f"{share} in {1000 * seconds:.1f}" for share, seconds in report["seconds_alone"].items()
    )
    largest, share = same_batch["batch"], same_share["share"]
    lines = [
        "# Training with several processes",
        "",
        "Written by `benchmarks/distributed.py`, which describes the method.",
        sentence(machine),
        f"Network `{report['network']}`, batch {report['batch']}, float32.",
        "",
        "| processes x threads | ms per step | ideal ms | CPU ms | bytes sent per process | by the formula |",
        "|---|---|---|---|---|---|",
        *(
            f"| {one['processes']} x {one['threads']} | {1000 * one['seconds_per_step']:.1f} "
            f"| {1000 * alone / min(machine['cores'], one['processes'] * one['threads']):.1f} "
            f"| {1000 * one['processor_seconds_per_step']:.1f} "
            f"| {one['bytes_per_step_and_process']:,.0f} | {one['bytes_by_the_formula']:,.0f} |"
            for one in measured
        ),
        "",
        f"Two processes take {pair / threaded:.2f} times as long as one process with two threads.",
        "",
        "## Many nodes, by the formula",
        "",
        f"Measured here: the step of a lone process, pictures in ms: {alone_by_share}.",
        f"Assumed: {1e6 * assumed['latency_seconds']:.0f} µs a turn, {assumed['bytes_per_second']:.3g} bytes",
        "a second, one process of one thread a node, no waiting for slower nodes, gloo's ring, nothing",
        "overlapped.",
        "",
        f"| nodes | ms, batch {largest:,} | pictures/s | ms, {share} per node | pictures/s |",
        "|---|---|---|---|---|",
        *(
            f"| {nodes} | {1000 * same_batch['seconds'][nodes]:.1f} "
            f"| {same_batch['batch'] / same_batch['seconds'][nodes]:,.0f} "
            f"| {1000 * same_share['seconds'][nodes]:.1f} "
            f"| {nodes * same_share['share'] / same_share['seconds'][nodes]:,.0f} |"
            for nodes in NODES
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
