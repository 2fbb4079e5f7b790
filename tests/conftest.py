import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import axe_playwright_python
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright
from pydantic import BaseModel
from sklearn.datasets import load_sample_images

from convscope.common.processors import processor_count
from convscope.model.file import Model, save
from convscope.network.chain_builder import parse_chain
from convscope.pictures.preparation import Preparation
from convscope.walkthrough.arrays import EncodedArray

from .forked import Forked, Forking

Copy = Callable[..., Image.Image]
MakeModel = Callable[..., Model]
Theme = Literal["light", "dark"]
MakeOnce = Callable[[str, Callable[[Path], object]], Path]
NO_CHROMIUM = "no Chromium: install your system's, or run `playwright install chromium`"
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ),  # a camera, and permission to use it
]

# Worker processes share the processors, and threads of several workers would busy-wait for each other.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    share = max(1, processor_count() // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(share))

# The duration of an example depends on the machine, not on the code.
settings.register_profile("convscope", deadline=None)
settings.load_profile("convscope")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Let Ctrl-C interrupt the tests and their child processes, even if it is ignored (under `nohup`)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Makes an expensive file once for all worker processes, in the first one that needs it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def make_once(name: str, write: Callable[[Path], object]) -> Path:
        path = folder / name
        with FileLock(f"{path}.lock"):
            if not path.exists():
                write(path)
        return path

    return make_once


@pytest.fixture(scope="session")
def fork() -> Iterator[Callable[..., Forked]]:
    """Starts `convscope` in a process forked from one that has already imported what commands need."""
    forking = Forking()
    yield partial(Forked, forking)
    forking.close()


@pytest.fixture(scope="session")
def brightness() -> Model:
    """A model that separates dark from bright pictures by their mean, so that correct results are known."""
    weights = {
        "full_connection_1.weight": np.array([[-4], [4]], np.float32),
        "full_connection_1.bias": np.zeros(2, np.float32),
    }
    size = Preparation(1, 8, 8)
    chain = parse_chain("AP8", size.shape, 2)
    return Model(chain, ("dark", "bright"), size, (127.5,), (127.5,), weights)


@pytest.fixture
def model_path(brightness: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save(brightness, path)
    return path


@pytest.fixture
def paint() -> Callable[..., Path]:
    """Writes a picture with one grey level, with noise so that all files differ."""

    def write(path: Path, grey: int, seed: int = 0) -> Path:
        noise = np.random.default_rng(seed).integers(0, 8, (12, 10))
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((noise + grey).astype(np.uint8)).save(path)
        return path

    return write


@pytest.fixture
def pets(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    """A folder with ten dark and ten bright pictures, two of the bright ones among the dark."""
    for place in range(10):
        paint(tmp_path / "pets" / "dark" / f"{place}.png", 200 if place < 2 else 20, seed=place)
        paint(tmp_path / "pets" / "bright" / f"{place}.png", 220, seed=100 + place)
    return tmp_path / "pets"


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder instead of the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CONVSCOPE_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """Builds a model with random weights (He et al., 2015): activations neither vanish nor explode."""

    def make(
        notation: str = "4C3-MP2-5N",
        shape: tuple[int, int, int] = (3, 8, 8),
        classes: int = 3,
        seed: int = 0,
        thresholds: tuple[float, ...] | None = None,
    ) -> Model:
        random = np.random.default_rng(seed)
        channels, height, width = shape
        chain = parse_chain(notation, shape, classes, "softmax" if thresholds is None else "sigmoid")
        weights = {
            name: random.normal(0, np.sqrt(2 / max(1, np.prod(size[1:]))), size).astype(np.float32)
            for name, size in chain.parameters.items()
        }
        names = tuple(f"class {n}" for n in range(classes))
        mean, std = random.uniform(100, 150, channels), random.uniform(50, 70, channels)
        preparation = Preparation(channels, height, width)
        scale = tuple(mean.tolist()), tuple(std.tolist())
        return Model(chain, names, preparation, *scale, weights, thresholds=thresholds)

    return make


@pytest.fixture(scope="session")
def unpacked() -> Callable[[BaseModel], object]:
    """Returns a walk's document with the numbers of its arrays, at any compression level."""

    def unpack(found: object) -> object:
        match found:
            case EncodedArray():
                return found.dtype, found.shape, found.values().tolist(), found.scales
            case BaseModel():
                return {name: unpack(value) for name, value in found}
            case list():
                return [unpack(one) for one in found]
            case _:
                return found

    return unpack


@pytest.fixture(scope="session")
def browser():
    """A real browser; without one, tests are skipped locally and fail in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_CHROMIUM)
        started = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[tuple[str, str]]]:
    """Returns violations on a page found by axe (https://github.com/dequelabs/axe-core): rules and elements.

    A dark page differs from the light one only in its colours, so only those rules are checked there.
    """
    script = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    run = """async () => {
        const dark = matchMedia("(prefers-color-scheme: dark)").matches;
        const colours = dark ? { runOnly: ["color-contrast", "link-in-text-block"] } : {};
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        const { violations } = await axe.run({ resultTypes: ["violations"], ...colours });
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => [id, html.slice(0, 200)]));
    }"""

    def violations(page: Page) -> list[tuple[str, str]]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        return page.evaluate(run)

    return violations


@pytest.fixture(scope="session")
def audit(axe: Callable[[Page], list[tuple[str, str]]]) -> Callable[..., list[tuple[object, ...]]]:
    """Returns what is wrong with a page in each theme: its width, the theme, and the rule and the element.

    Violations found by axe, and the width of a page that is wider than its window. Colours do not depend on
    the width, so a dark page is checked at one width.
    """
    widths = {"light": (360, 1280), "dark": (1280,)}

    def wrong(page: Page, *themes: Theme) -> list[tuple[object, ...]]:
        found = []
        for theme in themes:
            page.emulate_media(color_scheme=theme)
            for width in widths[theme]:
                page.set_viewport_size({"width": width, "height": 800})
                found += [(width, theme, *one) for one in axe(page)]
                if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
                    found.append((width, theme, "too wide", needed))
        return found

    return wrong


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report at the end, in red, how many page tests were skipped without a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = sum(NO_CHROMIUM in str(report.longrepr) for report in skipped)
    if missing:
        terminalreporter.section("pages were not tested", red=True, bold=True)
        terminalreporter.write_line(f"{missing} tests skipped: {NO_CHROMIUM}", red=True)


@pytest.fixture(scope="session")
def photos() -> list[Image.Image]:
    """Twelve pieces of scikit-learn's two photos, with real texture, all different."""
    china, flower = (Image.fromarray(pixels) for pixels in load_sample_images().images)
    boxes = [(x, y, x + 210, y + 210) for x in (0, 215, 430) for y in (0, 215)]
    return [photo.crop(box) for photo in (china, flower) for box in boxes]


@pytest.fixture(scope="session")
def copy() -> Copy:
    """Makes a copy of a picture like those on the web."""

    def make(image, *, scale=1.0, quality=None, mirrored=False, cropped=(0, 0, 0, 0)):
        width, height = image.size
        left, top, right, bottom = cropped
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        image = image.crop(tuple(round(edge) for edge in box))
        image = ImageOps.mirror(image) if mirrored else image
        image = image.resize((round(image.width * scale), round(image.height * scale)))
        if quality:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=quality)
            image = Image.open(buffer)
        return image

    return make


@pytest.fixture(scope="session")
def thumbnails() -> Callable[..., np.ndarray]:
    def make(images):
        small = [image.convert("L").resize((32, 32), Image.Resampling.BILINEAR) for image in images]
        return np.stack([np.asarray(image) for image in small])

    return make
