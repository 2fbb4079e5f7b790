"""Nothing leaves the machine: no DNS lookups, and no library collects data about the user."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PREDICT = """
import sys
import convscope
classifier = convscope.load(sys.argv[1])
classifier.predict(sys.argv[2])
"""
ESTIMATOR = """
import numpy as np
from convscope import ConvscopeClassifier
import convscope.model.session
"""
CHILDREN = """
import multiprocessing
import os
import sys

def predict(_):
    import convscope
    convscope.load(sys.argv[1]).predict(sys.argv[2])

if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        if method == "forkserver":
            os.environ.clear()  # a child with an empty environment imports convscope itself
        with multiprocessing.get_context(method).Pool(1) as pool:
            pool.map(predict, [0])
"""
COMMAND = [sys.executable, "-m", "convscope"]
HOSTILE = {"ORT_DISABLE_TELEMETRY": "0", "HF_HUB_DISABLE_TELEMETRY": "0", "DO_NOT_TRACK": "0"}


@pytest.fixture
def picture(tmp_path, paint):
    return paint(tmp_path / "picture.png", 40)


@pytest.fixture
def home(tmp_path):
    """An empty home and cache, and an environment that asks libraries to report."""
    home = tmp_path / "home"
    (home / "cache").mkdir(parents=True)
    folders = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "XDG_CONFIG_HOME": home / "config"}
    return home, {**os.environ, **{name: str(path) for name, path in folders.items()}, **HOSTILE}


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def script(folder, text):
    path = folder / "script.py"
    path.write_text(text)
    return [sys.executable, path]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["command", "import", "estimator", "children"])
def test_no_file_about_the_user_appears(way, home, tmp_path, model_path, picture):
    commands = {
        "command": [*COMMAND, "predict"],
        "import": script(tmp_path, PREDICT),
        "estimator": script(tmp_path, ESTIMATOR + PREDICT),
        "children": script(tmp_path, CHILDREN),
    }
    folder, environment = home
    subprocess.run([*commands[way], model_path, picture], env=environment, check=True, timeout=120)
    assert files_below(folder) == []


def test_a_library_that_was_imported_first_is_told_to_stop(home):
    code = (
        "import onnxruntime; from unittest.mock import Mock\n"
        "onnxruntime.disable_telemetry_events = stop = Mock()\n"
        "import convscope\n"
        "assert stop.called"
    )
    subprocess.run([sys.executable, "-c", code], env=home[1], check=True, timeout=60)


def test_the_user_may_allow_it(home):
    code = "import os, convscope; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {**home[1], "CONVSCOPE_ALLOW_TELEMETRY": "1"}
    run = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert run.stdout.split() == [b"0"]


NO_NETWORK = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
WATCH = Path(__file__).with_name("watch_names.py")


@pytest.mark.slow
def test_no_name_is_looked_up(home, tmp_path, model_path, picture):
    """Without a network, a local DNS server records all lookups."""
    if subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED that no name is looked up: this system lets no user make a network namespace")
    folder, environment = home
    commands = [
        [*COMMAND, "train", "digits", "--epochs", "1", "--network", "4C3-MP2-8N", "-o", tmp_path / "run"],
        [*COMMAND, "serve", model_path, "--port", "0"],
        [*COMMAND, "studio", "--no-browser", "--home", tmp_path / "studio"],
        [*COMMAND, "losses"],
        [*COMMAND, "explain", "smiley", "-o", tmp_path / "walk.png"],
        [*script(tmp_path, PREDICT + "import time; time.sleep(60)"), model_path, picture],
        [sys.executable, "-c", "import socket; socket.getaddrinfo('control.example', 80)"],
    ]
    plan = json.dumps([[str(word) for word in command] for command in commands])
    run = subprocess.run(
        [*NO_NETWORK, sys.executable, WATCH, "25"],
        input=plan, env=environment, capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    assert set(json.loads(run.stdout)) == {"control.example"}
    assert [name for name in files_below(folder) if "icrosoft" in name or "onnxruntime" in name] == []
