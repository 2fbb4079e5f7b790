"""The inner loop of the gradient at the weights of a convolution followed by 2x2 max pooling.

Of the four cells of a window, only the winner has a gradient, and each filter has its own winner. So each
lane of a vector selects the input of its filter's winner, with one instruction, from a table that holds a few
neighbouring numbers of the window's four patches. In bfloat16, the numbers of two pictures are selected and
multiplied as pairs.

Addresses, steps and vectors are as in `vector_code.py`.
"""

# The signatures of `intrinsic` are Numba's; their arguments are types, not values.
# ruff: noqa: ANN001, ANN201, ANN202, ARG001
# pyright: reportMissingParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from convscope.network.vector_code import LONG, SHORT, Value, Vectors, function

if TYPE_CHECKING:
    from collections.abc import Callable

    Picks = Callable[[Value], list[Value]]
    AddProduct = Callable[[Value, Value, Value, Value], None]

_PERMUTATIONS = {16: "llvm.x86.avx512.permvar.sf.512", 8: "llvm.x86.avx2.permps"}
_PERMUTATION_OF_PAIRS = "llvm.x86.avx512.permvar.hi.512"


@intrinsic(prefer_literal=True)
def add_winners_products(
    context,
    lanes,
    rows,
    run,
    pairs,
    tables,
    table_step,
    lines,
    line_step,
    cells,
    cell_step,
    slopes,
    winners,
    channel_step,
    out,
    row_step,
    weight_step,
):
    """Add, over many windows, the gradient times the input of each filter's winner.

    A table holds lanes / 4 neighbouring numbers of each of the window's four patches: table[4][lanes / 4].
    With pairs, each float32 is replaced by two bfloat16: one picture's in the lower bits, another's in the
    upper.

    Args:
        context: Numba's context.
        lanes: Lanes of a vector, a constant.
        rows: Rows of a patch, a constant; rows * run sums are kept in registers.
        run: Numbers per row, a constant.
        pairs: Whether numbers are pairs of bfloat16, a constant.
        tables: Address of the first window's first table; (lines, cells, run / (lanes / 4)) tables.
        table_step: Step from one row of a patch to the next.
        lines: Number of rows of windows.
        line_step: Step from the tables of one row of windows to the next.
        cells: Number of windows per row.
        cell_step: Step from the tables of one window to the next.
        slopes: Address of the gradients, (lines * cells, filters) float32.
        winners: The same shape, uint8, 0 to 3. With pairs, two int16: the position of the first number of
            each picture's winner in a table of 2 * lanes bfloat16.
        channel_step: Number of filters.
        out: Address of the sums, (rows, run, filters) float32, which are added to.
        row_step: Step of the sums from one row of a patch to the next.
        weight_step: Step of the sums from one number of a patch to the next.
    """
    signature = types.void(lanes, rows, run, pairs, *[types.int64] * 12)
    width, height, length = lanes.literal_value, rows.literal_value, run.literal_value
    steps = _steps_of_pairs if pairs.literal_value else _steps_of_numbers

    def generate(context, builder, signature, arguments):
        tables, table_step, lines, line_step, cells, cell_step = arguments[4:10]
        slopes, winners, channel_step, out, row_step, weight_step = arguments[10:]
        v, held = Vectors(builder, width), width // 4
        picks_of, add = steps(v, winners)
        places = [
            v.at(v.at(out, row, row_step), number, weight_step)
            for row in range(height)
            for number in range(length)
        ]
        sums = v.variables(len(places))
        for place, variable in zip(places, sums, strict=True):
            builder.store(v.load(place), variable)
        with cgutils.for_range(builder, lines) as line, cgutils.for_range(builder, cells) as cell:
            first = v.at(v.at(tables, line.index, line_step), cell.index, cell_step)
            channel = builder.mul(v.at(cell.index, line.index, cells), channel_step)
            slope, picks = v.load(v.at(slopes, channel, 4)), picks_of(channel)
            for row in range(height):
                in_row = v.at(first, row, table_step)
                loaded = [v.load(v.at(in_row, table, 4 * width)) for table in range(-(-length // held))]
                for number, variable in enumerate(sums[row * length : (row + 1) * length]):
                    add(loaded[number // held], picks[number % held], slope, variable)
        for place, variable in zip(places, sums, strict=True):
            v.store(builder.load(variable), place)
        return context.get_dummy_value()

    return signature, generate


def _steps_of_numbers(v: Vectors, winners: Value) -> tuple[Picks, AddProduct]:
    """Return how float32 are selected from a table and multiplied."""
    builder, held = v.builder, v.lanes // 4
    permute = function(builder, _PERMUTATIONS[v.lanes], v.type, [v.type, v.integers])

    def picks_of(channel: Value) -> list[Value]:
        winner = builder.zext(v.load(builder.add(winners, channel), v.bytes), v.integers)
        start = builder.mul(winner, v.constant(held))
        return [builder.add(start, v.constant(number)) for number in range(held)]

    def add(table: Value, pick: Value, slope: Value, variable: Value) -> None:
        v.add_product(builder.call(permute, [table, pick]), slope, variable)

    return picks_of, add


def _steps_of_pairs(v: Vectors, winners: Value) -> tuple[Picks, AddProduct]:
    """Return how pairs of bfloat16 are selected from a table and multiplied."""
    builder, halves = v.builder, ir.VectorType(SHORT, 2 * v.lanes)
    permute = function(builder, _PERMUTATION_OF_PAIRS, halves, [halves, halves])

    def picks_of(channel: Value) -> list[Value]:
        start = v.load(v.at(winners, channel, 4), halves)
        steps = (ir.Constant(halves, [2 * number] * 2 * v.lanes) for number in range(v.lanes // 4))
        return [builder.add(start, step) for step in steps]

    def add(table: Value, pick: Value, slope: Value, variable: Value) -> None:
        seen = builder.call(permute, [builder.bitcast(table, halves), pick])
        pairs, slopes = (builder.bitcast(one, v.integers) for one in (seen, slope))
        v.add_product_of_pairs(pairs, slopes, variable)

    return picks_of, add


@intrinsic(prefer_literal=True)
def make_tables(context, held, pixels, row_step, pixel_step, rows, cells, count, tables):
    """Write the tables of `add_winners_products` for some rows of pixels.

    Args:
        context: Numba's context.
        held: Numbers of a patch in a table, a constant.
        pixels: Address of the first row, in a padded picture of float32.
        row_step: Step from one row of pixels to the next.
        pixel_step: Step from one pixel to the next.
        rows: Number of rows of pixels at which a patch begins.
        cells: Number of windows per row.
        count: Number of tables per row of a patch.
        tables: Address of the output, (rows, cells, count) tables.
    """
    signature = types.void(held, *[types.int64] * 7)
    length = held.literal_value

    def generate(context, builder, signature, arguments):
        pixels, row_step, pixel_step, rows, cells, count, tables = arguments[1:]
        v = Vectors(builder, length)
        with cgutils.for_range(builder, rows) as row, cgutils.for_range(builder, cells) as cell:
            corner = v.at(v.at(pixels, row.index, row_step), builder.mul(cell.index, LONG(2)), pixel_step)
            starts = [corner, builder.add(corner, pixel_step)]
            starts += [builder.add(start, row_step) for start in starts]
            first = v.at(tables, builder.mul(v.at(cell.index, row.index, cells), count), 16 * length)
            with cgutils.for_range(builder, count) as number:
                table = v.at(first, number.index, 16 * length)
                for position, start in enumerate(starts):
                    seen = v.load(v.at(start, number.index, 4 * length))
                    v.store(seen, v.at(table, position, 4 * length))
        return context.get_dummy_value()

    return signature, generate
