"""ES modules as one classic script: an import map does not reach into a worker, and a worker has no folder.

    import { Product } from "convscope/product.js";     becomes   const { Product } = modules["product.js"];
    import { open as begin } from "convscope/a.js";     becomes   const { open: begin } = modules["a.js"];
    export async function open(model) { ... }           becomes   async function open(model) { ... }

and each module a function that runs once, after those it imports, and returns what it exported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

IMPORT = re.compile(r'^import \{([^}]*)\} from "convscope/([\w/]+\.js)";$', re.MULTILINE)
"""How all modules here import: names in braces, from a name that an import map knows."""
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def bundle(start: str, read: Callable[[str], str]) -> str:
    """Put a module and all that it imports into one script.

    Args:
        start: The module that runs last.
        read: Gives a module's source by its name.

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
        inner = _EXPORT.sub(r"\1", IMPORT.sub(_taken, source))
        wrapped[name] = f'modules["{name}"] = (() => {{\n{inner}\nreturn {{ {names} }};\n}})();\n'

    add(start)
    return "const modules = {};\n" + "".join(wrapped.values())


def _taken(found: re.Match[str]) -> str:
    return f'const {{{found[1].replace(" as ", ": ")}}} = modules["{found[2]}"];'
