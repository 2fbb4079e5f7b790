"""Inner loops in LLVM's assembly language, for vector instructions that Numba's loops do not use.

A compiler that vectorises plain loops does not keep a tile of sums in registers. These loops do, for two
parts of a convolution followed by 2x2 max pooling: the four cells of a window, of which only the largest is
kept, and (in `vector_winners.py`) the gradient at the weights, in which only a quarter of the products is not
zero.

All addresses and steps are in bytes. Vectors hold `lanes` float32: 16 with AVX-512, else 8 with AVX2.
"""

# The signatures of `intrinsic` are Numba's; their arguments are types, not values.
# ruff: noqa: ANN001, ANN201, ANN202, ARG001
# pyright: reportMissingParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic

Value = Any
"""LLVM's types and values, for which llvmlite has no complete type hints."""

_PRODUCT_OF_PAIRS = "llvm.x86.avx512bf16.dpbf16ps.512"
FLOAT, BYTE, SHORT, INT, LONG = ir.FloatType(), *(ir.IntType(bits) for bits in (8, 16, 32, 64))


@cache
def most_lanes() -> int:
    """Return how many float32 a vector of this processor holds; 0 if it cannot run these loops."""
    features = _features()
    if "fma" not in features:
        return 0
    return 16 if "avx512f" in features else 8 if "avx2" in features else 0


@cache
def multiplies_pairs() -> bool:
    """Whether to multiply pairs of bfloat16: the processor has AVX-512 BF16, and no faster unit (AMX)."""
    features = _features()
    return {"avx512bf16", "avx512bw"} <= features and "amx-bf16" not in features


def _features() -> set[str]:
    """Return the instructions that Numba uses; the variable NUMBA_CPU_FEATURES can limit them."""
    if config.CPU_FEATURES is None:
        return {name for name, present in binding.get_host_cpu_features().items() if present}
    return {name[1:] for name in config.CPU_FEATURES.split(",") if name.startswith("+")}


def lanes_for(channels: int) -> int:
    """Return the number of lanes that divides a number of channels without remainder; 0 if there is none."""
    return next((lanes for lanes in (16, 8) if lanes <= most_lanes() and channels % lanes == 0), 0)


class Vectors:
    """Builds vector instructions for a number of lanes."""

    def __init__(self, builder: ir.IRBuilder, lanes: int) -> None:
        self.builder, self.lanes = builder, lanes
        self.type = ir.VectorType(FLOAT, lanes)
        self.bytes, self.integers = ir.VectorType(BYTE, lanes), ir.VectorType(INT, lanes)
        self._fma = function(builder, f"llvm.fma.v{lanes}f32", self.type, [self.type] * 3)

    def load(self, address: Value, kind: ir.Type | None = None) -> Value:
        """Load from any address, aligned or not."""
        value = self.builder.load(self.builder.inttoptr(address, ir.PointerType(kind or self.type)))
        value.align = 1
        return value

    def store(self, value: Value, address: Value) -> None:
        """Store to any address, aligned or not."""
        self.builder.store(value, self.builder.inttoptr(address, ir.PointerType(value.type))).align = 1

    def variables(self, count: int) -> list[Value]:
        """Create variables, which become registers."""
        return [cgutils.alloca_once(self.builder, self.type) for _ in range(count)]

    def splat(self, value: Value) -> Value:
        """Broadcast a number to all lanes."""
        undefined = ir.Constant(ir.VectorType(value.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, value, INT(0))
        return self.builder.shuffle_vector(one, undefined, ir.Constant(self.integers, [0] * self.lanes))

    def constant(self, number: int) -> Value:
        """Return a vector with the same integer in all lanes."""
        return ir.Constant(self.integers, [number] * self.lanes)

    def add_product(self, a: Value, b: Value, variable: Value) -> None:
        """Add a * b to a variable."""
        self.builder.store(self.builder.call(self._fma, [a, b, self.builder.load(variable)]), variable)

    def add_product_of_pairs(self, a: Value, b: Value, variable: Value) -> None:
        """Add both products of pairs of bfloat16, integers of 32 bits, to a variable of 16 lanes."""
        multiply = function(
            self.builder, _PRODUCT_OF_PAIRS, self.type, [self.type, self.integers, self.integers]
        )
        self.builder.store(self.builder.call(multiply, [self.builder.load(variable), a, b]), variable)

    def at(self, start: Value, index: Value | int, step: Value | int) -> Value:
        """Return start + index * step."""
        index, step = (LONG(one) if isinstance(one, int) else one for one in (index, step))
        return self.builder.add(start, self.builder.mul(index, step))


def function(builder: ir.IRBuilder, name: str, result: Value, arguments: list[Value]) -> Value:
    """Return one of LLVM's functions, to call it."""
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)


@intrinsic(prefer_literal=True)
def largest_of_windows(
    context,
    lanes,
    blocks,
    pairs,
    cells,
    pixels,
    cell_step,
    row_step,
    rows,
    run,
    weights,
    weight_step,
    best,
    winners,
    out_step,
):
    """Convolve the four cells of each window in a row of windows; keep the largest and its index.

    Args:
        context: Numba's context.
        lanes: Lanes of a vector, a constant.
        blocks: Number of vectors of filters computed together, a constant.
        pairs: Whether pixels are bfloat16 and multiplied as pairs, a constant.
        cells: Number of windows.
        pixels: Address of the top left patch of the first window, in a padded picture.
        cell_step: Step from one window to the next.
        row_step: Step from one row of pixels to the next.
        rows: Number of rows of a patch.
        run: Numbers, or pairs, per row of a patch; if their number is odd, the last pair has one number too
            many.
        weights: Address of (rows * run, filters) float32, or pairs of bfloat16.
        weight_step: Step from one weight of a filter to its next.
        best: Address of the output, (cells, filters) float32.
        winners: The same shape, uint8: 0 to 3, row by row. Of equal cells the first wins, of several NaN the
            last.
        out_step: Number of filters.
    """
    signature = types.void(lanes, blocks, pairs, *[types.int64] * 11)
    width, vectors = lanes.literal_value, blocks.literal_value

    def generate(context, builder, signature, arguments):
        cells, pixels, cell_step, row_step, rows, run, weights, weight_step, best, winners, out_step = (
            arguments[3:]
        )
        v = Vectors(builder, width)
        by_pairs = pairs.literal_value
        add, one_kind, kind = (
            (v.add_product_of_pairs, INT, v.integers) if by_pairs else (v.add_product, FLOAT, v.type)
        )
        sums = [v.variables(vectors) for _ in range(4)]
        right = builder.udiv(cell_step, LONG(2))
        with cgutils.for_range(builder, cells) as cell:
            corner = v.at(pixels, cell.index, cell_step)
            for variable in (one for block in sums for one in block):
                builder.store(ir.Constant(v.type, [0.0] * width), variable)
            with cgutils.for_range(builder, rows) as row:
                top = v.at(corner, row.index, row_step)
                starts = [top, builder.add(top, right)]
                starts += [builder.add(start, row_step) for start in starts]
                weight_row = v.at(weights, builder.mul(row.index, run), weight_step)
                with cgutils.for_range(builder, run) as number:
                    weight = v.at(weight_row, number.index, weight_step)
                    filters = [v.load(v.at(weight, block, 4 * width), kind) for block in range(vectors)]
                    for start, block in zip(starts, sums, strict=True):
                        pixel = v.splat(v.load(v.at(start, number.index, 4), one_kind))
                        for one, variable in zip(filters, block, strict=True):
                            add(pixel, one, variable)
            place = builder.mul(cell.index, out_step)
            for block in range(vectors):
                largest, index = _largest(v, [builder.load(position[block]) for position in sums])
                offset = v.at(place, block, width)
                v.store(largest, v.at(best, offset, 4))
                v.store(index, builder.add(winners, offset))
        return context.get_dummy_value()

    return signature, generate


def _largest(v: Vectors, values: list[Value]) -> tuple[Value, Value]:
    largest, index = values[0], ir.Constant(v.bytes, [0] * v.lanes)
    for number, value in enumerate(values[1:], start=1):
        is_larger = v.builder.fcmp_ordered(">", value, largest)
        beaten = v.builder.or_(is_larger, v.builder.fcmp_unordered("uno", value, value))
        largest = v.builder.select(beaten, value, largest)
        index = v.builder.select(beaten, ir.Constant(v.bytes, [number] * v.lanes), index)
    return largest, index
