"""Fuzz everything that convscope reads, with damaged and malicious input.

`fuzzing/files.py`, `records.py`, `requests.py`, `damage.py` and `judgement.py` define the readers, the
damage, and what counts as a finding. Findings are stored in tests/fuzz/seeds/READER, and replayed by the
tests. Run

    nice python benchmarks/fuzz.py --inputs 1000000

It writes docs/benchmarks/fuzz.md and .json. The readers take turns; input number n of a seed is always the
same. They run in a separate process, so that a crash, or a hang of two minutes, is also a finding, and the
others continue.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import os
import random
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from convscope.common import cache_folder
from convscope.errors import ConvscopeError
from fuzzing import files, records, requests
from fuzzing.judgement import Judgement, Watch, judge, limit
from machine import describe, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from fuzzing.reader import Reader

SEEDS = Path(__file__).parent.parent / "tests" / "fuzz" / "seeds"
DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
READERS: dict[str, Callable[[Path], Reader]] = {
    "picture": files.picture,
    "zip": files.zip_,
    "tar": files.tar,
    "tar.gz": files.packed_tar,
    "tar shard": files.tar_shard,
    "parquet shard": files.parquet_shard,
    "idx": files.idx,
    "idx.gz": files.packed_idx,
    "csv": files.csv,
    "parquet": files.parquet,
    "notation": files.notation,
    "model": records.model,
    "checkpoint": records.checkpoint,
    "record": records.run_record,
    "list": records.picture_list,
    "store": records.store_record,
    "service picture": requests.service_picture,
    "service form": requests.service_form,
    "service JSON": requests.service_json,
    "service socket": requests.service_socket,
    "studio pictures": requests.studio_pictures,
    "studio archive": requests.studio_archive,
    "studio requests": requests.studio_requests,
    "studio edits": requests.studio_edits,
    "studio events": requests.studio_events,
    "studio paths": requests.studio_paths,
    "studio lesson": requests.studio_lesson,
    "studio socket": requests.studio_socket,
}
HANGING_SECONDS = 120
ROUNDS = 10
"""Readers of sockets only take part in one of this many rounds: other readers test the same code faster."""
_MOST_BYTES = 16 * 2**20
_COUNTS = np.dtype(
    [
        *((name, np.int64) for name in ("inputs", "read", "refused", "findings", "peak_bytes")),
        ("slowest_seconds", np.float64),
        ("seconds", np.float64),
    ]
)


class Progress:
    """The progress of the readers, in memory that outlives their process.

    Attributes:
        counts: (readers,) outcomes of their inputs.
    """

    def __init__(self, readers: int) -> None:
        self.counts: NDArray[Any] = np.ndarray(readers, _COUNTS, mmap.mmap(-1, readers * _COUNTS.itemsize))
        self._place = np.ndarray(3, np.int64, mmap.mmap(-1, 24))
        self._place[:] = -1, 0, 0
        self._input = mmap.mmap(-1, _MOST_BYTES)

    @property
    def number(self) -> int:
        """Number of the current input."""
        return int(self._place[0])

    @property
    def reader(self) -> int:
        """The current reader."""
        return int(self._place[1])

    @property
    def input(self) -> bytes:
        """The current input."""
        return self._input[: self._place[2]]

    def begin(self, number: int, reader: int, data: bytes) -> None:
        """Record the next input."""
        self._place[:] = number, reader, len(data)
        self._input[: len(data)] = data

    def note(self, found: Judgement) -> None:
        """Count the outcome of the input."""
        row = self.counts[self.reader]
        row["inputs"] += 1
        row["findings" if found.is_finding else found.verdict] += 1
        row["seconds"] += found.seconds
        row["slowest_seconds"] = max(row["slowest_seconds"], found.seconds)
        row["peak_bytes"] = max(row["peak_bytes"], found.bytes_taken)


def main() -> None:
    """Damage inputs, read them and count the outcomes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="in all, the readers in turn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--readers", nargs="+", default=list(READERS), choices=READERS)
    parser.add_argument("--output", type=Path, help="where to, without suffix; printed if not given")
    arguments = parser.parse_args()
    names = arguments.readers
    progress = Progress(len(names))
    start = time.monotonic()
    next_one = 0
    while next_one < arguments.inputs:
        if _work(names, range(next_one, arguments.inputs), arguments.seed, progress):
            break
        if progress.number < next_one:
            raise SystemExit("the readers cannot be made")
        died = Judgement("ended its process, or hung", 0.0, 0)
        _keep(names[progress.reader], progress.input, died)
        progress.note(died)
        next_one = progress.number + 1
    report = _report(names, progress.counts, arguments.seed, time.monotonic() - start)
    if arguments.output:
        arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
        arguments.output.with_suffix(".md").write_text(_table(report))
    else:
        print(_table(report))
    sys.exit(1 if report["findings"] else 0)


def _work(names: list[str], numbers: range, seed: int, progress: Progress) -> bool:
    """Run the readers in a separate process; return whether it finished."""
    process = os.fork()
    if not process:
        os.setsid()  # child processes end with it
        try:
            _read(names, numbers, seed, progress)
        except BaseException:  # noqa: BLE001  # and never back into what the parent does
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    seen, since = -1, time.monotonic()
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            _end(process)
            return os.waitstatus_to_exitcode(status) == 0
        if progress.number != seen:
            seen, since = progress.number, time.monotonic()
        if time.monotonic() - since > HANGING_SECONDS:
            _end(process)
        time.sleep(0.2)


def _end(process: int) -> None:
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _read(names: list[str], numbers: Iterable[int], seed: int, progress: Progress) -> None:
    with TemporaryDirectory() as folder:
        os.environ[cache_folder.VARIABLE] = str(Path(folder, "cache"))
        readers = made(Path(folder), names)
        watch = Watch(Path(folder))
        limit()
        others = [one for reader in readers.values() for one in reader.seeds]
        turns = _turns(list(readers.values()))
        for number in numbers:
            place = turns[number % len(turns)]
            reader = readers[names[place]]
            data = reader.input(random.Random(f"{seed} {number}"), others)[:_MOST_BYTES]  # noqa: S311
            progress.begin(number, place, data)
            found = judge(reader, data, watch)
            if found.is_finding:
                _keep(names[place], data, found)
            progress.note(found)


def _turns(readers: list[Reader]) -> list[int]:
    return [
        place
        for round_ in range(ROUNDS)
        for place, reader in enumerate(readers)
        if reader.process is None or round_ == 0
    ]


def made(folder: Path, names: Iterable[str]) -> dict[str, Reader]:
    """Create readers, each with its own folder, and let them read undamaged inputs.

    This triggers late imports and compilation before the watch begins.
    """
    readers: dict[str, Reader] = {}
    for name in names:
        (folder / name).mkdir()
        readers[name] = READERS[name](folder / name)
        for seed in readers[name].seeds:
            with suppress(ConvscopeError):  # a server that is slow to start
                readers[name].read(seed)
            readers[name].tidy()
    return readers


def _keep(name: str, data: bytes, found: Judgement) -> None:
    path = SEEDS / name / hashlib.blake2b(data, digest_size=8).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f"{path}: {found.verdict}", file=sys.stderr, flush=True)


def _report(names: list[str], counts: NDArray[Any], seed: int, seconds: float) -> dict[str, Any]:
    rows = {
        name: {key: cast("Any", row[key]).item() for key in _COUNTS.names or ()}
        for name, row in zip(names, counts, strict=True)
    }
    totals = {key: sum(row[key] for row in rows.values()) for key in ("inputs", "findings")}
    return {"machine": describe(), "seed": seed, "seconds": seconds, **totals, "readers": rows}


def _table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine, inputs, findings = (report[name] for name in ("machine", "inputs", "findings"))
    lines = [
        "# Fuzzing",
        "",
        "Written by `benchmarks/fuzz.py`, which describes the damage and what counts as a finding.",
        f"{inputs:,} inputs, {findings} findings, seed {report['seed']}.",
        sentence(machine),
        "Times are CPU times; memory is the increase that an input caused.",
        "",
        "| reader | inputs | read | rejected | findings | mean | slowest | peak memory |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {row['inputs']:,} | {row['read']:,} | {row['refused']:,} | {row['findings']} "
            f"| {1e3 * row['seconds'] / max(1, row['inputs']):.2f} ms "
            f"| {1e3 * row['slowest_seconds']:,.0f} ms | {row['peak_bytes'] / 2**20:,.0f} MiB |"
            for name, row in report["readers"].items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
