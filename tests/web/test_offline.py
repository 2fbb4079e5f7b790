"""The offline page in a browser, from a disk: same pixels and predictions as Pillow and ONNX Runtime."""

import dataclasses
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_sample_image

from convscope.errors import NetworkError
from convscope.model import nearest
from convscope.model.export import RAW_BOUND, noise_pictures
from convscope.model.features import compute_features
from convscope.model.predictor import Predictor
from convscope.model.virtual_logit import VirtualLogit
from convscope.network.presets import PRESETS
from convscope.offline.weights import rounded
from convscope.pictures.preparation import Preparation, prepare

ARITHMETIC_BOUND = 1e-5
"""Tolerance of a probability, given the page's weights."""
ORIENTATION_TAG = 0x0112


def differences(model, answers, pictures):
    """Return the largest differences of probabilities to the model, and to it with the page's weights."""
    carried = {name: rounded(weight) for name, weight in model.weights.items()}
    prepared = np.stack([prepare(picture, model.preparation) for picture in pictures])
    largest = []
    for one in (model, dataclasses.replace(model, weights=carried)):
        expected = Predictor(one).probabilities(prepared)
        found = [
            abs(row[model.classes.index(label)] - share)
            for row, answer in zip(expected, answers, strict=True)
            for label, share in zip(answer["labels"], answer["shares"], strict=True)
        ]
        largest.append(max(found))
    return largest


def write(folder, pictures):
    paths = [folder / f"{place}.png" for place in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture[:, :, 0] if picture.shape[2:] == (1,) else picture).save(path)
    return paths


def test_digits(use, make_model, tmp_path):
    model = make_model("8C3-MP2-16C3-MP2-32N", (1, 16, 16), classes=10)
    pictures = list((load_digits().images[:30] * 15).astype(np.uint8))
    with use(model) as show:
        answers = show(write(tmp_path, pictures))
    for answer, picture in zip(answers, pictures, strict=True):
        assert (answer["seen"][:, :, :1] == prepare(picture, model.preparation)).all()
        assert len(answer["labels"]) == 5
        assert answer["shares"] == sorted(answer["shares"], reverse=True)
    exact, carried = differences(model, answers, pictures)
    assert carried <= ARITHMETIC_BOUND
    assert exact <= RAW_BOUND


@pytest.mark.slow
@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_many_sizes_are_prepared_as_in_training(use, make_model, tmp_path, fit, channels):
    """With every kind of step, and windows, strides and paddings that differ in height and width."""
    model = make_model("5C3x2s2x1p1x0-MP2o-6C3p0-AP2x3s1o-7N", (channels, 17, 14), classes=4)
    model = dataclasses.replace(model, preparation=Preparation(channels, 17, 14, fit), temperature=1.7)
    photo = load_sample_image("china.jpg")[:301, :403]
    pictures = [pixels for _, pixels in noise_pictures(model.preparation)] + [photo]
    with use(model) as show:
        answers = show(write(tmp_path, pictures))
    for answer, picture in zip(answers, pictures, strict=True):
        wanted = np.broadcast_to(prepare(picture, model.preparation), (17, 14, 3))
        assert (answer["seen"][:, :, :3] == wanted).all(), picture.shape
    exact, carried = differences(model, answers, pictures)
    assert carried <= ARITHMETIC_BOUND
    assert exact <= RAW_BOUND


BLOCK = "24C1r6-D5s2p1or6-12C1l-(24C1r6-D3r6-12C1l)+"
"""The blocks of EfficientNet-Lite: expand, depthwise, project; and the same with a shortcut."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "notation",
    [
        f"6C3s2p0or6-D3-{BLOCK}-20C1r6-J",
        "4C3x2s1x2p1x0ol-D2x3s2x1p1x2o-(D3l-(5C1-4C3l)+)+-MP2s1-9Nr6-3Nl",
        "5C3-K-MP2-K-D3s2p0or6-K-7C1l-J-6N",
        "16C3-64N",  # enough weights to be rounded
        "J",
    ],
)
def test_networks_with_shortcuts_and_depthwise_convolutions(use, make_model, tmp_path, notation):
    model = make_model(notation, (3, 15, 14), classes=4)
    pictures = list(np.random.default_rng(0).integers(0, 256, (4, 15, 14, 3), np.uint8))
    with use(model) as show:
        answers = show(write(tmp_path, pictures))
    exact, carried = differences(model, answers, pictures)
    assert carried <= ARITHMETIC_BOUND
    assert exact <= RAW_BOUND


PIECES = [
    *("D3", "D3s2p0o-5C1l", "9C3s2or6", "(D3r6)+", "(AP3s1o-D3p2l)+", "((D3)+-D1l)+", "D2x3s2x1p0x2l"),
    *("2C3", "12C2s2", "2C3x2p0", "4C1r6", "8C3p2", "MP2", "MP3s2o", "MP2s1", "AP2", "AP3s2o", BLOCK),
]
HEADS = [[], ["4N"], ["3Nr6", "5Nl"], ["J"], ["K", "AP1", "K", "2C1", "J", "4N"]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_random_networks(use, make_model, tmp_path, seed):
    random = np.random.default_rng(seed)
    while True:
        pieces = [*random.choice(PIECES, random.integers(1, 5)), *HEADS[random.integers(len(HEADS))]]
        shape = int(random.choice([1, 3])), *(int(side) for side in random.integers(4, 20, 2))
        with suppress(NetworkError):
            model = make_model("-".join(pieces), shape, classes=3, seed=seed)
            break
    pictures = list(random.integers(0, 256, (3, *shape[1:], shape[0]), np.uint8))
    with use(model) as show:
        answers = show(write(tmp_path, pictures))
    exact, carried = differences(model, answers, pictures)
    assert carried <= ARITHMETIC_BOUND
    assert exact <= RAW_BOUND


@pytest.mark.slow
@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_photos_of_224_pixels_through_efficientnet_lite0(use, make_model, tmp_path, fit):
    model = make_model(PRESETS["lite0"], (3, 224, 224), classes=3)
    model = dataclasses.replace(model, preparation=Preparation(3, 224, 224, fit), temperature=30.0)
    pictures = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
    with use(model) as show:
        answers = show(write(tmp_path, pictures))
    for answer, picture in zip(answers, pictures, strict=True):
        assert (answer["seen"][:, :, :3] == prepare(picture, model.preparation)).all()
    exact, carried = differences(model, answers, pictures)
    assert carried <= ARITHMETIC_BOUND
    assert exact <= RAW_BOUND


def virtual_logit(features):
    random = np.random.default_rng(0)
    inputs = features.shape[1]
    directions, _ = np.linalg.qr(random.normal(size=(inputs, inputs // 2)))
    origin = random.normal(size=inputs).astype(np.float32)
    return VirtualLogit(origin, directions.astype(np.float32), 0.5, threshold=0.0, rejected_fraction=0.05)


def nearest_of_some(features):
    half = features.shape[1] // 2
    blocks = [slice(0, half), slice(half, features.shape[1])]
    return nearest.fit(
        features[:20],
        blocks,
        np.arange(20),
        np.arange(320, dtype=np.uint8).reshape(20, 16),
        np.arange(20) % 2,
    )


@pytest.mark.parametrize("make_rule", [virtual_logit, nearest_of_some])
@pytest.mark.parametrize("notation", ["4C3-MP2", "4C3-MP2-6N", "4C3-K-D3s2or6-5C1l-J"])
def test_unknown_pictures_are_told_as_the_model_tells_them(use, make_model, tmp_path, notation, make_rule):
    model = make_model(notation, (3, 8, 8))
    pictures = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 3), np.uint8)
    rule = make_rule(np.concatenate([some for _, some in compute_features(model, pictures, np.arange(32))]))
    pictures = list(pictures[20:])
    judged = Predictor(dataclasses.replace(model, open_set=rule)).answers(np.stack(pictures))
    scores = [answer.score for answer in judged]
    model = dataclasses.replace(model, open_set=dataclasses.replace(rule, threshold=float(np.median(scores))))
    with use(model) as show:
        answers = show(write(tmp_path, pictures))
    expected = [answer.unknown for answer in Predictor(model).answers(np.stack(pictures))]
    assert sum(expected) == 6
    assert ["probably none" in answer["text"] for answer in answers] == expected


def test_a_picture_lies_as_its_exif_says_and_transparency_is_white(use, make_model, tmp_path):
    model = make_model("2C3-MP2", (3, 8, 8))
    half = np.zeros((64, 64, 3), np.uint8)
    half[:, :32] = 255
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6  # the left side is to be at the top
    Image.fromarray(half).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    with use(model) as show:
        turned, clear = show([tmp_path / "turned.jpg", tmp_path / "clear.png"])
    assert turned["seen"][:3, :, :3].min() > 250
    assert turned["seen"][-3:, :, :3].max() < 5
    assert (clear["seen"] == 255).all()


def test_what_is_no_picture_or_too_large_is_refused_and_the_rest_goes_on(use, make_model, paint, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "huge.png").write_bytes(empty_png(20_000, 20_000))
    (tmp_path / "long.png").write_bytes(empty_png(40_000, 1))
    good = paint(tmp_path / "good.png", 90)
    with use(make_model()) as show:
        answers = show([tmp_path / name for name in ("text.png", "huge.png", "long.png")] + [good])
        assert "good.png: class" in show.tab.inner_text("[role=status]")
    texts = [answer["text"] for answer in answers]
    assert "finds no picture in it" in texts[0]
    assert "it has 20,000 × 20,000 pixels; the limit is 100,000,000 in all" in texts[1]
    assert "the limit is 32,767 on a side" in texts[2]
    assert answers[3]["labels"]


def empty_png(width, height):
    """A black-and-white PNG whose file is small, however large its picture."""
    lines = zlib.compress(bytes((1 + -(-width // 8)) * height))
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", lines), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_names_are_text(use, make_model, paint, tmp_path):
    name = "<img src=x onerror=alert(1)>"
    model = dataclasses.replace(make_model(), classes=(f"{name} a", f"{name} b", f"{name} c"))
    with use(model) as show:
        (answer,) = show([paint(tmp_path / f"{name}.png", 90)])
        assert show.tab.locator("img").count() == 1
    assert answer["name"] == f"{name}.png"
    assert set(answer["labels"]) == set(model.classes)


def test_the_camera_by_keyboard(use, make_model):
    with use(make_model()) as show:
        show.tab.keyboard.press("Tab")
        while show.tab.evaluate("document.activeElement.textContent") != "Use the camera":
            show.tab.keyboard.press("Tab")
        show.tab.keyboard.press("Enter")
        show.tab.wait_for_selector(".camera .bars")
        assert show.tab.inner_text("[role=status]").startswith("The camera sees class")
        show.tab.keyboard.press("Enter")
        show.tab.wait_for_selector(".camera", state="hidden")
        assert show.tab.evaluate("document.querySelector('video').srcObject") is None


def test_pressing_twice_asks_for_one_camera(use, make_model):
    with use(make_model()) as show:
        asked = show.tab.evaluate(
            """async () => {
              const devices = navigator.mediaDevices;
              const buttons = [...document.querySelectorAll("button")];
              const button = buttons.find((one) => one.textContent === "Use the camera");
              const ask = devices.getUserMedia.bind(devices);
              let asked = 0;
              devices.getUserMedia = (wish) => (asked++, ask(wish));
              button.click();
              button.click();
              await new Promise((resolve) => setTimeout(resolve, 500));
              return asked;
            }"""
        )
        assert asked == 1


def test_a_camera_that_fails_is_switched_off_and_told(use, make_model):
    with use(make_model()) as show:
        show.tab.click("text=Use the camera")
        show.tab.wait_for_selector(".camera .bars")
        show.tab.evaluate("void (createImageBitmap = () => Promise.reject(new Error('unplugged')))")
        show.tab.wait_for_selector(".camera", state="hidden")
        assert show.tab.inner_text("[role=status]") == "The camera cannot be used: unplugged"
        assert show.tab.evaluate("document.querySelector('video').srcObject") is None


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(use, make_model, paint, tmp_path, kind):
    encoded = paint(tmp_path / "grey.png", 90).read_bytes()
    with use(make_model()) as show:
        show.tab.evaluate(
            """([kind, bytes]) => {
              const given = new DataTransfer();
              given.items.add(new File([new Uint8Array(bytes)], "grey.png", { type: "image/png" }));
              const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: given, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: given });
              dispatchEvent(event);
            }""",
            [kind, list(encoded)],
        )
        show.tab.wait_for_selector(".answers li .bars")


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_nothing_sticks_out(use, make_model, paint, tmp_path, width):
    long = tuple(f"{'a' * 200}{n}" for n in range(3))
    with use(dataclasses.replace(make_model(), classes=long)) as show:
        show.tab.set_viewport_size({"width": width, "height": 800})
        show([paint(tmp_path / f"{'b' * 200}.png", 90)])
        assert show.tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_a_deep_network_on_large_pictures_fits_on_the_page(use, make_model, paint, tmp_path, width):
    with use(make_model("4C4s4p0-" + "4C1-" * 40 + "J", (3, 224, 224))) as show:
        show.tab.set_viewport_size({"width": width, "height": 800})
        show([paint(tmp_path / "grey.png", 90)])
        assert show.tab.evaluate("document.documentElement.scrollWidth") <= width
        assert show.tab.locator(".top").bounding_box()["height"] < 100
        assert show.tab.locator(".answers canvas").bounding_box()["width"] <= 128


@pytest.mark.parametrize(
    ("thresholds", "above"),
    [(None, 1), ((0.999999,) * 3, 0), ((1e-6, 0.999999, 1e-6), 2)],
    ids=["one class", "none of the labels", "two labels"],
)
def test_what_is_bold_is_the_answer_and_nothing_else(use, make_model, tmp_path, thresholds, above):
    model = make_model("4C3-MP2", (3, 12, 12), seed=2, thresholds=thresholds)
    picture = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    with use(model) as show:
        (answer,) = show(write(tmp_path, [picture]))
        weights = show.tab.eval_on_selector_all(
            ".answers tbody th", "found => found.map(one => Number(getComputedStyle(one).fontWeight))"
        )
    bold = [name for name, weight in zip(answer["labels"], weights, strict=True) if weight >= 600]
    if thresholds is None:
        assert bold == answer["labels"][:1]
    else:
        (shares,) = Predictor(model).probabilities(picture[np.newaxis])
        assert set(bold) == {model.classes[k] for k in np.flatnonzero(shares >= thresholds)}
    assert len(bold) == above
