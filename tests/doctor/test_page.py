import re

import pytest
from PIL import Image

from convscope.doctor import page as module
from convscope.doctor.diagnosis import diagnose
from convscope.doctor.page import page
from convscope.pictures.sources import open_source

NAME = '<img src=x onerror=alert(1)>&".png'


@pytest.fixture
def drawn(tmp_path, photos):
    for label in ("<b>cat", "dog"):
        (tmp_path / label).mkdir()
    photos[0].save(tmp_path / "<b>cat" / NAME)
    photos[0].save(tmp_path / "dog" / "1.png")
    photos[1].resize((900, 880)).save(tmp_path / "dog" / "large.jpg")
    Image.new("RGB", (20, 20)).save(tmp_path / "dog" / "flat.png")
    (tmp_path / "dog" / "cut.png").write_bytes(b"\x89PNG")
    return page(diagnose(open_source(tmp_path)))


def test_names_are_text(drawn):
    assert "<img src=x" not in drawn
    assert "<b>cat" not in drawn
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;&quot;.png" in drawn


def test_nothing_is_asked_for_and_nothing_runs(drawn):
    assert "<script" not in drawn
    assert "default-src 'none'" in drawn
    assert set(re.findall(r'src="(\w+):', drawn)) == {"data"}
    assert "http:" not in drawn
    assert "https:" not in drawn


def test_pictures_are_small(drawn):
    pictures = re.findall(r'src="data:image/(?:png|jpeg);base64,([^"]+)"', drawn)
    assert len(pictures) >= 4
    assert max(map(len, pictures)) < 20_000


def test_a_page_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_GROUPS", 3)
    monkeypatch.setattr(module, "MOST_IN_GROUP", 2)
    for place in range(20):
        path = tmp_path / "ab"[place % 2] / f"{place}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (9, 9), 10 * place).save(path)
    text = page(diagnose(open_source(tmp_path)))
    assert text.count("<figure>") == 3
    assert "17 more pictures" in text
