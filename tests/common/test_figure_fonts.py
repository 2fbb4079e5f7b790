import io
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image

from convscope.common import figure_fonts
from convscope.common.figure_fonts import families, readable

CAT = "猫"


@pytest.fixture
def cat_font(tmp_path, monkeypatch) -> Path:
    """A font with one letter, whose glyph is a black square, registered with Matplotlib."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 1000), (1000, 1000), (1000, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "cat"])
    builder.setupCharacterMap({ord(CAT): "cat"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "cat": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "cat": (1000, 0)})
    builder.setupHorizontalHeader(ascent=1000, descent=0)
    builder.setupNameTable({"familyName": "Only Cats", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=1000)
    builder.setupPost()
    path = tmp_path / "cats.ttf"
    builder.save(path)
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    fontManager.addfont(path)
    figure_fonts._installed.cache_clear()
    yield path
    figure_fonts._installed.cache_clear()


def drawn(text):
    figure = Figure(figsize=(1, 1), facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.2, 0.2, text, fontsize=40)
    file = io.BytesIO()
    with readable(figure):
        figure.savefig(file, format="png")
    return np.asarray(Image.open(file).convert("L"))


@pytest.mark.usefixtures("cat_font")
def test_a_letter_is_drawn_with_an_installed_font_that_has_it():
    assert families(["cat", CAT]) == (["DejaVu Sans", "Only Cats"], "")
    dark = drawn(CAT) < 128
    rows, columns = (np.flatnonzero(dark.any(axis=axis)) for axis in (1, 0))
    square = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert len(rows) == pytest.approx(40 * 100 / 72, abs=2)
    assert square.mean() > 0.95


def test_letters_that_no_font_has_are_named():
    assert families([f"a{CAT}b", "c"]) == (["DejaVu Sans"], CAT)


def test_a_font_that_is_gone_is_left_out(cat_font):
    cat_font.unlink()
    figure_fonts._letters.cache_clear()
    assert families([CAT])[1] == CAT
