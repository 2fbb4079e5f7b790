"""Types for the pages, generated from the JSON schemas of their input.

    python tests/web/jsdoc.py    rewrites the files; a test fails while they are outdated

Arrays are tensors there, because a page unpacks its input first.
"""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.studio.app import create_app
from convscope.studio.studio_folder import StudioFolder
from convscope.studio.workspace import Workspace
from convscope.walkthrough.document import Walk
from convscope.web.modules import WEB

Schema = Mapping[str, Any]
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
RENAMED = {"EncodedArray": "Tensor"}
ENDING = re.compile(r"\^\[a-z0-9_\]\+(\w+)\$")


def type_of(schema: Schema) -> str:  # noqa: C901, PLR0911 - a case for each kind of schema
    """Write the type of a schema.

    >>> type_of({"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}})
    '(number | null)[]'
    >>> type_of({"type": "string", "pattern": "^[a-z0-9_]+_pooling$"})
    '`${string}_pooling`'
    """
    match schema:
        case {"$ref": reference}:
            name = reference.rpartition("/")[2]
            return RENAMED.get(name, name)
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(map(json.dumps, values))
        case {"anyOf": schemas} | {"oneOf": schemas}:
            return " | ".join(dict.fromkeys(map(type_of, schemas)))
        case {"type": "array", "prefixItems": schemas}:
            return f"[{', '.join(map(type_of, schemas))}]"
        case {"type": "array", "items": items, "minItems": 2, "maxItems": 2}:
            return f"[{type_of(items)}, {type_of(items)}]"
        case {"type": "array", "items": items}:
            inner = type_of(items)
            return f"({inner})[]" if " | " in inner and not inner.endswith("]") else f"{inner}[]"
        case {"type": "object", "additionalProperties": Mapping() as values}:
            return f"Record<string, {type_of(values)}>"
        case {"type": "string", "pattern": pattern} if ending := ENDING.fullmatch(pattern):
            return f"`${{string}}{ending[1]}`"
        case {"type": str(name)} if name in SIMPLE:
            return SIMPLE[name]
        case _:
            return "any"


def module(title: str, schemas: Mapping[str, Schema]) -> str:
    """Write a module that only declares types."""
    lines = [title, "", '@typedef {import("convscope/kit/arrays.js").Tensor} Tensor']
    for name, schema in schemas.items():
        if name in RENAMED:
            continue
        fields = schema.get("properties")
        if fields is None:
            lines.append(f"@typedef {{{type_of(schema)}}} {name}")
        else:
            lines.append(f"@typedef {{object}} {name}")
            lines += [f"@property {{{type_of(field)}}} {key}" for key, field in fields.items()]
    body = "\n".join(f" * {line}".rstrip() for line in lines)
    return f"/**\n{body}\n */\n\nexport {{}};\n"


def walk_module() -> str:
    schema = Walk.model_json_schema(mode="serialization")
    return module(
        "A walk's document, see docs/reference/walk.md. Written by tests/web/jsdoc.py from its schema.",
        {**schema["$defs"], "Walk": schema},
    )


def studio_module() -> str:
    with tempfile.TemporaryDirectory() as folder:
        schemas = create_app(Workspace(StudioFolder(Path(folder)))).openapi()["components"]["schemas"]
    return module("The studio's answers. Written by tests/web/jsdoc.py from their schemas.", schemas)


MODULES = {"walk/document.js": walk_module, "studio/answers.js": studio_module}

if __name__ == "__main__":
    for name, write in MODULES.items():
        (WEB / name).write_text(write(), encoding="utf-8")
