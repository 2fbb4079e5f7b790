import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI

from convscope.studio.errands import Errands


@pytest.fixture
def errands(tmp_path):
    return Errands(tmp_path)


def finish(errands, name):
    while errands.look(name).state == "running":
        time.sleep(0.1)
    return errands.look(name)


def test_what_a_command_prints_is_kept(errands, tmp_path):
    assert errands.look("help").state == "not begun"
    errands.start("help", "--help")
    assert errands.look("help").state == "running"
    done = finish(errands, "help")
    assert done.state == "done"
    assert b"doctor" in done.printed
    assert [path.name for path in tmp_path.iterdir()] == ["help.json"]
    assert Errands(tmp_path).look("help") == done
    errands.start("help", "--no-such-option")
    assert errands.look("help") == done


def test_a_command_that_fails_says_why_and_may_be_tried_again(errands):
    errands.start("doctor", "doctor", "no such folder", "--json")
    failed = finish(errands, "doctor")
    assert failed.state == "failed"
    assert "no such folder" in failed.said
    errands.start("doctor", "--help")
    assert finish(errands, "doctor").state == "done"


def test_a_command_that_is_stopped_leaves_nothing(errands, tmp_path):
    errands.start("losses", "losses", "--json")
    errands.stop("losses")
    assert errands.look("losses").state == "not begun"
    assert list(tmp_path.iterdir()) == []
    errands.stop("losses")


def test_what_is_under_way_ends_with_the_application(errands, tmp_path):
    async def run():
        async with errands.running(FastAPI()):
            errands.start("losses", "losses", "--json")

    with ThreadPoolExecutor() as threads:  # this one may have a loop already: a browser's
        threads.submit(lambda: asyncio.run(run())).result()
    assert errands.look("losses").state == "not begun"
    assert list(tmp_path.iterdir()) == []
