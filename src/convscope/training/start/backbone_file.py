"""The installed backbone as a model file, for programs that do not import PyTorch.

    python -m convscope.training.start.backbone_file PATH

Its head reads the means of the last maps and gives zeros for two classes that mean nothing. Whatever goes
wrong is printed as a JSON object with the fields of a `ConvscopeError`, and the exit code is 2.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from convscope.errors import ConvscopeError
from convscope.model.file import Model, save
from convscope.network.backbones import INSTALLED
from convscope.network.chain_builder import parse_chain
from convscope.training.start.backbone import load_backbone


def write_backbone(path: Path) -> None:
    """Write the installed backbone to a model file; its folder is created if needed.

    Raises:
        ModelFileError: The weights that come with convscope are missing or damaged.
        ConvscopeError: The file cannot be written.
    """
    backbone = load_backbone(INSTALLED)
    chain = parse_chain(backbone.design.notation(), backbone.preparation.shape, classes=2)
    head = {name: np.zeros(chain.parameters[name], np.float32) for name in chain.output.parameters}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConvscopeError(f"cannot create {path.parent}", why=error.strerror or str(error)) from error
    save(
        Model(
            chain=chain,
            classes=("1", "2"),
            preparation=backbone.preparation,
            mean=backbone.design.mean,
            std=backbone.design.std,
            weights={**backbone.weights, **head},
            receipt=backbone.receipt,
        ),
        path,
    )


if __name__ == "__main__":
    try:
        write_backbone(Path(sys.argv[1]))
    except ConvscopeError as error:
        json.dump({"what": error.what, "why": error.why, "remedy": error.remedy}, sys.stdout)
        sys.exit(2)
