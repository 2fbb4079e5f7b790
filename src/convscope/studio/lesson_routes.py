"""Lesson: the course, its questions, and what becomes of answers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.studio.lesson.course import PAGES, Page
from convscope.studio.lesson.exhibit import Exhibit, Place
from convscope.studio.lesson.material import Material, material, smiley
from convscope.studio.lesson.progress import Progress
from convscope.studio.lesson.question import (  # noqa: TC001 - FastAPI looks them up
    Asked,
    Question,
    Verdict,
)
from convscope.studio.shown_pictures import shown

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.studio.opened import Studio

_Name = Annotated[str, Path(max_length=64)]
_Index = Annotated[int | None, Query(ge=0, le=2**31)]


class Chapter(BaseModel):
    """One step of the course."""

    name: str
    title: str
    attempt: str = Field(description="What to try.")
    source: str = Field(description="Where to read on.")
    right: list[str] = Field(description="The questions that were answered right.")


class Course(BaseModel):
    """The seven steps in their order."""

    chapters: list[Chapter]


class Questions(BaseModel):
    """What is asked on a page."""

    questions: list[Asked]


class GivenAnswer(BaseModel):
    """An answer: a number, or the place of the chosen option; None asks to be told."""

    answer: float | None = None


def lesson_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["lesson"])
    progress = Progress(studio.home.lesson)
    _add_course(router, progress)

    def wanted(
        model: Annotated[str, Query(max_length=16, description="Its id; without one, the smiley.")] = "",
        picture: Annotated[
            str, Query(max_length=64, description="As for a walk; without one, the first that is open.")
        ] = "",
    ) -> Material:
        return _material(studio, model, picture) if model else smiley()

    _add_pages(router, progress, Depends(wanted))
    return router


def _add_course(router: APIRouter, progress: Progress) -> None:
    @router.get("/api/lesson")
    def course() -> Course:
        """The course, and which questions were answered right."""
        right = progress.right()
        return Course(
            chapters=[
                Chapter(
                    name=page.name,
                    title=page.title,
                    attempt=page.attempt,
                    source=page.source,
                    right=sorted(one.partition("/")[2] for one in right if one.startswith(f"{page.name}/")),
                )
                for page in PAGES.values()
            ]
        )

    @router.delete("/api/lesson")
    def begin_anew() -> Course:
        """Forget which questions were answered right."""
        progress.forget()
        return course()


def _add_pages(router: APIRouter, progress: Progress, wanted: Material) -> None:
    """`wanted` is what FastAPI finds out from the request: model and picture, taken through each other."""

    @router.get("/api/lesson/{name}")
    def exhibit(
        name: _Name,
        channel: _Index = None,
        row: _Index = None,
        column: _Index = None,
        taken: Material = wanted,
    ) -> Exhibit:
        """What a page shows, for the map or class and the cell that are looked at."""
        return _page(name).exhibit(taken, Place(channel, row, column))

    @router.get("/api/lesson/{name}/questions")
    def questions(name: _Name, taken: Material = wanted) -> Questions:
        """What a page asks; no answer is among it."""
        return Questions(questions=[one.asked() for one in _page(name).questions(taken)])

    @router.post("/api/lesson/{name}/questions/{question}")
    def judge(name: _Name, question: _Name, given: GivenAnswer, taken: Material = wanted) -> Verdict:
        """Whether an answer is right; if not, the arithmetic that leads to it."""
        asked = _question(_page(name), question, taken)
        if given.answer is None:
            return asked.reveal()
        verdict = asked.judge(given.answer)
        if verdict.right:
            progress.add(f"{name}/{question}")
        return verdict


def _page(name: str) -> Page:
    if name not in PAGES:
        raise RequestError(f"the lesson has no page {printable(name)}", status=404)
    return PAGES[name]


def _question(page: Page, name: str, taken: Material) -> Question:
    for one in page.questions(taken):
        if one.name == name:
            return one
    raise RequestError(f"{page.title} has no question {printable(name)}", status=404)


def _material(studio: Studio, model: str, picture: str) -> Material:
    classifier = studio.classifier(model)
    found = shown(picture or f"data.{studio.sources()[0].id}.0", studio)
    pixels = classifier.prepared(found.picture, found.name)
    return _taken(classifier, pixels.tobytes(), found.truth)


@lru_cache(maxsize=8)
def _taken(classifier: Classifier, pixels: bytes, truth: str | None) -> Material:
    """Taken through the network once, however often its page asks for another cell."""
    size = classifier.model.preparation
    shape = (size.height, size.width, size.channels)
    return material(classifier.model, np.frombuffer(pixels, np.uint8).reshape(shape), truth)
