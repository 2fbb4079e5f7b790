"""A tar in WebDataset format: `0001.jpg` and `0001.cls` are a picture and the name of its class.

Source: https://github.com/webdataset/webdataset
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

import numpy as np

from convscope.common.printable import printable
from convscope.pictures.packed_strings import PackedStrings
from convscope.pictures.reading import BYTE_LIMIT, SUFFIXES, unreadable
from convscope.pictures.sources.archive import damaged, failing
from convscope.pictures.sources.labels import escaped_bytes, label_text
from convscope.pictures.sources.left_out import repeated
from convscope.pictures.sources.shard import Shard
from convscope.pictures.sources.tar_archive import LABEL, TAR_ERRORS, TarListing, list_tar_file, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convscope.pictures.sources.shard_files import ShardFile
    from convscope.pictures.sources.source import Load


@dataclass(frozen=True, slots=True, eq=False)
class TarShard(Shard):
    """A tar of pictures and labels.

    Its places are (n, 2): offset and size of each picture in the unpacked tar, in bytes.
    """

    def iterate(self, indices: Iterable[int]) -> Iterator[Load]:
        """Yield a loader for each picture; the bytes are read before each is yielded."""
        try:
            with self.file.open() as opened, unpacked(opened) as stream:
                for index in indices:
                    yield self._load(stream, index)
        except TAR_ERRORS as error:
            raise damaged(self.file.name, error) from error

    def _load(self, stream: IO[bytes], index: int) -> Load:
        start, size = self.places[index].tolist()
        name = f"{self.file.name}/{self.names[index]}"
        if size > BYTE_LIMIT:
            return failing(unreadable(name, f"it has {size:,} bytes; the limit is {BYTE_LIMIT:,}"))
        stream.seek(start)
        data = stream.read(size)
        return partial(bytes, data) if len(data) == size else failing(unreadable(name, "it is cut short"))


def open_tar_shard(file: ShardFile) -> TarShard:
    """List a shard's pictures in a single sequential pass.

    Raises:
        DataError: It cannot be read, has members that lead out of it, or a label in it is blank.
    """
    return tar_shard(file, list_tar_file(file.open, file.name))


def tar_shard(file: ShardFile, listing: TarListing) -> TarShard:
    """Match the pictures and labels of a tar.

    Raises:
        DataError: A label is blank.
    """
    left_out = repeated(listing.repeated, file.name)
    texts = {
        _key(name)[0]: content.decode("utf-8", "surrogateescape").strip("\r\n")
        for name, content in listing.labels.items()
    }
    named = {key: label_text(text, f"{file.name}, {printable(key)}.{LABEL}") for key, text in texts.items()}
    pictures: dict[str, str] = {}
    for name in listing.spans:
        key, kind = _key(name)
        if f".{kind}" in SUFFIXES and not _is_resource(name):
            if key in pictures:
                left_out.add("as another member has the same key", file.name, thing="picture")
            pictures[key] = name
    labels = {key: label for key in pictures if (label := named.get(key))}
    if len(labels) < len(pictures):
        count = len(pictures) - len(labels)
        left_out.add(f"without a .{LABEL}", file.name, thing="picture", count=count)
    lost = {key: label for key, label in named.items() if key not in pictures}
    for (kind, label), count in _without_picture(listing, lost).items():
        left_out.add(f"of which no picture is read ({kind}), labelled", label, thing="sample", count=count)
    return TarShard(
        file,
        names=PackedStrings.of(printable(pictures[key]) for key in labels),
        labels=tuple(map(sys.intern, labels.values())),
        parts=None,
        groups=None,
        places=np.array([listing.spans[pictures[key]] for key in labels], np.int64).reshape(-1, 2),
        notes=escaped_bytes(texts.values()),
        left_out=left_out,
    )


def is_webdataset(listing: TarListing) -> bool:
    """Whether a picture in a tar has a label."""
    keys = {_key(name)[0] for name in listing.labels}
    return bool(keys) and any(
        f".{kind}" in SUFFIXES and key in keys for key, kind in map(_key, listing.spans)
    )


def _without_picture(listing: TarListing, labels: dict[str, str | None]) -> Counter[tuple[str, str]]:
    """Count samples with a label but no picture, by the suffixes of their other files, and by label."""
    kinds: dict[str, list[str]] = {key: [] for key in sorted(labels)}
    for name in listing.spans if labels else ():
        key, kind = _key(name)
        if key in kinds and kind != LABEL:
            kinds[key].append(f".{kind}")
    return Counter(
        (printable(", ".join(sorted(found))) or "nothing else", labels[key] or "")
        for key, found in kinds.items()
    )


def _is_resource(name: str) -> bool:
    """Whether it is an AppleDouble file of macOS, `._NAME`."""
    return name.rpartition("/")[2].startswith("._")


def _key(name: str) -> tuple[str, str]:
    """Split at the first dot of the last part, like WebDataset; the suffix is converted to lower case."""
    folder, slash, file = name.rpartition("/")
    stem, _, kind = file.partition(".")
    return folder + slash + stem, kind.lower()
