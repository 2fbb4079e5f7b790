"""Waiting pictures are distributed in shares, and an unreadable picture does not affect its batch."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convscope.classifier import Classifier
from convscope.errors import PictureError
from convscope.serving import pipeline as module
from convscope.serving.metrics import Metrics
from convscope.serving.pipeline import _BATCH_BYTES, Pipeline, _BatchQueue, _Job
from convscope.serving.uploads import Upload

from .conftest import png


def outcome(work):
    """Return the result of a coroutine, run in its own thread: a browser may have a loop in this one."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work).result()


@pytest.fixture(scope="module")
def classifier(brightness):
    return Classifier(brightness, threads=1)


def jobs(classifier, *sizes):
    return [_Job(classifier, Upload(str(place), bytes(size)), None, None) for place, size in enumerate(sizes)]


def taken(waiting, count):
    return [[job.upload.name for job in waiting.next_batch()] for _ in range(count)]


def test_each_worker_takes_its_share_in_order(classifier):
    waiting = _BatchQueue(2)
    waiting.put(jobs(classifier, *[1] * 7))
    assert taken(waiting, 3) == [["0", "1", "2", "3"], ["4", "5"], ["6"]]


def test_no_batch_is_larger_than_what_is_predicted_at_once(classifier):
    waiting, most = _BatchQueue(1), classifier.predictor.batch_size
    waiting.put(jobs(classifier, *[1] * (most + 1)))
    assert [len(batch) for batch in taken(waiting, 2)] == [most, 1]


def test_a_large_file_ends_a_batch(classifier):
    waiting = _BatchQueue(1)
    waiting.put(jobs(classifier, 1, _BATCH_BYTES, 1, 1))
    assert taken(waiting, 2) == [["0", "1"], ["2", "3"]]


def test_classifiers_take_turns(classifier, brightness):
    other, waiting = Classifier(brightness, threads=1), _BatchQueue(2)
    waiting.put([*jobs(classifier, 1, 1, 1), _Job(other, Upload("other", b""), None, None)])
    assert taken(waiting, 3) == [["0", "1"], ["other"], ["2"]]


def test_once_closed_what_waits_is_taken_and_then_there_is_nothing(classifier):
    waiting = _BatchQueue(1)
    waiting.put(jobs(classifier, 1))
    waiting.close()
    assert taken(waiting, 2) == [["0"], []]


@pytest.mark.parametrize(("side", "is_small"), [(64, True), (65, False)])
def test_small_pictures_are_decoded_where_they_arrive_and_large_ones_are_not(brightness, side, is_small):
    threads = []

    class Note(Classifier):
        def prepared(self, *given, **limits):
            pixels = super().prepared(*given, **limits)
            threads.append(threading.current_thread())
            return pixels

    async def answer():
        pipeline = Pipeline(asyncio.get_running_loop(), Metrics(), pixel_limit=10**6)
        under_way = pipeline.submit(Note(brightness, threads=1), Upload("", png(240, side)))
        pipeline.close()
        return await under_way, threading.current_thread()

    right = Classifier(brightness).predict_proba(png(240, side))[0]
    found, arrived = outcome(answer())
    np.testing.assert_array_equal(found.probabilities, right)
    assert [one is arrived for one in threads] == [is_small]


def test_what_nobody_waits_for_any_more_is_not_decoded(brightness, monkeypatch):
    monkeypatch.setattr(module, "processor_count", lambda: 1)  # both pictures are one batch
    decoded, reached, further = [], threading.Event(), threading.Event()

    class Halting(Classifier):
        def prepared(self, picture, name, **limits):
            pixels = super().prepared(picture, name, **limits)
            decoded.append(name)
            reached.set()
            assert further.wait(60)
            return pixels

    async def answer():
        pipeline, classifier = Pipeline(asyncio.get_running_loop(), Metrics(), 10**6), Halting(brightness, 1)
        first, second = (pipeline.submit(classifier, Upload(name, png(240, 65))) for name in "ab")
        await asyncio.to_thread(reached.wait, 60)
        second.cancel()
        further.set()
        await first
        pipeline.close()

    outcome(answer())
    assert decoded == ["a"]


def test_one_bad_picture_spoils_no_batch_and_closing_finishes_all(classifier):
    files = [png(10), b"no picture", png(240)] * 40

    async def outcomes():
        pipeline = Pipeline(asyncio.get_running_loop(), Metrics(), pixel_limit=10**6)
        under_way = [pipeline.submit(classifier, Upload(str(n), data)) for n, data in enumerate(files)]
        under_way[0].cancel()
        pipeline.close()
        return await asyncio.gather(*under_way[1:])

    expected = list(classifier.predict_each(files))[1:]
    for found, right in zip(outcome(outcomes()), expected, strict=True):
        if isinstance(right, PictureError):
            assert str(found).replace(found.what, "") == str(right).replace(right.what, "")
        else:
            assert classifier.prediction(right.name, found) == right
