"""A replaced file is reloaded, and whatever it contains, requests are answered."""

import dataclasses

from convscope.model.file import save
from convscope.serving import model_registry as module
from convscope.serving.model_registry import ModelRegistry


def test_whatever_reading_a_new_file_raises_the_old_model_goes_on(brightness, model_path, monkeypatch):
    registry = ModelRegistry({"tone": model_path})
    before = registry["tone"]

    def give_up(*_):
        raise MemoryError("no room")

    save(dataclasses.replace(brightness, classes=("night", "day")), model_path)
    with monkeypatch.context() as patched:
        patched.setattr(module, "load", give_up)
        (reload,) = registry.refresh()
    assert (reload.name, reload.error.why) == ("tone", "MemoryError('no room')")
    assert registry["tone"] is before
    assert registry.refresh() == []  # the same file is not tried repeatedly
    save(dataclasses.replace(brightness, classes=("old", "new!")), model_path)
    assert [one.error for one in registry.refresh()] == [None]
    assert registry["tone"].classes == ("old", "new!")
