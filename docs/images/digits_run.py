"""Draw README's picture: the figures of `convscope train` on the built-in digits, side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

FIGURES = ("learning_curves", "confusion_matrix", "worst_mistakes")
HEIGHT = 560


def main() -> None:
    """Train, arrange the figures side by side and write the picture."""
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        subprocess.run([sys.executable, "-m", "convscope", "train", "digits", "-o", str(run)], check=True)
        panels = [fitted(Image.open(run / "figures" / f"{name}.png")) for name in FIGURES]
    picture = Image.new("RGB", (sum(panel.width for panel in panels), HEIGHT), "white")
    left = 0
    for panel in panels:
        picture.paste(panel, (left, (HEIGHT - panel.height) // 2))
        left += panel.width
    picture.quantize(128).save(Path(__file__).with_name("digits-run.png"), optimize=True)


def fitted(panel: Image.Image) -> Image.Image:
    """Scale a figure down to the height of the picture, or to its share of the width."""
    scale = min(HEIGHT / panel.height, 720 / panel.width)
    return panel.convert("RGB").resize((round(panel.width * scale), round(panel.height * scale)))


if __name__ == "__main__":
    main()
