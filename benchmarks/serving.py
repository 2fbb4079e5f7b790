"""Requests per second and latency of `convscope serve`, compared with a plain FastAPI and PyTorch handler.

Both serve the same network. Each client sends one picture as a form, waits for the response and sends the
next over the same connection. The clients are one process on the same machine, which affects both services
alike. The services take turns; the table gives the median requests per second, the latencies over all turns,
and the median processor time per request, of the service and of the clients, which other work on the machine
hardly affects. The class in every response is compared with the prediction in Python. Run it with

    pip install .
    python benchmarks/serving.py

It writes docs/benchmarks/serving.md and .json.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from contenders.predictors import noise_model
from convscope.classifier import load
from convscope.model.file import save
from convscope.network.notation import parse_shape
from machine import describe, sentence
from process_tree import processor_seconds

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "benchmarks"
NETWORK, SHAPE = "32C3-MP2-64C3-MP2-128N", "3x32x32"
CLIENTS = (1, 8, 64)
PICTURES = 64
PERCENTILES = (50, 95, 99)
COLUMNS = (
    "clients",
    "service",
    "requests per second",
    *(f"p{share}, ms" for share in PERCENTILES),
    "CPU ms per request",
    "CPU ms of the clients",
    "responses",
    "wrong",
)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="Of one turn.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=DOCS / "serving")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": describe(), "network": NETWORK, "shape": SHAPE, **vars(arguments)}
    del report["output"]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        model = Path(folder) / "noise.safetensors"
        save(noise_model(NETWORK, parse_shape(SHAPE)), model)
        pictures = [photo(seed) for seed in range(PICTURES)]
        right = [one.label for one in load(model).predict(pictures)]
        services = started(model, stack)
        report["results"] = measure(services, pictures, right, arguments)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def photo(seed: int) -> bytes:
    """Make a JPEG of 32x32 pixels with some structure."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((32, 32)).save(buffer, "JPEG")
    return buffer.getvalue()


class Started(NamedTuple):
    """A running service: its process, and the port and path where it predicts."""

    pid: int
    port: int
    path: str


def started(model: Path, stack: ExitStack) -> dict[str, Started]:
    """Start both services; return each once it listens."""
    commands = {
        "convscope serve": (
            ["-m", "convscope", "serve", str(model), "--port"],
            "/models/noise/predict?top=1",
        ),
        "plain FastAPI + PyTorch": ([str(HERE / "contenders" / "plain_service.py"), str(model)], "/predict"),
    }
    found: dict[str, Started] = {}
    for name, (command, path) in commands.items():
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, *command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        wait_for(port)
        found[name] = Started(process.pid, port, path)
    return found


def free_port() -> int:
    """Find a free port."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until something listens."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return


def measure(
    services: dict[str, Started],
    pictures: list[bytes],
    right: list[str],
    arguments: argparse.Namespace,
) -> dict[str, dict[str, dict[str, float]]]:
    """Let the services take turns with each number of clients."""
    results: dict[str, dict[str, dict[str, float]]] = {}
    for clients in CLIENTS:
        turns: dict[str, list[Turn]] = {name: [] for name in services}
        for number in range(arguments.rounds + 1):
            for name, service in services.items():
                turn = Turn(service, pictures, right)
                asyncio.run(turn.run(clients, arguments.seconds))
                if number:  # the first turn is a warm-up
                    turns[name].append(turn)
        results[str(clients)] = {name: summary(found) for name, found in turns.items()}
        print(clients, results[str(clients)], flush=True)
    return results


class Turn:
    """Some clients send requests to one service for some seconds.

    Attributes:
        seconds: Duration of each answer.
        wrong: Number of answers that were not 200, or had a different class than the prediction in Python.
        rate: Answers per second.
        service_seconds: Processor time of the service per answer.
        client_seconds: Processor time of the clients per answer.
    """

    def __init__(self, service: Started, pictures: list[bytes], right: list[str]) -> None:
        self.seconds: list[float] = []
        self.wrong = 0
        self.rate = self.service_seconds = self.client_seconds = 0.0
        self._service = service
        self._requests = [request(service.path, one) for one in pictures]
        self._marks = [json.dumps(label).encode() for label in right]

    async def run(self, clients: int, seconds: float) -> None:
        """Send the requests."""
        start, spent = time.perf_counter(), self._spent()
        await asyncio.gather(*(self._ask(client, start + seconds) for client in range(clients)))
        self.rate = len(self.seconds) / (time.perf_counter() - start)
        self.service_seconds, self.client_seconds = (self._spent() - spent) / len(self.seconds)

    def _spent(self) -> np.ndarray:
        return np.array([processor_seconds(pid) for pid in (self._service.pid, os.getpid())])

    async def _ask(self, place: int, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._service.port)
        while (start := time.perf_counter()) < end:
            place = (place + 1) % len(self._requests)
            writer.write(self._requests[place])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            self.seconds.append(time.perf_counter() - start)
            self.wrong += not head.startswith(b"HTTP/1.1 200") or self._marks[place] not in body
        writer.close()


def request(path: str, picture: bytes) -> bytes:
    """Write a request that sends one picture as a form."""
    body = (
        b'--frontier\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--frontier--\r\n"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=frontier\r\n\r\n"
    )
    return head.encode() + body


def summary(turns: list[Turn]) -> dict[str, float]:
    """Combine the turns of one service; latencies in milliseconds."""
    seconds = np.concatenate([turn.seconds for turn in turns])
    latencies = {f"p{share}_ms": float(np.percentile(seconds, share)) * 1e3 for share in PERCENTILES}
    return {
        "requests_per_second": statistics.median(turn.rate for turn in turns),
        **latencies,
        "service_ms": float(np.median([turn.service_seconds for turn in turns])) * 1e3,
        "client_ms": float(np.median([turn.client_seconds for turn in turns])) * 1e3,
        "answers": len(seconds),
        "wrong": sum(turn.wrong for turn in turns),
    }


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine = report["machine"]
    lines = [
        "# Throughput and latency of the service",
        "",
        "Written by `benchmarks/serving.py`, which describes the method:",
        f"{report['rounds']} turns of {report['seconds']:g} seconds. Network `{NETWORK}` on {SHAPE},",
        "JPEGs of 32x32 pixels as forms; the clients run on the same machine.",
        sentence(machine),
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
    ]
    for clients, services in report["results"].items():
        for name, found in services.items():
            latencies = " | ".join(f"{found[f'p{share}_ms']:.1f}" for share in PERCENTILES)
            lines.append(
                f"| {clients} | {name} | {found['requests_per_second']:,.0f} | {latencies} "
                f"| {found['service_ms']:.2f} | {found['client_ms']:.2f} "
                f"| {found['answers']:,.0f} | {found['wrong']:,.0f} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
