"""The reference page lists the fields of the schema."""

import re
from pathlib import Path

from pydantic import BaseModel

from convscope.walkthrough import answer_document, backward_document, document
from convscope.walkthrough.step_documents import DOCUMENTS

PAGE = (Path(__file__).parents[2] / "docs/reference/walk.md").read_text(encoding="utf-8")


def fields():
    for module in (document, answer_document, backward_document):
        for thing in vars(module).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, BaseModel)
                and thing.__module__ == module.__name__
            ):
                yield from ((thing.__name__, name) for name in thing.model_fields)


def test_every_field_is_explained():
    named = set(re.findall(r"\w+", PAGE))
    assert [where for where in fields() if where[1] not in named] == []


def test_every_kind_of_step_is_explained():
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE[PAGE.index("## Steps") :], flags=re.MULTILINE)
    kinds = {kind for row in rows for kind in re.findall(r"`(\w+)`", row)}
    assert kinds == {"image", *DOCUMENTS, "temperature", "loss", "binary_cross_entropy"}
