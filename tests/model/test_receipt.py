from pathlib import Path

import numpy as np
import pytest

import convscope
from convscope.model.receipt import code_digest, digest, environment, write_receipt
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store

pytestmark = pytest.mark.usefixtures("cache")


def test_a_receipt_says_what_a_model_was_made_from(pets):
    store = build_store(open_source(pets), Preparation(1, 8, 8))
    receipt = write_receipt(store, split(store), data="pets", settings="{}", seed=3, threads=2)
    assert receipt["data_digest"] == store.digest
    assert receipt["settings_digest"] == digest(b"{}")
    assert (receipt["seed"], receipt["threads"]) == ("3", "2")
    assert receipt["numpy"] == np.__version__
    assert all(isinstance(text, str) for text in receipt.values())
    assert environment().items() <= receipt.items()


def test_the_code_digest_is_that_of_the_files(tmp_path, monkeypatch):
    before = code_digest()
    assert before == code_digest()
    package = Path(convscope.__file__).parent
    for path in package.rglob("*.py"):
        copy = tmp_path / path.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr("convscope.model.receipt.files", lambda _: tmp_path)
    assert code_digest.__wrapped__() == before
    (tmp_path / "errors.py").write_bytes((tmp_path / "errors.py").read_bytes() + b"\n")
    assert code_digest.__wrapped__() != before


def test_a_processor_that_says_nothing_is_no_error(monkeypatch):
    read = Path.read_text

    def refuse(path, *arguments, **more):
        if str(path) == "/proc/cpuinfo":
            raise OSError
        return read(path, *arguments, **more)

    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    assert environment()["processor_features"] == ""
