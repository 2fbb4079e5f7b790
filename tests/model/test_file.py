import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convscope.errors import ConvscopeError, ModelFileError
from convscope.model.file import Model, from_bytes, load, save
from convscope.network.chain_builder import parse_chain
from convscope.pictures.preparation import Preparation

MakeModel = Callable[..., Model]
Header = dict[str, object]


@pytest.fixture
def path(make_model: MakeModel, tmp_path: Path) -> Path:
    save(make_model(), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def header_of(path: Path) -> tuple[Header, bytes]:
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def write_header(path: Path, header: str, tensors: bytes) -> None:
    encoded = header.encode()
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + tensors)


def change_fields(path: Path, change: Callable[[dict], object]) -> None:
    header, tensors = header_of(path)
    fields = json.loads(header["__metadata__"]["convscope"])
    change(fields)
    header["__metadata__"]["convscope"] = json.dumps(fields)
    write_header(path, json.dumps(header), tensors)


def refusal(path: Path) -> str:
    """The text of the error, which must be a few short lines that name the file."""
    with pytest.raises(ModelFileError) as caught:
        load(path)
    text = str(caught.value)
    assert str(path) in text
    assert len(text.splitlines()) <= 4
    assert len(text) < 700
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    return text


def test_what_is_saved_is_loaded(make_model: MakeModel, tmp_path: Path) -> None:
    model = dataclasses.replace(
        make_model("4C3-AP2o-6N-5N", (1, 9, 8), 2),
        classes=("Kätzchen", "dog, or 'wolf'"),
        preparation=Preparation(1, 9, 8, "pad"),
        temperature=1.5,
        figures={"accuracy": 0.5, "deep": [{"x": None}, True, 3]},
        receipt={"data": "sha256:00", "seed": "0"},
    )
    save(model, tmp_path / "m.safetensors")
    loaded = load(str(tmp_path / "m.safetensors"))
    for field in dataclasses.fields(Model):
        if field.name != "weights":
            assert getattr(loaded, field.name) == getattr(model, field.name)
    assert list(loaded.weights) == list(model.chain.parameters)
    for name, weight in model.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], weight)


def test_other_programs_can_read_the_weights(path: Path, make_model: MakeModel) -> None:
    weights = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(
        weights["convolution_1.weight"], make_model().weights["convolution_1.weight"]
    )


def test_saving_again_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    save(load(path), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_bytes_are_read_as_a_file_is(path: Path) -> None:
    data = path.read_bytes()
    np.testing.assert_equal(from_bytes(data).weights, load(path).weights)
    for damaged in (b"", data[:-1], data + b"x"):
        with pytest.raises(ModelFileError, match="is not a model file"):
            from_bytes(damaged)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing")
    assert "no such file" in refusal(tmp_path)
    (tmp_path / "model.safetensors").mkdir()
    assert "not a file" in refusal(tmp_path)


def test_a_file_that_may_not_be_read(path: Path) -> None:
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "Permission denied" in refusal(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\x00" * 8, b"\x00" * 4096, b"PK\x03\x04" * 100, b'{"a": 1}', b"\xff" * 64]
)
def test_a_foreign_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(content)
    refusal(tmp_path / "m")


def test_a_safetensors_file_of_somebody_else(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"x": np.zeros(3, np.float32)}, tmp_path / "m", {"format": "pt"})
    assert "not one that convscope wrote" in refusal(tmp_path / "m")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_file(path: Path, data: st.DataObject) -> None:
    content = path.read_bytes()
    cut = path.with_name("cut")
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    refusal(cut)


def test_a_file_with_something_after_it(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\x00")
    assert "bytes instead of" in refusal(path)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_header_is_refused_or_harmless(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    end = 8 + int.from_bytes(content[:8], "little")
    place = data.draw(st.integers(0, end - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    damaged = path.with_name("damaged")
    damaged.write_bytes(content)
    try:
        model = load(damaged)
    except ModelFileError:
        refusal(damaged)
    else:
        save(model, path.with_name("harmless"))


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, 2**25 + 1, 0, 1])
def test_a_header_that_lies_about_its_length(path: Path, length: int) -> None:
    path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
    refusal(path)


def test_an_enormous_header_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "m").open("wb") as file:
        file.write((2**34).to_bytes(8, "little"))
        file.truncate(2**34 + 8)  # a sparse file, which takes no space
    assert "header is longer" in refusal(tmp_path / "m")


def test_names_that_stand_twice(path: Path) -> None:
    header, tensors = header_of(path)
    text = json.dumps(header)
    name = '"convolution_1.bias":'
    entry = text[text.index(name) : text.index("}", text.index(name)) + 1]
    write_header(path, text[:-1] + f", {entry}}}", tensors)
    assert "twice" in refusal(path)
    fields = header["__metadata__"]["convscope"]
    header["__metadata__"]["convscope"] = fields[:-1] + ', "temperature": 2.0}'
    write_header(path, json.dumps(header), tensors)
    assert "twice" in refusal(path)


@pytest.mark.parametrize(
    "header",
    [
        "[" * 100_000,
        "{}",
        "[]",
        "1",
        '{"__metadata__": 1}',
        '{"__metadata__": {"convscope": 1}}',
        '{"__metadata__": {"convscope": "[1]"}}',
        '{"__metadata__": {"convscope": "' + "[" * 100_000 + '"}}',
        "\udcff{}",
    ],
)
def test_a_header_of_another_kind(tmp_path: Path, header: str) -> None:
    encoded = header.encode(errors="surrogateescape")
    (tmp_path / "m").write_bytes(len(encoded).to_bytes(8, "little") + encoded)
    refusal(tmp_path / "m")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("format", "1"),
        ("notation", "32K3"),
        ("notation", "8C3-MP2-5N"),
        ("notation", "MP64-MP64-5N"),
        ("notation", "\x1b[2J"),
        ("notation", 3),
        ("classes", ["a", "b"]),
        ("classes", ["a", "b", "a"]),
        ("classes", ["a", "b", ""]),
        ("classes", ["a", "b", "  "]),
        ("classes", ["a", "b", "c\x1b[31m"]),
        ("classes", ["a", "b", "c\nd"]),
        ("classes", ["a", "b", "c" * 256]),
        ("classes", ["a", "b", None]),
        ("classes", "abc"),
        ("classes", [str(n) for n in range(1_000_000)]),
        ("preparation", {"channels": 3, "height": 8, "width": 8}),
        ("preparation", {"channels": 2, "height": 8, "width": 8, "fit": "stretch"}),
        ("preparation", {"channels": 3, "height": 8, "width": 2**40, "fit": "stretch"}),
        ("preparation", {"channels": 3, "height": 8, "width": 8, "fit": "../"}),
        ("preparation", {"channels": 3, "height": 8.5, "width": 8, "fit": "stretch"}),
        ("mean", [1.0, 2.0]),
        ("mean", [1.0, 2.0, float("nan")]),
        ("mean", [1.0, 2.0, float("inf")]),
        ("std", [1.0, 2.0, 0.0]),
        ("std", [1.0, 2.0, -1.0]),
        ("temperature", 0.0),
        ("temperature", "1"),
        ("figures", {"accuracy": float("nan")}),
        ("figures", [1]),
        ("receipt", {"seed": 1}),
        ("receipt", {str(n): "" for n in range(300)}),
        ("pickle", "gASV"),
        ("\x1b[31m" + "x" * 10_000, 1),
    ],
)  # fmt: skip
def test_a_field_outside_its_bounds(path: Path, field: str, value: object) -> None:
    change_fields(path, lambda fields: fields.update({field: value}))
    refusal(path)


def test_a_newer_format_takes_a_newer_version(path: Path) -> None:
    change_fields(path, lambda fields: fields.update(format=2))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert "format 2, which takes a newer convscope" in caught.value.why


@pytest.mark.parametrize(
    "field",
    ["format", "notation", "classes", "preparation", "mean", "std", "temperature", "figures", "receipt"],
)
def test_a_field_that_is_missing(path: Path, field: str) -> None:
    change_fields(path, lambda fields: fields.pop(field))
    refusal(path)


def test_figures_nested_beyond_reason(path: Path) -> None:
    nested: object = 1
    for _ in range(50):
        nested = [nested]
    change_fields(path, lambda fields: fields.update(figures={"x": nested}))
    assert "levels deep" in refusal(path)


def test_a_network_whose_layers_would_fill_the_memory(path: Path) -> None:
    def grow(fields: dict) -> None:
        fields["preparation"].update(height=4096, width=4096)
        fields["notation"] = "65536C1-MP64-MP64"

    change_fields(path, grow)
    assert "for one picture" in refusal(path)


def test_shapes_that_would_fill_the_memory(path: Path) -> None:
    change_fields(path, lambda fields: fields.update(notation="65536C64-65536C64-5N"))
    assert "parameters" in refusal(path)


def change_tensor(path: Path, name: str, **changes: object) -> None:
    header, tensors = header_of(path)
    header[name].update(changes)
    write_header(path, json.dumps(header), tensors)


def test_tensors_that_do_not_belong_to_the_network(path: Path) -> None:
    original = path.read_bytes()
    change_tensor(path, "convolution_1.bias", dtype="I32")
    assert "convolution_1.bias is not float32" in refusal(path)
    path.write_bytes(original)
    change_tensor(path, "convolution_1.weight", shape=[3, 4, 3, 3])
    assert "convolution_1.weight" in refusal(path)
    path.write_bytes(original)
    change_tensor(path, "convolution_1.bias", data_offsets=[4, 20])
    refusal(path)
    path.write_bytes(original)
    change_tensor(path, "convolution_1.bias", data_offsets=[2**62, 2**62 + 16])
    refusal(path)


def test_a_tensor_too_many_and_one_too_few(path: Path) -> None:
    header, tensors = header_of(path)
    write_header(path, json.dumps({**header, "extra\x1b": header["convolution_1.bias"]}), tensors)
    assert "no tensor" in refusal(path)
    del header["convolution_1.bias"]
    write_header(path, json.dumps(header), tensors)
    assert "convolution_1.bias is missing" in refusal(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_no_number(path: Path, value: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-4] + np.float32(value).tobytes())
    assert "not finite" in refusal(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ("a", "b")},
        {"classes": ("a", "b\n", "c")},
        {"mean": (0.0,)},
        {"weights": {}},
        {"chain": parse_chain("4C3-MP2-5N", (3, 9, 9), 3)},
        {"chain": parse_chain("4C3-MP2-5N", (3, 8, 8), 4)},
        {"figures": {"x": float("nan")}},
        {"figures": {"x": object()}},
        {"receipt": {"x": "y" * 100_000}},
    ],
)
def test_what_could_not_be_loaded_is_not_saved(make_model: MakeModel, tmp_path: Path, changes: dict) -> None:
    path = tmp_path / "m"
    path.write_text("what was there before")
    with pytest.raises(ModelFileError, match="cannot save"):
        save(dataclasses.replace(make_model(), **changes), path)
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_weights_of_another_type_are_not_saved(make_model: MakeModel, tmp_path: Path, dtype: type) -> None:
    model = make_model()
    weights = {name: weight.astype(dtype) for name, weight in model.weights.items()}
    with pytest.raises(ModelFileError, match="not float32"):
        save(dataclasses.replace(model, weights=weights), tmp_path / "m")


def test_a_folder_that_is_not_there(make_model: MakeModel, tmp_path: Path) -> None:
    with pytest.raises(ConvscopeError, match="cannot write"):
        save(make_model(), tmp_path / "no" / "m")


def test_a_checkpoint_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-1.safetensors"
    kept = json.dumps({"format": "4", "number": 1, "position": {"epoch": 2}})
    safetensors.numpy.save_file({"network.w": np.zeros(3, np.float32)}, path, {"convscope": kept})
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert "it is a checkpoint of a run that has not ended" in caught.value.why
    assert "train --resume" in caught.value.why
