"""Kills trainings at random moments until each has finished.

    python kill.py PICTURES FOLDER KILLS

Every attempt is a separate process that runs the command line; it is forked, so that imports only take time
once. The moment of the kill is drawn in seconds of processor time, so that it does not depend on the load of
the machine. Checkpoints are written far more often than usual. FOLDER/kills.json contains the number of
kills, and their moments.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from convscope.commands import app, main
from convscope.model.receipt import code_digest
from convscope.training.runs import checkpoint

EPOCHS = 12
CHECKPOINT_SECONDS = 0.01
TICK = os.sysconf("SC_CLK_TCK")


def start(folder, arguments, threads):
    """Fork a process that runs `convscope train`."""
    pid = os.fork()
    if pid:
        return pid
    try:
        checkpoint.SECONDS_BETWEEN = CHECKPOINT_SECONDS
        os.environ["CONVSCOPE_CACHE"] = str(folder / "cache")
        os.environ["OMP_NUM_THREADS"] = str(threads)
        output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.argv = ["convscope", "train", *map(str, arguments)]
        main()
    except SystemExit as end:
        os._exit(end.code)
    finally:
        os._exit(1)


def used_seconds(pid):
    """Return the processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def finish(pid, most_seconds=float("inf")):
    """Wait for its end, or kill it when it has used this much time. Return (killed, seconds used)."""
    while True:
        used = used_seconds(pid)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended and used >= most_seconds:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        if ended or used >= most_seconds:
            killed = os.WIFSIGNALED(status)
            assert killed or os.waitstatus_to_exitcode(status) == 0, status
            return killed, used
        time.sleep(0.002)


def settings(pictures, run):
    return [
        *(pictures, "--output", run, "--network", "4C3-MP2-8C3-MP2", "--epochs", EPOCHS, "--batch-size", 10),
        *("--size", 16, "--precision", "fp32"),
    ]


def kill_until_done(pictures, folder, moments, whole_seconds):
    """Train with kills at random moments; return their number by stage of the run."""
    kills = []
    run = folder / "run"
    while not (run / "model.safetensors").exists() or (run / "run.json").exists():
        # the number of threads is recorded at the start of a run; later, the same number computes
        begun = (run / "run.json").exists()
        arguments = ["--resume", run] if begun else settings(pictures, run)
        pid = start(folder, arguments, moments.choice([1, 3]) if begun else 1)
        killed, _ = finish(pid, moments.uniform(0, 1) * whole_seconds)
        if killed:
            kills.append(stage(run))
    return kills


def stage(run):
    """Return the stage of a killed run, from its files."""
    if not (run / "run.json").exists():
        return "ended" if (run / "model.safetensors").exists() else "before the run"
    if (run / "pictures.csv").exists():
        return "report"
    return "training" if list(run.glob("checkpoint-*")) else "preparing"


def program(pictures, folder, kills):
    code_digest()  # inherited by all forks, so that the code may change while this runs
    folder.mkdir()
    for name in ("first", "whole"):  # the first fills caches; kills drawn from its time would come too late
        (folder / name).mkdir()
        _, seconds = finish(start(folder / name, settings(pictures, folder / name / "run"), 1))
    moments = random.Random(0)
    stages = []
    rounds = 0
    while len(stages) < kills:
        (folder / str(rounds)).mkdir()
        stages += kill_until_done(pictures, folder / str(rounds), moments, seconds)
        rounds += 1
    counts = {name: stages.count(name) for name in sorted(set(stages))}
    (folder / "kills.json").write_text(json.dumps({"kills": counts, "rounds": rounds, "seconds": seconds}))


if __name__ == "__main__":
    assert app
    program(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
