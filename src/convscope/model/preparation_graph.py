"""Preparation of pictures as part of an ONNX graph: what `prepare` does with Pillow, to the exact pixel.

Pillow resizes one axis after the other, width first, and rounds to whole pixel values after each. A new pixel
is a weighted sum of old ones along the axis, with the weights of a triangle (bilinear, antialiased):

    scale     = (end - start) / count                  old pixels per new pixel
    centre[i] = start + (i + 1/2) scale                position of the new pixel i
    weight[i, x] = max(0, 1 - |x + 1/2 - centre[i]| / max(1, scale)), divided by its sum over x

with each weight rounded to 22 fractional bits. So resizing along an axis is one matrix product; the graph
computes the matrix from the size of the picture. The resize operators of the runtimes are not used, because
they differ.

The product of 8-bit pixels and 22-bit weights has more bits than the mantissa of float32. The weights are
therefore split into their upper 16 and lower 6 bits. Both products are then whole numbers below 2^24, which
float32 represents exactly in any order of summation. The result equals Pillow's as long as a side of the
picture has at most 1,024 old pixels per new pixel.

Source: Pillow's documentation, https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters, and
its behaviour: `tests/model/test_preparation_graph.py` compares the two pixel by pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx.parser

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.preparation import Preparation

_LUMA = (19_595, 38_470, 7_471)
"""0.299, 0.587 and 0.114 with 16 fractional bits."""

_LENGTHS = """
    shape = Shape(pictures)
    height_entry = Gather(shape, height_axis)
    width_entry = Gather(shape, width_axis)
    height = Cast <to: int = 11> (height_entry)
    width = Cast <to: int = 11> (width_entry)
    wide = Div(new_width, width)
    tall = Div(new_height, height)
"""

_STRETCH = """
    {side}_start = Identity(zero)
    {side}_span = Identity({side})
    {side}_count = Identity(new_{side})
    {side}_margin = Identity(zero)
"""

_PAD_SCALE = "    zoom = Min(wide, tall)\n"
_PAD = """
    {side}_start = Identity(zero)
    {side}_span = Identity({side})
    {side}_zoomed = Mul({side}, zoom)
    {side}_rounded = Round({side}_zoomed)
    {side}_count = Max({side}_rounded, one)
    {side}_free = Sub(new_{side}, {side}_count)
    {side}_half = Mul({side}_free, half)
    {side}_margin = Floor({side}_half)
"""

_CROP_SCALE = "    zoom = Max(wide, tall)\n"
_CROP = """
    {side}_kept = Div(new_{side}, zoom)
    {side}_cut = Sub({side}, {side}_kept)
    {side}_left = Mul({side}_cut, half)
    {side}_right = Add({side}_left, {side}_kept)
    {side}_low = Max(zero, {side}_left)
    {side}_high = Min({side}, {side}_right)
    {side}_low_f = Cast <to: int = 1> ({side}_low)
    {side}_high_f = Cast <to: int = 1> ({side}_high)
    {side}_span_f = Sub({side}_high_f, {side}_low_f)
    {side}_start = Cast <to: int = 11> ({side}_low_f)
    {side}_span = Cast <to: int = 11> ({side}_span_f)
    {side}_count = Identity(new_{side})
    {side}_margin = Identity(zero)
"""
"""Pillow stores the crop box as float32."""

_FITS = {"stretch": ("", _STRETCH), "pad": (_PAD_SCALE, _PAD), "crop": (_CROP_SCALE, _CROP)}

_WEIGHTS = """
    {side}_scale = Div({side}_span, {side}_count)
    {side}_support = Max({side}_scale, one)
    {side}_cells = Sub(new_{side}_cells, {side}_margin)
    {side}_middles = Add({side}_cells, half)
    {side}_scaled = Mul({side}_middles, {side}_scale)
    {side}_centres = Add({side}_start, {side}_scaled)
    {side}_old = Range(zero, {side}, one)
    {side}_away = Sub({side}_old, {side}_centres)
    {side}_shifted = Add({side}_away, half)
    {side}_distance = Abs({side}_shifted)
    {side}_steepness = Div(one, {side}_support)
    {side}_slope = Mul({side}_distance, {side}_steepness)
    {side}_falling = Sub(one, {side}_slope)
    {side}_triangle = Max({side}_falling, zero)
    {side}_sum = ReduceSum({side}_triangle, axis_1)
    {side}_share = Div({side}_triangle, {side}_sum)
    {side}_outside = Less({side}_cells, zero)
    {side}_beyond = GreaterOrEqual({side}_cells, {side}_count)
    {side}_empty = Or({side}_outside, {side}_beyond)
    {side}_weight = Where({side}_empty, zero, {side}_share)
    {side}_long = Mul({side}_weight, two_to_22)
    {side}_nearly = Add({side}_long, half)
    {side}_fixed = Floor({side}_nearly)
    {side}_short = Mul({side}_fixed, one_64th)
    {side}_upper_d = Floor({side}_short)
    {side}_upper_64 = Mul({side}_upper_d, sixty_four)
    {side}_lower_d = Sub({side}_fixed, {side}_upper_64)
    {side}_upper = Cast <to: int = 1> ({side}_upper_d)
    {side}_lower = Cast <to: int = 1> ({side}_lower_d)
"""

_PLANES = """
    in_colour = Expand(pictures, colour)
    channels_first = Transpose <perm: ints = [0, 3, 1, 2]> (in_colour)
    planes = Cast <to: int = 1> (channels_first)
"""

_GREY = """
    weighed = Mul(planes, luma)
    bright = ReduceSum(weighed, axis_1)
    bright_up = Add(bright, half_of_2_to_16)
    grey_share = Mul(bright_up, one_65536th)
    source = Floor(grey_share)
"""

_COLOUR = "    source = Identity(planes)\n"

_RESIZING = """
    width_upper_t = Transpose <perm: ints = [1, 0]> (width_upper)
    width_lower_t = Transpose <perm: ints = [1, 0]> (width_lower)
    width_uppers = MatMul(source, width_upper_t)
    width_lowers = MatMul(source, width_lower_t)
    {width_rounding}
    height_uppers = MatMul(height_upper, width_result)
    height_lowers = MatMul(height_lower, width_result)
    {height_rounding}
    image = Identity(height_result)
"""

_ROUNDING = """
    {side}_lowers_up = Add({side}_lowers, half_of_2_to_22)
    {side}_lowers_64th = Mul({side}_lowers_up, one_64th_f)
    {side}_carried = Floor({side}_lowers_64th)
    {side}_total = Add({side}_uppers, {side}_carried)
    {side}_unscaled = Mul({side}_total, one_65536th)
    {side}_result = Floor({side}_unscaled)
"""


def preparation_nodes(preparation: Preparation) -> tuple[list[onnx.NodeProto], dict[str, NDArray[Any]]]:
    """Build the nodes from raw to prepared pictures, and the constants they use.

    Args:
        preparation: Size, channels and fit of the prepared pictures.

    Returns:
        Nodes from `pictures`, uint8 (N, any height, any width, 1 or 3), to `image`, float32 (N, channels,
        height, width) of whole numbers 0 to 255; and their constants by name.
    """
    zoom, extent = _FITS[preparation.fit]
    rounding = {f"{side}_rounding": _ROUNDING.format(side=side) for side in ("width", "height")}
    steps = [
        _LENGTHS,
        zoom,
        *((extent + _WEIGHTS).format(side=side) for side in ("width", "height")),
        _PLANES,
        _GREY if preparation.channels == 1 else _COLOUR,
        _RESIZING.format(**rounding),
    ]
    head = "preparation (uint8[N, H, W, C] pictures) => (float[N, D, h, w] image)"
    nodes = list(onnx.parser.parse_graph(f"{head} {{{''.join(steps)}}}").node)
    used = {name for node in nodes for name in node.input}
    return nodes, {name: value for name, value in _constants(preparation).items() if name in used}


def _constants(preparation: Preparation) -> dict[str, NDArray[Any]]:
    sizes = {"height": float(preparation.height), "width": float(preparation.width)}
    doubles = {
        "zero": 0.0,
        "half": 0.5,
        "one": 1.0,
        "two_to_22": 2.0**22,
        "one_64th": 2.0**-6,
        "sixty_four": 2.0**6,
        **{f"new_{side}": size for side, size in sizes.items()},
        **{f"new_{side}_cells": np.arange(size)[:, np.newaxis] for side, size in sizes.items()},
    }
    floats = {
        "half_of_2_to_22": 2.0**21,
        "half_of_2_to_16": 2.0**15,
        "one_64th_f": 2.0**-6,
        "one_65536th": 2.0**-16,
        "luma": np.reshape(_LUMA, (1, 3, 1, 1)),
    }
    integers = {"height_axis": 1, "width_axis": 2, "axis_1": [1], "colour": [1, 1, 1, 3]}
    return {
        **{name: np.array(value, np.float64) for name, value in doubles.items()},
        **{name: np.array(value, np.float32) for name, value in floats.items()},
        **{name: np.array(value, np.int64) for name, value in integers.items()},
    }
