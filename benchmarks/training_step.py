"""Training throughput in pictures per second: convscope and its peers, with the same networks and batches.

A step is forward pass, loss, backward pass and update, on pictures in memory. convscope's step is that of its
training, including normalisation, Muon and averaging of weights; the others train the plain chain with
stochastic gradient descent and momentum, which is less work. So there is a second line for convscope with the
same update as the others, but with normalisation. The table gives the median over the rounds (`turns.py`).
Run it with

    pip install . tensorflow-cpu keras jax        # the table names those that are missing
    python benchmarks/training_step.py

It writes docs/benchmarks/training_step.md and .json. Networks can be measured one after another: earlier
measurements on the same machine stay in the table. With

    --precision fp32 --output docs/benchmarks/training_step_float32

everything is computed in float32, as on processors without fast bfloat16. With
    --laptop --output docs/benchmarks/training_step_avx2

PyTorch, oneDNN and Numba may not use AVX-512 either, as in most laptops (`LAPTOP` below).
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from convscope.network.chain_builder import parse_chain
from convscope.network.notation import parse_shape
from machine import describe, sentence
from turns import Entry, rates

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
NETWORKS = {
    "R1": ("32C3-MP2-64C3-MP2-128N", "1x28x28"),
    "R2": ("32C3-MP2-64C3-MP2-128N", "3x32x32"),
    "R3": ("32C3-MP2-32C3-MP2-128N", "3x64x64"),
    "R4": ("64C3-MP2-128C3-MP2-256C3-MP2-256N", "3x32x32"),
}
BATCH = 128
TUNED = {
    "PyTorch, float32, channels-last": "fp32",
    "PyTorch, float32, channels-last, compiled": "fp32 compiled",
    "PyTorch, bfloat16, channels-last": "bf16",
    "PyTorch, bfloat16, channels-last, compiled": "bf16 compiled",
}
"""PyTorch with a few more lines than in its tutorial."""
CONTENDERS = {
    "convscope": Entry("convscope_steps"),
    "convscope, gradient descent": Entry("convscope_steps", "descent"),
    "PyTorch": Entry("torch_steps", "plain"),
    **{name: Entry("torch_steps", variant) for name, variant in TUNED.items()},
    "Keras on TensorFlow": Entry("keras_steps", "", {"KERAS_BACKEND": "tensorflow"}),
    "Keras on TensorFlow, mixed_bfloat16": Entry("keras_steps", "mixed", {"KERAS_BACKEND": "tensorflow"}),
    "Keras on JAX": Entry("keras_steps", "", {"KERAS_BACKEND": "jax"}),
}
PRODUCTS = {f"{kind} matrix product": Entry("matrix_product", kind) for kind in ("bf16", "fp32")}
"""Products of 2048x2048 matrices: the speed of the machine."""
LAPTOP = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx2,+avx,+fma,+bmi,+bmi2,+sse4.2,+popcnt,+lzcnt,+f16c",
}
"""Simulates a processor with only AVX2; it does not limit Keras's backends, which are left out."""
OURS = [name for name, entry in CONTENDERS.items() if entry.module == "convscope_steps"]
OPERATIONS_OF_PRODUCT = 2 * 2048**3


def main() -> None:
    """Measure every network and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), metavar="R1 R2 R3 R4")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--precision", choices=["auto", "fp32"], default="auto")
    parser.add_argument(
        "--laptop", action="store_true", help="with the instructions of AVX2 alone, in float32"
    )
    parser.add_argument("--output", type=Path, default=DOCS / "training_step")
    arguments = parser.parse_args()
    precision = "fp32" if arguments.laptop else arguments.precision
    conditions = {"machine": describe(), "batch": BATCH, "precision": precision, "laptop": arguments.laptop}
    file = arguments.output.with_suffix(".json")
    before = json.loads(file.read_text()) if file.exists() else {}
    results = before["networks"] if all(before.get(name) == one for name, one in conditions.items()) else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    for name in arguments.networks:
        results[name] = measure(name, arguments.rounds, entries(precision, laptop=arguments.laptop))
        report = {**conditions, "networks": {key: results[key] for key in NETWORKS if key in results}}
        file.write_text(json.dumps(report, indent=2) + "\n")
        file.with_suffix(".md").write_text(table(report))


def entries(precision: str, *, laptop: bool) -> dict[str, Entry]:
    """Return the contenders: in float32, those that compute in bfloat16 are left out."""
    everybody = CONTENDERS | PRODUCTS
    if precision != "fp32":
        return everybody
    alike = {name: entry for name, entry in everybody.items() if "bf" not in name}
    if not laptop:
        return {name: _in_float32(entry) for name, entry in alike.items()}
    return {
        name: replace(_in_float32(entry), environment=LAPTOP)
        for name, entry in alike.items()
        if entry.module != "keras_steps"
    }


def _in_float32(entry: Entry) -> Entry:
    is_ours = entry.module == "convscope_steps"
    return replace(entry, variant=f"fp32 {entry.variant}".strip()) if is_ours else entry


def measure(network: str, rounds: int, taking_part: dict[str, Entry]) -> dict[str, Any]:
    """Let all contenders take turns on one network."""
    notation, shape = NETWORKS[network]
    found = rates(taking_part, notation, shape, BATCH, rounds)
    medians = {name: statistics.median(turns) for name, turns in found.items()}
    print(network, {name: round(rate) for name, rate in medians.items()}, flush=True)
    return {
        "notation": notation,
        "input": shape,
        "rounds": rounds,
        "pictures_per_second": medians,
        "lowest_and_highest": {name: [min(turns), max(turns)] for name, turns in found.items()},
        "operations_per_picture": operations(notation, shape),
    }


def operations(network: str, shape: str) -> int:
    """Count the multiplications and additions of one picture's step.

    Forward pass, gradient at the weights and gradient at the input take the same work each; the first layer
    needs no gradient at its input.
    """
    costs = [
        step.multiply_adds for step in parse_chain(network, parse_shape(shape), 10) if step.multiply_adds
    ]
    return 6 * sum(costs) - 2 * costs[0]


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine, networks = report["machine"], report["networks"]
    heads = [f"{key} `{one['notation']}`, {one['input']}" for key, one in networks.items()]
    names = [name for name in CONTENDERS if name in entries(report["precision"], laptop=report["laptop"])]
    rounds = sorted({one["rounds"] for one in networks.values()})
    lines = [
        f"# Training throughput{_kind(report)}",
        "",
        "Written by `benchmarks/training_step.py`, which describes the method. Median of",
        f"{' or '.join(map(str, rounds))} rounds in pictures per second, batch size {report['batch']};",
        "in parentheses, the speedup of convscope. The last rows compare convscope with the fastest peer.",
        "",
        sentence(machine),
        "",
        f"| | {' | '.join(heads)} |",
        f"|{'---|' * (len(networks) + 1)}",
        *(f"| {name} | {' | '.join(cell(one, name) for one in networks.values())} |" for name in names),
        f"| fastest peer | {' | '.join(map(fastest_peer, networks.values()))} |",
        *(
            f"| {name}, times the fastest peer | {' | '.join(lead(one, name) for one in networks.values())} |"
            for name in OURS
        ),
        *(
            f"| share of the {name} | {' | '.join(share(one, name) for one in networks.values())} |"
            for name in PRODUCTS
            if all(name in one["pictures_per_second"] for one in networks.values())
        ),
    ]
    return "\n".join(lines) + "\n"


def _kind(report: dict[str, Any]) -> str:
    if report["laptop"]:
        return ", in float32 with AVX2 alone"
    return ", in float32" if report["precision"] == "fp32" else ""


def fastest_peer(one: dict[str, Any]) -> str:
    """Return the fastest contender other than convscope."""
    found = one["pictures_per_second"]
    return max((name for name in CONTENDERS if name in found and name not in OURS), key=found.__getitem__)


def lead(one: dict[str, Any], name: str) -> str:
    """Format how much faster one of ours is than the fastest peer."""
    found = one["pictures_per_second"]
    return f"{found[name] / found[fastest_peer(one)]:.2f}x"


def cell(one: dict[str, Any], name: str) -> str:
    """Format a rate, and how much faster convscope is."""
    found = one["pictures_per_second"]
    if name not in found:
        return "not installed, or failed"
    faster = "" if name == "convscope" else f" ({found['convscope'] / found[name]:.2f}x)"
    return f"{found[name]:,.0f}{faster}"


def share(one: dict[str, Any], product: str) -> str:
    """Format the share of the machine's rate that convscope's step reaches."""
    found = one["pictures_per_second"]
    machine_rate = found[product] / BATCH * OPERATIONS_OF_PRODUCT
    reached = found["convscope"] * one["operations_per_picture"]
    return f"{reached / machine_rate:.0%} of {machine_rate / 1e9:,.0f} GFLOP/s"


if __name__ == "__main__":
    main()
