"""Endurance test of `convscope serve`: no lost or wrong response in many requests, a model swap and overload.

Clients send one request after the other, with one picture each. When half of the requests are answered, the
model file is replaced by another, and a crowd of further clients sends one request each, all at once: more
than the service queues. The test counts events that must not happen:

    lost      a request without a response, or with one that is neither 200 nor a refusal with a time to
              retry (429 if there is too much to do, 503 if it waited for too long)
    wrong     200 with probabilities that neither the old nor the new model gives for that picture in Python
    backward  a response of the old model to a request that was sent after the new one had responded

Refused clients retry after the given time until they are served. Run it with

    pip install .
    python benchmarks/soak.py

It writes docs/benchmarks/soak.md and .json, and exits with 1 if any of the three counts is not 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from contenders.predictors import noise_model
from convscope.classifier import load
from convscope.model.file import save
from convscope.network.notation import parse_shape
from machine import describe, sentence
from serving import DOCS, NETWORK, PICTURES, SHAPE, free_port, photo, request, wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PATH = "/models/model/predict?top=99"
MOST_NOTES = 10
CLOSE = 1e-5
"""Tolerance of a probability: batches of different sizes are summed in a different order."""


@dataclass
class Counts:
    """The counted events.

    Attributes:
        answered: Answered requests, by model: the old one, the new one.
        refused: Answers that requested a retry.
        lost: See above; likewise `wrong` and `backward`.
        notes: The first few failures.
    """

    answered: list[int] = field(default_factory=lambda: [0, 0])
    refused: int = 0
    lost: int = 0
    wrong: int = 0
    backward: int = 0
    notes: list[str] = field(default_factory=list)


def main() -> None:
    """Run the test and write the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--crowd", type=int, default=1_000, help="Clients that ask at the same time.")
    parser.add_argument("--output", type=Path, default=DOCS / "soak")
    arguments = parser.parse_args()
    pictures = [photo(seed) for seed in range(PICTURES)]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        models = [Path(folder) / name for name in ("model.safetensors", "next.safetensors")]
        model = noise_model(NETWORK, parse_shape(SHAPE))
        for path, temperature in zip(models, (1.0, 0.2), strict=True):
            save(replace(model, temperature=temperature), path)
        expected = np.stack([load(path).predict_proba(pictures) for path in models])
        soak = Soak(started(models[0], stack), pictures, model.classes, expected)
        start = time.perf_counter()
        asyncio.run(soak.run(arguments, models))
        seconds = time.perf_counter() - start
    report = {
        "machine": describe(),
        "requests": arguments.requests,
        "clients": arguments.clients,
        "crowd": arguments.crowd,
        "seconds": seconds,
        **asdict(soak.counts),
    }
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(text(report))
    print(text(report))
    sys.exit(bool(soak.counts.lost or soak.counts.wrong or soak.counts.backward))


def started(model: Path, stack: ExitStack) -> int:
    """Start the service; return its port once it listens."""
    port = free_port()
    command = [sys.executable, "-m", "convscope", "serve", f"model={model}", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    wait_for(port)
    return port


class Soak:
    """Clients of one service, and their counts.

    Args:
        port: Port of the service.
        pictures: The pictures to send.
        classes: Class names, in the order of the probabilities.
        expected: (2, pictures, classes), probabilities in Python from the old and the new model.
    """

    def __init__(
        self, port: int, pictures: list[bytes], classes: tuple[str, ...], expected: np.ndarray
    ) -> None:
        self.counts = Counts()
        self._port = port
        self._requests = [request(PATH, one) for one in pictures]
        self._classes = classes
        self._expected = expected
        self._left = 0

    async def run(self, arguments: argparse.Namespace, models: list[Path]) -> None:
        """Send requests, swap the model and send the crowd in the middle, then continue."""
        self._left = arguments.requests
        clients = [asyncio.create_task(self._client()) for _ in range(arguments.clients)]
        while self._left > arguments.requests // 2:
            await asyncio.sleep(0.01)
        models[1].replace(models[0])
        crowd = [asyncio.create_task(self._client_of_one(place)) for place in range(arguments.crowd)]
        await asyncio.gather(*clients, *crowd)

    async def _client(self) -> None:
        while self._left > 0:
            async with self._connected() as connection:
                is_open = True
                while is_open and self._left > 0:
                    self._left -= 1
                    is_open = await self._until_answered(self._left % len(self._requests), connection)

    async def _client_of_one(self, place: int) -> None:
        async with self._connected() as connection:
            await self._until_answered(place % len(self._requests), connection)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Connection]:
        """Connect; a connection that ends too early is a lost answer."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            yield reader, writer
            writer.close()
        except (OSError, EOFError) as error:
            self.counts.lost += 1
            self._note(repr(error))

    async def _until_answered(self, place: int, connection: Connection) -> bool:
        """Send a request; retry if requested, and reconnect if the service announces to close the connection.

        Returns:
            Whether the connection is still open.
        """
        reader, writer = connection
        while True:
            new_answered = self.counts.answered[1] > 0
            writer.write(self._requests[place])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(int(header(head, b"content-length")))
            wait = header(head, b"retry-after")
            if not wait or not head.startswith((b"http/1.1 429 ", b"http/1.1 503 ")):
                break
            self.counts.refused += 1
            await asyncio.sleep(int(wait))
            if header(head, b"connection") == b"close":
                async with self._connected() as another:
                    await self._until_answered(place, another)
                return False
        if head.startswith(b"http/1.1 200 "):
            self._check(place, json.loads(body), new_answered=new_answered)
        else:
            self.counts.lost += 1
            self._note(head.partition(b"\r\n")[0].decode("latin-1"))
        return True

    def _check(self, place: int, answer: dict[str, Any], *, new_answered: bool) -> None:
        guesses = {one["class"]: one["probability"] for one in answer["predictions"][0]["classes"]}
        found = np.array([guesses[name] for name in self._classes])
        differences = np.abs(self._expected[:, place] - found).max(axis=1)
        model = int(differences.argmin())
        if differences[model] > CLOSE:
            self.counts.wrong += 1
            self._note(f"picture {place} is {differences[model]:.1e} off")
            return
        self.counts.answered[model] += 1
        self.counts.backward += new_answered and model == 0

    def _note(self, text: str) -> None:
        if len(self.counts.notes) < MOST_NOTES:
            self.counts.notes.append(text)


def header(head: bytes, name: bytes) -> bytes:
    """Return a header's value from the head of a response; empty if it is missing."""
    return head.partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0]


def text(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine = report["machine"]
    counts = [*report["answered"], *(report[name] for name in ("refused", "lost", "wrong", "backward"))]
    return f"""# Endurance test of the service

Written by `benchmarks/soak.py`, which describes the test: {report["requests"]:,} requests of
{report["clients"]} clients and {report["crowd"]:,} in the crowd, in {report["seconds"]:.0f} s.
{sentence(machine)}

| responses of the old model | of the new | asked to retry | lost | wrong | backward |
|---|---|---|---|---|---|
| {" | ".join(f"{count:,}" for count in counts)} |
"""


if __name__ == "__main__":
    main()
