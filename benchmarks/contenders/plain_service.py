"""The same network behind a simple handler: FastAPI, Pillow, PyTorch.

python benchmarks/contenders/plain_service.py MODEL PORT
"""

# no postponed annotations: FastAPI evaluates those of the nested function

import io
import sys
from pathlib import Path

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from contenders.predictors import torch_predictor
from convscope.model.file import load


def make_app(path: str) -> FastAPI:
    """Create the application; its handler is a plain `def`, as FastAPI recommends for blocking work."""
    model = load(path)
    logits = torch_predictor(model)
    size = (model.preparation.width, model.preparation.height)
    app = FastAPI()

    @app.post("/predict")
    def predict(picture: UploadFile) -> dict[str, str | float]:
        image = (
            Image.open(io.BytesIO(picture.file.read())).convert("RGB").resize(size, Image.Resampling.BILINEAR)
        )
        probabilities = torch.softmax(logits(np.array(image)[np.newaxis]), dim=1)[0]
        best = int(probabilities.argmax())
        return {"class": model.classes[best], "probability": float(probabilities[best])}

    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1]), port=int(sys.argv[2]), log_level="warning")
