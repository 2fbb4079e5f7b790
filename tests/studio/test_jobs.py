import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI

from convscope.common.locking import locked
from convscope.studio.jobs import Jobs
from convscope.training.events import EpochDone
from convscope.training.listeners.event_log import EventLog

NETWORK = ("network", "4C3-MP2", "--input", "1x8x8", "--json")


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path)


def finish(jobs, name):
    while jobs.look(name).state == "running":
        time.sleep(0.05)
    return jobs.look(name)


def test_what_a_command_prints_is_kept(jobs, tmp_path):
    assert jobs.look("network").state == "not started"
    jobs.start("network", *NETWORK)
    assert jobs.look("network").state == "running"
    done = finish(jobs, "network")
    assert done.state == "done"
    assert done.output["network"] == "4C3-MP2"
    assert Jobs(tmp_path).look("network") == done


def test_a_job_that_is_running_is_not_started_again(jobs, tmp_path):
    jobs.start("losses", "losses", "--json")
    process = (tmp_path / "losses" / "process").read_text()
    jobs.start("losses", *NETWORK)
    assert (tmp_path / "losses" / "process").read_text() == process
    jobs.stop("losses")


@pytest.mark.slow
def test_a_command_that_fails_says_why_and_may_be_tried_again(jobs):
    jobs.start("doctor", "doctor", "no such folder", "--json")
    failed = finish(jobs, "doctor")
    assert (failed.state, failed.output) == ("failed", None)
    assert "no such folder" in failed.error
    jobs.start("doctor", *NETWORK)
    assert finish(jobs, "doctor").state == "done"


def test_a_process_that_was_killed_has_failed(jobs, tmp_path):
    jobs.start("losses", "losses", "--json")
    os.kill(int((tmp_path / "losses" / "process").read_text()), signal.SIGKILL)
    assert finish(jobs, "losses").state == "failed"


def test_a_command_that_is_stopped_leaves_nothing(jobs, tmp_path):
    jobs.start("losses", "losses", "--json")
    jobs.stop("losses")
    assert jobs.look("losses").state == "not started"
    assert list(tmp_path.iterdir()) == []
    jobs.stop("losses")


def test_jobs_of_a_studio_that_was_killed_are_known_and_can_be_stopped(tmp_path):
    start = "import sys, pathlib, convscope.studio.jobs as j; "
    start += "j.Jobs(pathlib.Path(sys.argv[1])).start('losses', 'losses', '--json')"
    subprocess.run([sys.executable, "-c", start, tmp_path], check=True, timeout=60)
    jobs = Jobs(tmp_path)
    assert jobs.look("losses").state == "running"
    jobs.start("losses", *NETWORK)  # which it is already
    jobs.stop("losses")
    assert list(tmp_path.iterdir()) == []


def test_jobs_end_with_the_application_unless_they_are_detached(jobs):
    async def run():
        async with jobs.lifespan(FastAPI()):
            jobs.start("losses", "losses", "--json")
            jobs.start("training", "losses", "--json", detached=True)

    with ThreadPoolExecutor() as threads:  # this thread may already have a browser's event loop
        threads.submit(lambda: asyncio.run(run())).result()
    assert jobs.look("losses").state == "not started"
    assert jobs.look("training").state == "running"
    jobs.stop("training")


def test_progress_is_that_of_the_last_event(jobs, tmp_path):
    (tmp_path / "search").mkdir()
    with locked(tmp_path / "search"):  # like a running process
        assert jobs.look("search").progress is None
        log = EventLog(jobs.events_path("search"))
        assert jobs.look("search").progress is None
        for epoch in (1, 3):
            log(EpochDone(epoch, 12, 0.1, 0.5, 0.75, None, None, 1e4, 1.0, remaining_seconds=90.0 / epoch))
        with jobs.events_path("search").open("a") as file:
            file.write('{"event": "Step')
        progress = jobs.look("search").progress
        assert (progress.done_fraction, progress.remaining_seconds) == (0.25, 30)
    assert jobs.look("search").state == "not started"
