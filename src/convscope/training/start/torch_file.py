"""The tensors in a file that `torch.save` wrote before PyTorch 1.6, read without PyTorch or unpickling.

Such a file consists of five pickles, followed by the data: a magic number, the format version, machine
information, the saved object, the names of all storages in order, and each storage as its length (int64) and
its numbers. `pickletools` lists the instructions of a pickle without executing them. In the fourth pickle,
the name of each tensor's storage precedes the instruction BINPERSID, and its offset, shape and strides follow
it.

Importing PyTorch would take longer than training a head on few pictures.

Source: `_legacy_save` in https://github.com/pytorch/pytorch/blob/main/torch/serialization.py.
"""

from __future__ import annotations

import io
import pickletools
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Instruction = tuple[str, Any]

_TYPES = {"torch FloatStorage": "<f4", "torch LongStorage": "<i8"}
_ENDS_OF_TUPLES = ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE")
_OBJECT, _STORAGES = 3, 4
"""Index of the pickle with the object, and of the one with the names of the storages."""


def read_tensors(data: bytes) -> list[NDArray[Any]]:
    """Return the tensors of a file, in the order in which they were saved.

    Args:
        data: The content of the file. Its SHA-256 must have been checked, so that it is known to hold float32
            and int64 tensors with one storage each.
    """
    file = io.BytesIO(data)
    pickles = [_instructions(file) for _ in range(5)]
    tensors = list(_tensors(pickles[_OBJECT]))
    types = {tensor.storage: _TYPES[tensor.kind] for tensor in tensors}
    numbers = {}
    for storage in _strings(pickles[_STORAGES]):
        count = int.from_bytes(file.read(8), "little")
        numbers[storage] = np.frombuffer(data, types[storage], count, file.tell())
        file.seek(numbers[storage].nbytes, io.SEEK_CUR)
    return [_laid_out(numbers[tensor.storage], tensor) for tensor in tensors]


class _Tensor(NamedTuple):
    """A tensor: name and type of its storage, its shape, and its strides in numbers."""

    storage: str
    kind: str
    shape: list[int]
    strides: list[int]


def _laid_out(numbers: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    strides = [numbers.itemsize * stride for stride in tensor.strides]
    return as_strided(numbers, tensor.shape, strides, writeable=False)


def _instructions(file: io.BytesIO) -> list[Instruction]:
    return [(code.name, argument) for code, argument, _ in pickletools.genops(file)]


def _strings(instructions: list[Instruction]) -> list[str]:
    return [argument for name, argument in instructions if name == "BINUNICODE"]


def _tensors(instructions: list[Instruction]) -> Iterator[_Tensor]:
    storage = kind = ""
    remembered: dict[int, str] = {}  # types by memo index: BINPUT stores, BINGET reads
    following = iter(instructions)
    for name, argument in following:
        if name == "BINUNICODE" and argument.isdigit():
            storage = argument
        elif name == "GLOBAL" and argument in _TYPES:
            kind = remembered[next(following)[1]] = argument
        elif name == "BINGET" and argument in remembered:
            kind = remembered[argument]
        elif name == "BINPERSID":
            next(following)  # the offset, 0
            yield _Tensor(storage, kind, _numbers(following), _numbers(following))


def _numbers(following: Iterator[Instruction]) -> list[int]:
    """Return the integers of the next tuple."""
    before_end = takewhile(lambda one: one[0] not in _ENDS_OF_TUPLES, following)
    return [argument for name, argument in before_end if name.startswith("BININT")]
