"""Damaged and hostile input for everything that convscope reads.

Pictures, archives, shards, idx files, manifests, notations, model files, checkpoints, records of runs and
lists of pictures: each input is a whole file that was damaged. Bits are flipped, stretches replaced, removed,
doubled or put in from another file, lengths set to extremes. A reader may give a result or raise a
ConvscopeError. Anything else is a finding: another exception, more than 10 seconds, or more than 2 GiB beyond
what the process has as it starts. A finding is kept in tests/fuzz/seeds/READER, where the tests read it. Run

    python benchmarks/fuzz.py --inputs 100000

It prints how many inputs each reader got, how many of them it read, and how many it refused.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import resource
import signal
import struct
import sys
import tarfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from convscope.errors import ConvscopeError
from convscope.model import file as model_file
from convscope.model.picture_list import differences, listing
from convscope.network.notation import parse
from convscope.network.presets import PRESETS
from convscope.network.shapes import stages, weight_shapes
from convscope.pictures.preparation import Preparation
from convscope.pictures.reading import read_picture
from convscope.pictures.sources import open_source
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.split import split
from convscope.pictures.store import build_store
from convscope.training import run_folder
from convscope.training.checkpoint import NAMES, Checkpoints
from convscope.training.data import training_data
from convscope.training.loop import Training
from convscope.training.recipe import Settings, choose

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = Path(__file__).parent.parent / "tests" / "fuzz" / "seeds"
SECONDS = 10
BYTES = 2 * 2**30
EXTREMES = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]


@dataclass(frozen=True)
class Reader:
    """Something that reads bytes which anybody may have written.

    Attributes:
        seeds: Whole files of its kind.
        read: Reads one; raises a ConvscopeError if it cannot be used.
    """

    seeds: list[bytes]
    read: Callable[[bytes], object]


def readers(folder: Path) -> dict[str, Reader]:
    """Make the readers; `folder` is theirs to write what they read from a file."""
    pictures = _pictures()
    store = build_store(open_arrays(*_two_classes()), Preparation(1, 8, 8), folder=folder / "stores")
    return {
        "picture": Reader(pictures, lambda data: read_picture(data, "picture")),
        "zip": Reader([_zip(pictures)], lambda data: _read_source(folder / "pets.zip", data)),
        "tar": Reader([_tar(_members(pictures), "w")], lambda data: _read_source(folder / "pets.tar", data)),
        "tar.gz": Reader(
            [_tar(_members(pictures), "w:gz")], lambda data: _read_source(folder / "pets.tar.gz", data)
        ),
        "tar shard": Reader(
            [_tar(_labelled(pictures), "w")], lambda data: _read_source(folder / "shard.tar", data)
        ),
        "parquet shard": Reader(
            [_parquet_shard(pictures)], lambda data: _read_source(folder / "shard.parquet", data)
        ),
        "idx": _idx(folder),
        "csv": Reader(
            [b"path,label,split\na.png,cat,train\nb.png,dog,test\n", b'file;class\n"a;b";cat\nc;dog\n'],
            lambda data: _read_source(folder / "pets.csv", data),
        ),
        "parquet": Reader([_parquet()], lambda data: _read_source(folder / "pets.parquet", data)),
        "notation": Reader(
            [text.encode() for text in (*PRESETS.values(), "32C5x3s2p1-AP2o-8N")], _read_notation
        ),
        "model": Reader([_model(folder)], lambda data: model_file.load(_written(folder / "model", data))),
        "checkpoint": _checkpoint(folder / "run", training(store)),
        "record": Reader([_record(folder)], lambda data: _read_record(folder, data)),
        "list": Reader([listing(store, split(store))], lambda data: _read_list(data, store)),
    }


def damaged(data: bytes, random_: random.Random, others: list[bytes]) -> bytes:
    """Damage a file in one to eight places."""
    found = bytearray(data)
    for _ in range(random_.choice([1, 1, 1, 2, 4, 8])):
        place = random_.randrange(len(found) + 1)
        length = min(random_.choice([1, 2, 4, 8, 64, 1024]), len(found) - place)
        match random_.randrange(7):
            case 0 if length:
                found[place] ^= 1 << random_.randrange(8)
            case 1:
                found[place : place + length] = random_.randbytes(length)
            case 2:
                del found[place : place + length]
            case 3:
                found[place:place] = found[place : place + length]
            case 4:
                form = random_.choice(["<B", "<H", ">H", "<I", ">I", "<Q"])
                bits = 8 * struct.calcsize(form)
                number = struct.pack(form, random_.choice(EXTREMES) & (2**bits - 1))
                found[place : place + len(number)] = number
            case 5:
                other = random_.choice(others)
                start = random_.randrange(len(other) + 1)
                found[place : place + length] = other[start : start + length]
            case _:
                del found[place:]
    return bytes(found)


def judge(read: Callable[[bytes], object], data: bytes) -> str:
    """Let a reader read; return `read`, `refused`, or what it should not have done."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        read(data)
    except ConvscopeError:
        return "refused"
    except Exception as error:  # noqa: BLE001  # which is what is looked for
        return f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "read"


def main() -> None:
    """Damage, read, count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="in all, the readers in turn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--readers", nargs="+", default=[])
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    random_ = random.Random(arguments.seed)  # noqa: S311  # damage, not secrets
    counts: dict[str, Counter[str]] = {}
    begin = time.monotonic()
    with TemporaryDirectory() as folder:
        chosen = {
            name: reader
            for name, reader in readers(Path(folder)).items()
            if not arguments.readers or name in arguments.readers
        }
        _limit_memory()
        others = [seed for reader in chosen.values() for seed in reader.seeds]
        for number in range(arguments.inputs):
            name = list(chosen)[number % len(chosen)]
            data = damaged(random_.choice(chosen[name].seeds), random_, others)
            outcome = judge(chosen[name].read, data)
            if outcome not in {"read", "refused"}:
                _keep(name, data, outcome)
                outcome = "findings"
            counts.setdefault(name, Counter())[outcome] += 1
    _report(counts, time.monotonic() - begin)


def _report(counts: dict[str, Counter[str]], seconds: float) -> None:
    print("| reader | inputs | read | refused | findings |\n|---|---|---|---|---|")
    for name, found in counts.items():
        print(
            f"| {name} | {found.total():,} | {found['read']:,} | {found['refused']:,} | {found['findings']} |"
        )
    total = sum(found.total() for found in counts.values())
    findings = sum(found["findings"] for found in counts.values())
    print(f"\n{total:,} inputs in {seconds:,.0f} s, {findings} findings")
    sys.exit(1 if findings else 0)


def _keep(name: str, data: bytes, outcome: str) -> None:
    path = SEEDS / name / hashlib.blake2b(data, digest_size=8).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f"{path}: {outcome}", file=sys.stderr)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"took more than {SECONDS} s")


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _read_source(path: Path, data: bytes) -> None:
    """Open the source and read all its pictures, as the store does."""
    source = open_source(_written(path, data))
    for index, load in source.iterate(range(len(source.items))):
        try:
            picture = load()
            if isinstance(picture, bytes):
                read_picture(picture, source.items[index].name)
        except ConvscopeError:
            continue


def _read_notation(data: bytes) -> None:
    stages(parse(data.decode(errors="replace")), (3, 32, 32), 10)


def _read_record(folder: Path, data: bytes) -> None:
    _written(folder / run_folder.NAME, data)
    run_folder.read(folder)


def _read_list(data: bytes, store: object) -> None:
    try:
        differences(data, store)  # type: ignore[arg-type]
    except ValueError as error:
        raise ConvscopeError(str(error)) from error


def _pictures() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
    colour, grey = Image.fromarray(pixels), Image.fromarray(pixels[:, :, 0])
    found: list[bytes] = []
    for image in (colour, grey, colour.convert("RGBA"), colour.convert("P")):
        for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
            buffer = io.BytesIO()
            exif = Image.Exif()
            exif[0x0112] = 6
            more = {"exif": exif} if form in {"PNG", "JPEG", "WEBP", "TIFF"} else {}
            try:
                image.save(buffer, form, **more)
            except OSError:  # a JPEG has no transparency
                continue
            found.append(buffer.getvalue())
    return found


def _members(pictures: list[bytes]) -> dict[str, bytes]:
    return {f"{('cat', 'dog')[n % 2]}/{n}.png": data for n, data in enumerate(pictures[:6])}


def _zip(pictures: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _members(pictures).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _labelled(pictures: list[bytes]) -> dict[str, bytes]:
    """A shard's members: every picture with its class beside it."""
    found: dict[str, bytes] = {}
    for number, data in enumerate(pictures[:8]):
        found |= {f"{number}.cls": b"cat" if number % 2 else b"dog", f"{number}.png": data}
    return found


def _tar(members: dict[str, bytes], mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _idx(folder: Path) -> Reader:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 8, 8), np.uint8)
    (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, 4) + bytes([0, 1, 0, 1]))
    whole = struct.pack(">HBBIII", 0, 8, 3, *pictures.shape) + pictures.tobytes()
    return Reader([whole], lambda data: _read_source(folder / "train-images-idx3-ubyte", data))


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"path": ["a.png", "b.png"], "label": ["cat", "dog"]}), buffer)
    return buffer.getvalue()


def _parquet_shard(pictures: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    rows = [{"bytes": data, "path": None} for data in pictures[:8]]
    names = {"info": {"features": {"label": {"names": ["cat", "dog"]}}}}
    table = pa.table({"image": rows, "label": [number % 2 for number in range(8)]})
    pq.write_table(
        table.replace_schema_metadata({"huggingface": json.dumps(names)}), buffer, row_group_size=3
    )
    return buffer.getvalue()


def _model(folder: Path) -> bytes:
    shapes = weight_shapes(stages(parse("2C3-MP2"), (1, 8, 8), 2))
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    model = model_file.Model("2C3-MP2", ("cat", "dog"), Preparation(1, 8, 8), (0.0,), (1.0,), weights)
    model_file.save(model, folder / "model")
    return (folder / "model").read_bytes()


def _two_classes() -> tuple[np.ndarray, list[str]]:
    return np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8), ["cat", "dog"] * 20


def training(store: object) -> Training:
    """Begin a small training."""
    data = training_data(store, split(store))  # type: ignore[arg-type]
    settings = Settings(network="2C3-MP2", epochs=2, batch=8, precision="fp32")
    return Training(data, choose(data.facts(), settings))


def _checkpoint(run: Path, begun: Training) -> Reader:
    run.mkdir()
    Checkpoints(run).save(begun)
    path = run / NAMES[1]

    def read(data: bytes) -> None:
        path.write_bytes(data)
        Checkpoints(run).restore(begun)

    return Reader([path.read_bytes()], read)


def _record(folder: Path) -> bytes:
    run_folder.write(folder, run_folder.Origin("/pets", Settings(size=(8, 8)), 1))
    return (folder / run_folder.NAME).read_bytes()


if __name__ == "__main__":
    main()
