"""The documentation site: `sphinx-build -W --keep-going -c docs . build/docs` builds it; a dead link fails.

The source folder is the repository's root, so that README and the other documents there are pages, too, and
every link has the same target on the site and on a code host.
"""

from __future__ import annotations

import re
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
default_role = "code"  # docstrings mark `names` as in Markdown
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
    """Generate the reference of the command line from the commands."""
    typer = [sys.executable, "-m", "typer", "convscope.commands.app", "utils", "docs"]
    typer += ["--name", "convscope", "--title", "Commands"]
    page = subprocess.run(typer, capture_output=True, text=True, check=True).stdout
    Path(app.srcdir, "docs/reference/commands.md").write_text(page, encoding="utf-8")


def keep_formulas(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Keep indented blocks in docstrings verbatim: formulas, trees and tables."""
    text = "\n".join(lines)
    block = r"\1\n\n.. code-block:: text\n\n"
    lines[:] = re.sub(r"(?m)^(?![A-Z][a-z]+:$)(\S.*)\n\n(?=    \S)", block, text).split("\n")


def setup(app: Sphinx) -> None:
    """Generate the command reference before pages are read, and convert docstrings."""
    app.connect("builder-inited", write_commands)
    app.connect("autodoc-process-docstring", keep_formulas, priority=400)  # runs before napoleon
