"""Replaced models and shutdown: accepted requests are answered, and answered correctly."""

import dataclasses
import signal
import threading
import time

import pytest

from convscope.model.file import save

from .conftest import png


def flipped(model):
    """The same model with its classes exchanged."""
    return dataclasses.replace(model, classes=tuple(reversed(model.classes)))


def label(answer):
    return answer["predictions"][0]["classes"][0]["class"]


@pytest.mark.slow
def test_a_replaced_file_is_served_soon_and_no_request_is_lost(serve, brightness, model_path):
    service = serve()
    answers, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            answers.append(service.predict(png(10)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    save(flipped(brightness), model_path)
    limit = time.monotonic() + 30
    while label(service.predict(png(10))[1]) == "dark" and time.monotonic() < limit:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {200}
    assert {label(answer) for _, answer in answers} == {"dark", "bright"}
    assert label(service.predict(png(10))[1]) == "bright"
    assert b'convscope_reloads_total{model="tone",outcome="done"} 1.0\n' in service.ask("GET", "/metrics")[2]


@pytest.mark.slow
def test_a_file_that_cannot_be_used_changes_nothing_and_is_told(serve, model_path):
    service = serve()
    model_path.write_bytes(b"broken")
    limit = time.monotonic() + 30
    while not (told := [line for line in service.lines() if line["event"] == "model reloaded"]):
        assert time.monotonic() < limit
        time.sleep(0.1)
    assert (told[0]["level"], told[0]["outcome"]) == ("warning", "failed")
    assert "not a model file" in told[0]["why"]
    model_path.unlink()
    time.sleep(1.5)
    assert label(service.predict(png(10))[1]) == "dark"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_answers_what_it_took(serve, number):
    service = serve()
    with service.open() as connection:
        data = png(10)
        connection.sendall(
            b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: %d\r\n\r\n" % len(data)
        )
        time.sleep(0.3)
        service.process.send_signal(number)
        time.sleep(0.3)
        connection.sendall(data)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"dark" in answer
    assert service.process.wait(30) == 0
    assert service.lines()[-1]["event"] == "ended"


def test_told_twice_it_ends_at_once_and_tells_of_no_error(serve):
    service = serve()
    with service.open() as connection:
        connection.sendall(
            b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: 1000\r\n\r\nhalf"
        )
        time.sleep(0.3)
        for _ in range(2):
            service.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        assert service.process.wait(5) == 0
    assert {line["level"] for line in service.lines()} == {"info"}
    assert service.lines()[-1]["event"] == "ended"
