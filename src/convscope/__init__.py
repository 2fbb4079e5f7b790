"""Train image classifiers on labelled pictures, and see how they work.

    import convscope

    classifier = convscope.train("pets")            # a folder of labelled pictures
    classifier.predict("cat.jpg").label
    convscope.load("runs/pets/model.safetensors")   # later, without PyTorch

Names are imported when they are first used, so that `import convscope` is fast and prediction does not import
PyTorch. The import also switches off the telemetry of libraries (see `common.telemetry`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from convscope.common.read_only_home import move_matplotlib_folder
from convscope.common.telemetry import disable_telemetry

if TYPE_CHECKING:
    from convscope.api import resume as resume
    from convscope.api import train as train
    from convscope.classifier import Classifier as Classifier
    from convscope.classifier import load as load
    from convscope.errors import ConvscopeError as ConvscopeError
    from convscope.estimator import ConvscopeClassifier as ConvscopeClassifier

# before any module below imports ONNX Runtime or Matplotlib
disable_telemetry()
move_matplotlib_folder()

_MODULES = {
    "Classifier": "convscope.classifier",
    "ConvscopeClassifier": "convscope.estimator",
    "ConvscopeError": "convscope.errors",
    "load": "convscope.classifier",
    "resume": "convscope.api",
    "train": "convscope.api",
}

__all__ = ["Classifier", "ConvscopeClassifier", "ConvscopeError", "load", "resume", "train"]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'convscope' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
