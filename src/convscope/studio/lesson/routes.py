"""Lesson: the course, its questions, and checking answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.studio.cache import Cache
from convscope.studio.lesson.course import PAGES, Page
from convscope.studio.lesson.exhibit import Exhibit
from convscope.studio.lesson.material import Material, material, smiley, steps_of
from convscope.studio.lesson.progress import Progress
from convscope.studio.lesson.question import (  # noqa: TC001 - FastAPI looks them up
    AskedQuestion,
    Question,
    Verdict,
)
from convscope.studio.picture_refs import find_picture

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.studio.workspace import Workspace

_MOST_CACHED = 8
_Name = Annotated[str, Path(max_length=64)]


class Chapter(BaseModel):
    """One step of the course."""

    name: str
    title: str
    attempt: str = Field(description="What to try.")
    source: str = Field(description="Where to read more.")
    right: list[str] = Field(description="The questions that were answered correctly.")


class Course(BaseModel):
    """The seven steps in their order."""

    chapters: list[Chapter]


class Questions(BaseModel):
    """The questions of a page."""

    questions: list[AskedQuestion]


class GivenAnswer(BaseModel):
    """An answer: a number, or the index of an option; null asks for the solution."""

    answer: float | None = None


def lesson_routes(workspace: Workspace) -> APIRouter:
    """Make the routes."""
    router = APIRouter(tags=["lesson"])
    progress = Progress(workspace.folder.lesson)
    materials: Cache[tuple[Classifier, bytes, str | None], Material] = Cache(_MOST_CACHED)
    _add_course(router, progress)

    def wanted(
        model: Annotated[str, Query(max_length=16, description="Its id; the smiley if not given.")] = "",
        picture: Annotated[
            str, Query(max_length=64, description="As for a walk; the first that is open if not given.")
        ] = "",
    ) -> Material:
        if not model:
            return smiley()
        classifier = workspace.models.classifier(model)
        referred = find_picture(picture or f"data.{workspace.sources.all()[0].id}.0", workspace)
        pixels, label = classifier.prepared(referred.picture, referred.name), referred.label
        key = (classifier, pixels.tobytes(), label)
        return materials.get(key, lambda: material(classifier.model, pixels, label))

    _add_pages(router, progress, Depends(wanted))
    return router


def _add_course(router: APIRouter, progress: Progress) -> None:
    @router.get("/api/lesson")
    def course() -> Course:
        """The course, and which questions were answered correctly."""
        right = progress.right()
        return Course(
            chapters=[
                Chapter(
                    name=page.name,
                    title=page.title,
                    attempt=page.attempt,
                    source=page.source,
                    right=sorted(
                        name.partition("/")[2] for name in right if name.startswith(f"{page.name}/")
                    ),
                )
                for page in PAGES.values()
            ]
        )

    @router.delete("/api/lesson")
    def restart() -> Course:
        """Forget which questions were answered correctly."""
        progress.forget()
        return course()


def _add_pages(router: APIRouter, progress: Progress, wanted: Material) -> None:
    """`wanted` is the dependency that FastAPI resolves from the request: a picture's way through a model."""

    @router.get("/api/lesson/{name}")
    def exhibit(name: _Name, material: Material = wanted) -> Exhibit:
        """Which steps of its walk a page shows."""
        _, stops = _page(name).exhibit(material)
        return Exhibit(stops=stops)

    @router.get("/api/lesson/{name}/walk", response_class=Response)
    def document(name: _Name, material: Material = wanted) -> Response:
        """The steps of a page's walk: the document of docs/reference/walk.md."""
        shown, _ = _page(name).exhibit(material)
        return Response(steps_of(shown).model_dump_json(), media_type="application/json")

    @router.get("/api/lesson/{name}/questions")
    def questions(name: _Name, material: Material = wanted) -> Questions:
        """The questions of a page, without their answers."""
        return Questions(questions=[question.asked() for question in _page(name).questions(material)])

    @router.post("/api/lesson/{name}/questions/{question}")
    def check(name: _Name, question: _Name, given: GivenAnswer, material: Material = wanted) -> Verdict:
        """Whether an answer is correct; if not, the working that leads to it."""
        asked = _question(_page(name), question, material)
        if given.answer is None:
            return asked.reveal()
        verdict = asked.check(given.answer)
        if verdict.right:
            progress.add(f"{name}/{question}")
        return verdict


def _page(name: str) -> Page:
    if name not in PAGES:
        raise RequestError(f"the lesson has no page {printable(name)}", status=404)
    return PAGES[name]


def _question(page: Page, name: str, material: Material) -> Question:
    for question in page.questions(material):
        if question.name == name:
            return question
    raise RequestError(f"{page.title} has no question {printable(name)}", status=404)
