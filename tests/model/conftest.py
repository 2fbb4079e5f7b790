from collections.abc import Callable

import numpy as np
import pytest

from convscope.model.file import Model
from convscope.network.notation import parse
from convscope.network.shapes import stages, weight_shapes
from convscope.pictures.preparation import Preparation

MakeModel = Callable[..., Model]


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """Builds a model with random weights of a size (He et al., 2015) that lets no step vanish or explode."""

    def make(
        notation: str = "4C3-MP2-5N", shape: tuple[int, int, int] = (3, 8, 8), classes: int = 3, seed: int = 0
    ) -> Model:
        random = np.random.default_rng(seed)
        channels, height, width = shape
        shapes = weight_shapes(stages(parse(notation), shape, classes))
        weights = {
            name: random.normal(0, np.sqrt(2 / max(1, np.prod(size[1:]))), size).astype(np.float32)
            for name, size in shapes.items()
        }
        names = tuple(f"class {n}" for n in range(classes))
        mean, std = random.uniform(100, 150, channels), random.uniform(50, 70, channels)
        preparation = Preparation(channels, height, width)
        return Model(notation, names, preparation, tuple(mean.tolist()), tuple(std.tolist()), weights)

    return make
