"""ES modules by name: reading them, following their imports, and bundling them for a worker.

All imports have the same form, names in braces and a path below `convscope/`; a test checks this. Import maps
do not apply to workers, so a worker's modules are bundled into one classic script:

    import { Product } from "convscope/offline/product.js";
        becomes   const { Product } = modules["offline/product.js"];
    import { open as begin } from "convscope/a.js";
        becomes   const { open: begin } = modules["a.js"];
    export async function open(model) { ... }
        becomes   async function open(model) { ... }

and each module becomes a function that runs once, after its imports, and returns its exports.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WEB = Path(__file__).parent
"""The folder of all modules and styles."""
IMPORT = re.compile(r'^import \{([^}]*)\} from "convscope/([\w/]+\.js)";$', re.MULTILINE)
"""An import: names in braces, from a module's path below `convscope/`."""
_KIT_STYLES = ("kit/base.css", "kit/maps.css", "kit/arithmetic.css")
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def read(name: str) -> str:
    """Return the source of a module or style by its path below this folder, such as `kit/dom.js`."""
    return (WEB / name).read_text("utf-8")


def styles(*names: str) -> str:
    """Return the kit's style sheets and some others as one."""
    return "\n".join(map(read, (*_KIT_STYLES, *names)))


def reachable(*names: str) -> dict[str, str]:
    """Return the sources of modules and of everything they import, by name.

    Example:
        >>> sorted(reachable("kit/numbers.js"))
        ['kit/numbers.js']
    """
    sources: dict[str, str] = {}
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = read(name)
            waiting += [imported for _, imported in IMPORT.findall(sources[name])]
    return sources


def bundle(start: str, read: Callable[[str], str] = read) -> str:
    """Bundle a module and all of its imports into one script.

    Args:
        start: The module that runs last.
        read: Returns a module's source by name.

    Example:
        >>> sources = {"b.js": "export const two = 2;", "a.js": 'import { two } from "convscope/b.js";'}
        >>> print(bundle("a.js", sources.__getitem__))
        const modules = {};
        modules["b.js"] = (() => {
        const two = 2;
        return { two };
        })();
        modules["a.js"] = (() => {
        const { two } = modules["b.js"];
        return {  };
        })();
        <BLANKLINE>
    """
    wrapped: dict[str, str] = {}

    def add(name: str) -> None:
        if name in wrapped:
            return
        source = read(name)
        for _, imported in IMPORT.findall(source):
            add(imported)
        names = ", ".join(name for _, name in _EXPORT.findall(source))
        inner = _EXPORT.sub(r"\1", IMPORT.sub(_as_constant, source))
        wrapped[name] = f'modules["{name}"] = (() => {{\n{inner}\nreturn {{ {names} }};\n}})();\n'

    add(start)
    return "const modules = {};\n" + "".join(wrapped.values())


def _as_constant(match: re.Match[str]) -> str:
    return f'const {{{match[1].replace(" as ", ": ")}}} = modules["{match[2]}"];'
