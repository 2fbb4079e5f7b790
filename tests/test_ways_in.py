"""Commands, service, studio, walk and ONNX file predict pictures of every kind like `Classifier.predict`.

Reading pixels in Python is tested in pictures/test_one_picture_one_answer.py, the offline page in
web/test_picture_kinds.py.
"""

from __future__ import annotations

import base64
import csv
import http.client
import json
import re
import subprocess
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import onnxruntime
import pytest

from convscope.classifier import Classifier
from convscope.errors import PictureError
from convscope.model.export import export
from convscope.model.file import save
from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.reading import read
from convscope.walkthrough.compute import prepare_input, step_engine
from convscope.walkthrough.walk import walk_steps
from picture_kinds import KINDS as COMMON_KINDS
from rare_picture_kinds import RARE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convscope.walkthrough.document import Walk

KINDS = {**COMMON_KINDS, **RARE_KINDS}
FILES = {name: f"{number:03}{kind.suffix}" for number, (name, kind) in enumerate(KINDS.items())}
CLASSES = 4
BOUND = 2e-6
BOUNDARY = "a-boundary-that-no-picture-holds"
REFUSED = None
"""The answer for a refused picture."""
ONNX_PAGE = Path(__file__).parent.parent / "docs/reference/onnx.md"


Fork: TypeAlias = "Callable[..., subprocess.Popen[str]]"


class Given(NamedTuple):
    """The model, and a folder of class folders with all kinds of pictures."""

    classifier: Classifier
    model: Path
    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / f"class {[*KINDS].index(name) % CLASSES}" / FILES[name]


Answers = dict[str, dict[str, float] | None]


@pytest.fixture(scope="module")
def given(make_model, tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("ways")
    model = make_model("6C3-MP2-24N", (3, 16, 12), classes=CLASSES)
    save(model, folder / "model.safetensors")
    found = Given(Classifier(model), folder / "model.safetensors", folder / "kinds")
    for name, kind in KINDS.items():
        found.path(name).parent.mkdir(parents=True, exist_ok=True)
        found.path(name).write_bytes(kind.data)
    return found


@pytest.fixture(scope="module")
def expected(given: Given) -> Answers:
    paths = [given.path(name) for name in KINDS]
    found = given.classifier.predict_each(paths, top=CLASSES)
    return {
        name: REFUSED if isinstance(answer, PictureError) else dict(answer.top)
        for name, answer in zip(KINDS, found, strict=True)
    }


def check(found: Answers, expected: Answers) -> None:
    """Compare all answers; some interfaces omit classes other than the most probable."""
    assert found.keys() == expected.keys()
    wrong: dict[str, object] = {}
    for name, answer in found.items():
        right = expected[name]
        if answer is None or right is None:
            if answer is not right:
                wrong[name] = (answer, right)
        elif max(abs(share - right[label]) for label, share in answer.items()) > BOUND:
            wrong[name] = (answer, right)
    assert wrong == {}


def test_the_table_has_at_least_forty_kinds_that_are_answered(expected: Answers) -> None:
    assert sum(answer is not REFUSED for answer in expected.values()) > 100
    assert {name for name, answer in expected.items() if answer is REFUSED} == {
        name for name, kind in KINDS.items() if kind.pixels is None
    }


def test_the_command_with_files_a_folder_and_a_pattern(given: Given, expected: Answers, fork: Fork) -> None:
    """All three in one run: pictures are predicted in the order of the arguments."""
    files = [given.path(name) for name in KINDS]
    ways = [*map(str, files), str(given.folder), f"{given.folder}/*/*"]
    process = fork("predict", given.model, *ways, "--json", "--top", CLASSES)
    output, errors = process.communicate()
    assert process.returncode == 1
    lines = [json.loads(line) for line in output.splitlines()]
    answered = sum(answer is not REFUSED for answer in expected.values())
    assert len(lines) == 3 * answered
    names = {str(given.path(name)): name for name in KINDS}
    for way in range(3):
        found: Answers = dict.fromkeys(KINDS, REFUSED)
        for line in lines[way * answered : (way + 1) * answered]:
            found[names[line["picture"]]] = {one["class"]: one["probability"] for one in line["classes"]}
        check(found, expected)
    refusals = re.findall(r"^cannot read the picture (.+)$", errors, re.MULTILINE)
    assert len(refusals) == 3 * (len(KINDS) - answered)


def test_evaluate(given: Given, expected: Answers, tmp_path: Path, fork: Fork) -> None:
    process = fork("evaluate", given.model, given.folder, "--part", "all", "--csv", tmp_path / "all.csv")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    found: Answers = dict.fromkeys(KINDS, REFUSED)
    names = {file: name for name, file in FILES.items()}
    with (tmp_path / "all.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            name = names[Path(row["picture"]).name]
            assert row["truth"] == given.path(name).parent.name
            found[name] = {row["answer"]: float(row["probability"])}
    check(found, expected)


def of_walks(names: list[str], walk_of: Callable[[str], Walk]) -> Answers:
    found: Answers = {}
    for name in names:
        try:
            walk = walk_of(name)
        except PictureError:
            found[name] = REFUSED
        else:
            found[name] = dict(zip(walk.classes, walk.probabilities, strict=True))
    return found


def test_the_walk(given: Given, expected: Answers) -> None:
    names = [*KINDS][::45]
    found = of_walks(names, lambda name: given.classifier.explain(given.path(name)).walk)
    check(found, {name: expected[name] for name in names})


@pytest.mark.slow
def test_the_steps_of_a_walk(given: Given, expected: Answers) -> None:
    """All kinds, without the explanations, which do not depend on the kind of a picture and take long."""
    model = given.classifier.model
    engine = step_engine(model)
    found = of_walks([*KINDS], lambda name: walk_steps(model, prepare_input(given.path(name), model), engine))
    check(found, expected)


@contextmanager
def listening(fork: Fork, *arguments: object) -> Iterator[int]:
    """Run a command that listens, and yield the port."""
    with fork(*arguments, "--port", 0, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            port = re.search(r":(\d+)(/|$)", process.stdout.readline().strip())
            assert port
            yield int(port[1])
        finally:
            process.terminate()
            process.wait(60)


def ask(connection: http.client.HTTPConnection, path: str, body: bytes, kind: str) -> dict[str, Any]:
    connection.request("POST", path, body, {"content-type": kind, "X-Convscope": "1"})
    answer = json.loads(connection.getresponse().read())
    assert isinstance(answer, dict)
    return answer


@pytest.fixture(scope="module")
def service(given: Given, fork: Fork) -> Iterator[http.client.HTTPConnection]:
    with ExitStack() as stack:
        port = stack.enter_context(listening(fork, "serve", f"kinds={given.model}"))
        yield stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)))


def of_service(prediction: dict[str, Any]) -> dict[str, float] | None:
    if not prediction.get("classes"):
        return REFUSED
    return {one["class"]: one["probability"] for one in prediction["classes"]}


def as_form(kinds: list[str]) -> tuple[str, bytes]:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="p"; filename="{FILES[name]}"\r\n\r\n'.encode()
        + KINDS[name].data
        + b"\r\n"
        for name in kinds
    ]
    return f"multipart/form-data; boundary={BOUNDARY}", b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def as_json(kinds: list[str]) -> tuple[str, bytes]:
    encoded = [{"name": FILES[name], "data": base64.b64encode(KINDS[name].data).decode()} for name in kinds]
    return "application/json", json.dumps({"pictures": encoded}).encode()


@pytest.mark.parametrize("write", [as_form, as_json])
def test_several_pictures_over_http(
    write: Callable[[list[str]], tuple[str, bytes]],
    service: http.client.HTTPConnection,
    expected: Answers,
) -> None:
    names, found = [*KINDS], {}
    for start in range(0, len(names), 16):
        some = names[start : start + 16]
        kind, body = write(some)
        answer = ask(service, f"/models/kinds/predict?top={CLASSES}", body, kind)
        found |= dict(zip(some, map(of_service, answer["predictions"]), strict=True))
    check(found, expected)


def test_a_picture_as_the_body_over_http(service: http.client.HTTPConnection, expected: Answers) -> None:
    found: Answers = {}
    for name, kind in KINDS.items():
        answer = ask(service, f"/models/kinds/predict?top={CLASSES}", kind.data, "image/png")
        found[name] = of_service(answer["predictions"][0]) if "predictions" in answer else REFUSED
    check(found, expected)


def test_the_studio(given: Given, expected: Answers, tmp_path: Path, fork: Fork) -> None:
    found: Answers = {}
    with ExitStack() as stack:
        port = stack.enter_context(
            listening(fork, "studio", "--no-browser", "--folder", tmp_path / "home", given.model)
        )
        connection = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)))
        connection.request("GET", "/api/models", headers={"X-Convscope": "1"})
        models = json.loads(connection.getresponse().read())["models"]
        model = next(one["id"] for one in models if "ways" in one["name"])
        for name, kind in KINDS.items():
            answer = ask(connection, f"/api/models/{model}/preview", kind.data, "image/png")
            shares = "classes" in answer and dict(
                zip(answer["classes"], answer["probabilities"], strict=True)
            )
            found[name] = shares or REFUSED
    check(found, expected)


def documented_pixels() -> Callable[[Path], np.ndarray]:
    """Return the function for programs without convscope from the page about the ONNX file."""
    (program,) = re.findall(r"```python\n(.*?def pixels.*?)```", ONNX_PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Callable[[Path], np.ndarray]] = {}
    exec(program.partition("\nsession")[0], names)  # our own page
    return names["pixels"]


def test_the_onnx_file_with_the_pixels_that_its_page_tells_to_give_it(
    given: Given, expected: Answers, tmp_path: Path
) -> None:
    export(given.classifier.model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    by_page, by_reader = dict(expected), dict(expected)
    pixels = documented_pixels()

    def answer(picture: np.ndarray) -> dict[str, float]:
        (shares,) = session.run(["probabilities"], {"pictures": picture[np.newaxis]})
        return dict(zip(given.classifier.classes, shares[0].tolist(), strict=True))

    told = 0
    for name, kind in KINDS.items():
        if kind.pixels is None:
            continue
        reading = read(kind.data, name)
        by_reader[name] = answer(reading.pixels)
        if not reading.is_deep and " a sign" not in name:
            with pillow_warnings_ignored, suppress(SyntaxError, ValueError):  # Pillow's, of odd metadata
                by_page[name] = answer(pixels(given.path(name)))
                told += 1
    check(by_reader, expected)
    check(by_page, expected)
    assert told > 90
