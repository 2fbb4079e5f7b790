"""How soon after an edit the answer and every later step are told: processor time of the server's part."""

import io
import time

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from convscope.model.file import save
from convscope.studio.home import Home
from convscope.studio.opened import Studio
from convscope.studio.shown_pictures import Sight, keep_sent, shown
from convscope.walkthrough.edits import WeightEdit
from convscope.walkthrough.walk import walk_steps

MOST_SECONDS = 0.2


@pytest.mark.slow
def test_an_edit_of_the_first_filter_is_told_through_all_steps(make_model, tmp_path):
    save(make_model("32C3-MP2-32C3-MP2-128N", (3, 64, 64), classes=2), tmp_path / "pets.safetensors")
    studio, sight = Studio(Home(tmp_path / "home"), [str(tmp_path / "pets.safetensors")]), Sight()
    buffer = io.BytesIO()
    Image.fromarray(load_sample_image("china.jpg")).save(buffer, "PNG")
    (model,) = studio.models()
    found, classifier = shown(keep_sent(buffer.getvalue(), studio), studio), studio.classifier(model.id)

    def told(value):
        start = time.process_time()
        studio.edits.add(model.id, WeightEdit(tensor="convolution_1.weight", place=[0, 0, 1, 1], value=value))
        changed, seen = studio.edits.changed(model.id), sight.of(classifier, found)
        changed.probabilities(seen.pixels)
        walk_steps(changed.edited.model, seen, changed.engine).model_dump_json()
        return time.process_time() - start

    seconds = np.array([told(0.1 * n) for n in range(11)][1:])  # the first reads the picture
    print(f"processor time: {1000 * seconds.min():.0f} to {1000 * seconds.max():.0f} ms")  # noqa: T201
    assert seconds.min() < MOST_SECONDS
