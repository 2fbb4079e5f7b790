"""The modules as text: one form and direction of imports, nothing unused, no text parsed as HTML."""

import re

import pytest

from convscope.web.modules import IMPORT, WEB, bundle, reachable

from . import jsdoc

MODULES = sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js"))
STARTS = [
    *("walk/page.js", "losses/page.js", "offline/page.js", "offline/worker.js", "serve/page.js"),
    *("playground/page.js", "playground/training_worker.js"),
]
STUDIO = [name for name in MODULES if re.fullmatch(r"studio/(studio|\w+/view)\.js", name)]
ALONE = {"walk/view.js", "walk/document.js", "studio/answers.js"}  # types alone
LOWER = {
    "kit": (),
    "walk": ("kit",),
    "losses": ("kit",),
    "classify": ("kit",),
    "offline": ("kit", "classify"),
    "serve": ("kit", "classify"),
    "playground": ("kit",),
    "studio": ("kit", "walk", "losses", "playground"),
}
"""Which other folders the modules of a folder may import."""
UNSAFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|XMLHttpRequest"
)
OFFLINE = (
    *("walk/page.js", "losses/page.js", "offline/page.js", "offline/worker.js"),
    *("playground/page.js", "playground/training_worker.js"),
)


@pytest.mark.parametrize("name", MODULES)
def test_every_import_has_the_form_that_pages_and_the_bundler_know(name):
    text = (WEB / name).read_text("utf-8")
    statements = re.findall(r"^import\b", text, re.MULTILINE)
    assert len(IMPORT.findall(text)) == len(statements)
    assert not re.search(r"^export (?:default|\*|\{ *\w)", text, re.MULTILINE)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name):
    folder = name.split("/")[0]
    imported = {other.split("/")[0] for _, other in IMPORT.findall((WEB / name).read_text("utf-8"))}
    assert imported <= {folder, *LOWER[folder]}


def test_no_module_is_left_over():
    assert reachable(*STARTS, *STUDIO).keys() | ALONE == {*MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_text_goes_in_as_text(name):
    assert not UNSAFE.search((WEB / name).read_text("utf-8"))


def test_pages_of_one_file_ask_no_server():
    for name, text in reachable(*OFFLINE).items():
        assert "fetch(" not in text, name


@pytest.mark.parametrize("name", jsdoc.MODULES)
def test_generated_types_are_up_to_date(name):
    assert (WEB / name).read_text("utf-8") == jsdoc.MODULES[name](), "run python tests/web/jsdoc.py"


def test_a_bundle_runs_what_is_imported_first():
    sources = {
        "a.js": 'import { b as other } from "convscope/b.js";\nexport const a = other + 1;',
        "b.js": "export const b = 1;",
    }
    script = bundle("a.js", sources.__getitem__)
    assert script.index('modules["b.js"] =') < script.index('modules["a.js"] =')
    assert 'const { b: other } = modules["b.js"];' in script
