import io
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from convscope.errors import PictureError, RequestError
from convscope.studio.data import thumbnails
from convscope.studio.data.thumbnails import ThumbnailStore
from convscope.studio.sources import Sources
from convscope.studio.studio_folder import StudioFolder


@pytest.fixture
def opened(tmp_path, pets):
    return open_source(tmp_path, pets)


def open_source(tmp_path, pets):
    return Sources(StudioFolder(tmp_path / "home")).open_at(str(pets))


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_after_many_requests_thumbnails_come_from_the_store_and_are_the_same(opened, cache, monkeypatch):
    monkeypatch.setattr(thumbnails, "MANY", 3)
    store = ThumbnailStore()
    before = [pixels(store.png(opened, index)) for index in range(3)]
    end = time.monotonic() + 60
    while not store._built and time.monotonic() < end:
        time.sleep(0.01)
    assert len(list(cache.rglob("thumbnails.bin"))) == 1
    monkeypatch.setattr(thumbnails, "read_picture", None)  # no picture is decoded any more
    for index, was in enumerate(before):
        np.testing.assert_array_equal(pixels(store.png(opened, index)), was)


def test_many_threads_build_the_store_once(opened, monkeypatch):
    class Hesitant(Counter):
        def __getitem__(self, key):
            found = super().__getitem__(key)
            time.sleep(0.002)  # others continue in the meantime, unless they have to wait
            return found

    built = []
    monkeypatch.setattr(thumbnails, "MANY", 20)
    monkeypatch.setattr(thumbnails, "build_thumbnails", built.append)
    store = ThumbnailStore()
    store._requests = Hesitant()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.png(opened, n % 8), range(40)))
    assert store._requests[opened.fingerprint] == 40
    assert built == [opened.source]


def test_a_few_are_decoded_one_by_one(opened, cache):
    store = ThumbnailStore()
    for index in range(len(opened.source.items)):
        store.png(opened, index)
    assert list(cache.iterdir()) == []


def test_what_is_not_there_or_cannot_be_read(tmp_path, pets, cache):  # noqa: ARG001
    (pets / "dark" / "broken.png").write_bytes(b"no picture")
    opened = open_source(tmp_path, pets)
    store = ThumbnailStore()
    with pytest.raises(RequestError, match="there is no picture 21"):
        store.png(opened, 21)
    (broken,) = [n for n, item in enumerate(opened.source.items) if item.name.endswith("broken.png")]
    with pytest.raises(PictureError):
        store.png(opened, broken)


@pytest.mark.slow
def test_over_a_socket_a_picture_that_is_known_is_not_sent_again(studio_server):
    address = f"/api/data/{studio_server.data('digits')}/pictures"
    status, headers, body = studio_server.ask("GET", f"{address}/7")
    assert (status, headers["cache-control"]) == (200, "private, no-cache")
    assert pixels(body).shape == (8, 8)
    assert studio_server.ask("GET", f"{address}/7", if_none_match=headers["etag"])[0] == 304
    assert studio_server.ask("GET", f"{address}/8", if_none_match=headers["etag"])[0] == 200
