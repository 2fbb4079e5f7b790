"""The documentation site: `sphinx-build -W --keep-going -c docs . build/docs` builds it; a dead link fails.

Sources are read from the repository's root, so that README and the other documents there are pages too, and
every link leads to the same place on the site and on a code host.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "convscope"
author = "the convscope authors"
project_copyright = "the convscope authors, Apache License 2.0"
version = release = version_of("convscope")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
root_doc = "docs/index"
include_patterns = ["*.md", "benchmarks/README.md", "docs/**.md"]
exclude_patterns = ["build", "data", "dist", "runs", "src", "studio", "tests", "**/.*"]
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
default_role = "code"  # docstrings write `names` as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
copybutton_prompt_text = "$ "

html_theme = "furo"
html_title = "convscope"
html_additional_pages = {"index": "redirect.html"}
templates_path = ["_templates"]
html_show_sphinx = False


def write_commands(app: Sphinx) -> None:
    """Write the reference of the command line from the commands themselves."""
    typer = [sys.executable, "-m", "typer", "convscope.commands.app", "utils", "docs", "--name", "convscope"]
    page = subprocess.run(typer, capture_output=True, text=True, check=True).stdout
    Path(app.srcdir, "docs/reference/commands.md").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Have the command line's reference written before pages are read."""
    app.connect("builder-inited", write_commands)
