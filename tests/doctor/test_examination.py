import io

import numpy as np
from PIL import Image

from convscope.doctor.examination import examine
from convscope.pictures.sources import open_source


def test_sizes_are_those_of_the_file_upright_and_not_of_what_was_decoded(tmp_path, photos):
    for label in "ab":
        (tmp_path / label).mkdir()
    photos[0].resize((1600, 800)).save(tmp_path / "a" / "large.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    photos[0].resize((900, 300)).save(tmp_path / "b" / "turned.jpg", exif=exif)
    assert examine(open_source(tmp_path)).sizes.tolist() == [[800, 1600], [900, 300]]


def test_progress_counts_broken_pictures_too(tmp_path, photos):
    for number, photo in enumerate(photos):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        buffer = io.BytesIO()
        photo.save(buffer, "PNG")
        path.write_bytes(buffer.getvalue()[: 100 if number == 3 else None])
    told = []
    seen = examine(open_source(tmp_path), lambda done, total: told.append((done, total)))
    assert told[-1] == (12, 12)
    assert list(seen.broken) == [np.flatnonzero(seen.sizes[:, 0] == 0)[0]]
    assert len(seen.readable) == 11
