"""The statements of docs/how-to/serve.md are true."""

import configparser
import inspect
import json
import re
import shlex
from pathlib import Path

from convscope.commands.serve import serve
from convscope.serving.limits import Limits
from convscope.serving.page import PAGE as WEB_PAGE
from convscope.serving.responses import PredictResponse

PAGE = (Path(__file__).parents[2] / "docs/how-to/serve.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)[1]


def test_the_unit_gives_the_service_more_time_to_end_than_it_takes_itself():
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string(block("ini"))
    assert list(unit) == ["DEFAULT", "Unit", "Service", "Install"]
    assert int(unit["Service"]["TimeoutStopSec"]) > Limits().shutdown_seconds
    assert shlex.split(unit["Service"]["ExecStart"])[1:2] == ["serve"]


def test_the_container_file_has_instructions_only_and_runs_as_nobody_special():
    lines = block("dockerfile").splitlines()
    assert all(
        line.split()[0] in {"FROM", "RUN", "COPY", "USER", "EXPOSE", "ENTRYPOINT", "CMD"} for line in lines
    )
    assert (
        json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).split(maxsplit=1)[1])[1]
        == "serve"
    )
    assert lines.index("USER convscope") < next(
        n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT")
    )


def test_the_answer_shown_is_one():
    PredictResponse.model_validate_json(block("json"))


def test_every_option_that_is_named_exists_and_the_limits_are_those_of_the_code():
    known = {f"--{name.replace('_', '-')}" for name in inspect.signature(serve).parameters}
    named = set(re.findall(r"`(--[a-z-]+)`", PAGE))
    assert named
    assert named <= known
    limits = Limits()
    for text in (
        f"{limits.body_bytes // 2**20} MiB", f"{limits.pictures} pictures",
        f"{limits.queued_pictures} pictures",
        f"{limits.pixels // 10**6} million", f"{limits.answer_seconds} seconds",
        f"{limits.request_seconds} seconds", f"{limits.head_bytes // 2**10} KiB",
        f"within {limits.shutdown_seconds} seconds", f"for {limits.idle_seconds} seconds",
    ):  # fmt: skip
        assert text in PAGE


def test_the_page_asks_nobody_else():
    assert not re.search(rb"https?://", WEB_PAGE)
