"""A plain script with the same features: ONNX Runtime and scikit-learn, one view of each picture.

    python plain_features.py BACKBONE.onnx FOLDER MODEL.joblib

It reads a folder of class folders, and writes nothing but the fitted model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SIDE, BATCH = 224, 16


def features(graph: str, paths: list[Path]) -> np.ndarray:
    """Return the features of picture files."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    found: list[np.ndarray] = []
    for start in range(0, len(paths), BATCH):
        batch = [
            np.asarray(Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
            for path in paths[start : start + BATCH]
        ]
        found.append(session.run(None, {"pictures": np.stack(batch)})[0])
    return np.concatenate(found)


def main() -> None:
    """Train on a folder."""
    graph, folder, output = sys.argv[1:]
    paths = sorted(path for path in Path(folder).glob("*/*") if path.is_file())
    labels = [path.parent.name for path in paths]
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    joblib.dump(head.fit(features(graph, paths), labels), output)


if __name__ == "__main__":
    main()
