"""Stopping the studio: quickly and without messages."""

import signal
import socket
import time

import pytest


def sent(studio, head):
    """A connection with a large request that the studio is still processing."""
    connection = socket.create_connection(("127.0.0.1", studio.port), 30)
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


def follow(studio):
    return sent(studio, "GET /api/revisions HTTP/1.1\nHost: localhost\n\n")


def send_half_a_picture(studio):
    head = "POST /api/pictures HTTP/1.1\nHost: localhost\nX-Convscope: 1\nContent-Length: 1000\n\n"
    return sent(studio, f"{head}half")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 1)])
def test_it_ends_silently_and_without_waiting_for_open_connections(start_studio, tmp_path, number, times):
    studio = start_studio()
    with follow(studio) as stream, send_half_a_picture(studio):
        assert stream.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
        time.sleep(0.5)
        for _ in range(times):
            studio.process.send_signal(number)
            time.sleep(0.1)
        assert studio.process.wait(30) == 0
    assert (tmp_path / "studio.log").read_text() == ""
