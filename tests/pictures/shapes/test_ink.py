import numpy as np
import pytest
from PIL import Image, ImageDraw

from convscope.pictures.shapes.ink import inked


def supersampled(draw, side, factor=16):
    canvas = Image.new("L", (side * factor, side * factor))
    draw(ImageDraw.Draw(canvas), factor)
    return np.asarray(canvas.resize((side, side), Image.Resampling.BOX)).astype(int)


def test_a_line_covers_pixels_as_a_fine_raster_of_it_does():
    line = np.array([(4.3, 5.1), (20.2, 17.7)])

    def draw(pen, factor):
        pen.line([tuple(point) for point in line * factor], fill=255, width=3 * factor)
        for x, y in line * factor:
            radius = 1.5 * factor
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

    ink = inked([line], [], width=3, side=24).astype(int)
    fine = supersampled(draw, 24)
    assert np.abs(ink - fine).max() < 45  # the distance to a line is not exactly the covered area
    assert ink.sum() == pytest.approx(fine.sum(), rel=0.02)


def test_the_inside_of_a_polygon_is_filled():
    corners = np.array([(3.0, 3.0), (20.0, 6.0), (12.0, 21.0)])
    ink = inked([np.r_[corners, corners[:1]]], [corners], width=1, side=24)
    fine = supersampled(
        lambda pen, factor: pen.polygon([tuple(point) for point in corners * factor], fill=255), 24
    )
    assert (ink[fine == 255] == 255).all()
    assert ink[fine == 0].mean() < 20


def test_points_far_closer_than_a_pixel_change_nothing():
    line = np.array([(2.0, 2.0), (9.0, 9.0)])
    shaken = line + 1e-9
    assert (inked([line], [], 2, 12) == inked([shaken], [], 2, 12)).all()
