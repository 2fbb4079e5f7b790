"""How many pictures a second a training step takes: convscope beside its peers, same networks, same batches.

A step is forward, loss, backward and the change of the weights, on pictures that lie in memory. convscope's
is the one it trains with, normalisation, Muon and averaging of weights included; that of the others is the
plain chain with stochastic gradient descent and momentum, which is less work. So there is a second line for
convscope, whose weights change as those of the others do, normalisation still included. Given is the median
over the rounds (`turns.py`). Run it with

    pip install . tensorflow-cpu keras jax        # the table names those that are missing
    python benchmarks/training_step.py

It writes docs/benchmarks/training_step.md and .json.
"""

from __future__ import annotations

import argparse
import json
import statistics
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
CONTENDERS = {
    "convscope": Entry("convscope_steps"),
    "convscope, gradient descent": Entry("convscope_steps", "descent"),
    "PyTorch": Entry("torch_steps", "plain"),
    "PyTorch, float32, channels-last": Entry("torch_steps", "fp32"),
    "PyTorch, float32, channels-last, compiled": Entry("torch_steps", "fp32 compiled"),
    "PyTorch, bfloat16, channels-last": Entry("torch_steps", "bf16"),
    "PyTorch, bfloat16, channels-last, compiled": Entry("torch_steps", "bf16 compiled"),
    "Keras on TensorFlow": Entry("keras_steps", "", {"KERAS_BACKEND": "tensorflow"}),
    "Keras on TensorFlow, mixed_bfloat16": Entry("keras_steps", "mixed", {"KERAS_BACKEND": "tensorflow"}),
    "Keras on JAX": Entry("keras_steps", "", {"KERAS_BACKEND": "jax"}),
}
PRODUCTS = {f"{kind} matrix product": Entry("matrix_product", kind) for kind in ("bf16", "fp32")}
"""Products of 2048x2048 matrices: what the machine can do."""
OPERATIONS_OF_PRODUCT = 2 * 2048**3


def main() -> None:
    """Measure every network and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), metavar="R1 R2 R3 R4")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", type=Path, default=DOCS / "training_step")
    arguments = parser.parse_args()
    results = {name: measure(name, arguments.rounds) for name in arguments.networks}
    report = {"machine": describe(), "batch": BATCH, "rounds": arguments.rounds, "networks": results}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def measure(network: str, rounds: int) -> dict[str, Any]:
    """Let all contenders take turns on one network."""
    notation, shape = NETWORKS[network]
    found = rates(CONTENDERS | PRODUCTS, notation, shape, BATCH, rounds)
    medians = {name: statistics.median(turns) for name, turns in found.items()}
    print(network, {name: round(rate) for name, rate in medians.items()}, flush=True)
    return {
        "notation": notation,
        "input": shape,
        "pictures_per_second": medians,
        "lowest_and_highest": {name: [min(turns), max(turns)] for name, turns in found.items()},
        "operations_per_picture": operations(notation, shape),
    }


def operations(network: str, shape: str) -> int:
    """Count the multiplications and additions of one picture's step.

    Forward, gradient at the weights and gradient at the input are the same work each; the first layer needs
    none at its input.
    """
    costs = [
        step.multiply_adds for step in parse_chain(network, parse_shape(shape), 10) if step.multiply_adds
    ]
    return 6 * sum(costs) - 2 * costs[0]


def table(report: dict[str, Any]) -> str:
    """Lay the results out as Markdown."""
    machine, networks = report["machine"], report["networks"]
    heads = [f"{key} `{one['notation']}`, {one['input']}" for key, one in networks.items()]
    lines = [
        "# Training throughput",
        "",
        "Written by `benchmarks/training_step.py`, which describes the method. Median of",
        f"{report['rounds']} rounds in pictures per second, batch size {report['batch']}; in brackets how",
        "much faster convscope is.",
        "",
        sentence(machine),
        "",
        f"| | {' | '.join(heads)} |",
        f"|{'---|' * (len(networks) + 1)}",
        *(f"| {name} | {' | '.join(cell(one, name) for one in networks.values())} |" for name in CONTENDERS),
        *(
            f"| share of the {name} | {' | '.join(share(one, name) for one in networks.values())} |"
            for name in PRODUCTS
        ),
    ]
    return "\n".join(lines) + "\n"


def cell(one: dict[str, Any], name: str) -> str:
    """Show a rate, and how much faster convscope is."""
    found = one["pictures_per_second"]
    if name not in found:
        return "not installed, or failed"
    faster = "" if name == "convscope" else f" ({found['convscope'] / found[name]:.2f}x)"
    return f"{found[name]:,.0f}{faster}"


def share(one: dict[str, Any], product: str) -> str:
    """Show what part of the machine's rate convscope's step reaches."""
    found = one["pictures_per_second"]
    machine_rate = found[product] / BATCH * OPERATIONS_OF_PRODUCT
    reached = found["convscope"] * one["operations_per_picture"]
    return f"{reached / machine_rate:.0%} of {machine_rate / 1e9:,.0f} GFLOP/s"


if __name__ == "__main__":
    main()
