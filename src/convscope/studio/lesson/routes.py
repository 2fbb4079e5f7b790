"""Lesson: the course, its questions, and checking answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.studio.cache import Cache
from convscope.studio.lesson import learning, overfitting, shifting
from convscope.studio.lesson.course import PAGES, Page
from convscope.studio.lesson.exhibit import Exhibit
from convscope.studio.lesson.learning import Learning  # noqa: TC001 - FastAPI looks them up
from convscope.studio.lesson.material import Material, material, own_material, steps_of
from convscope.studio.lesson.overfitting import Overfitting  # noqa: TC001
from convscope.studio.lesson.progress import Progress
from convscope.studio.lesson.question import (  # noqa: TC001 - FastAPI looks them up
    AskedQuestion,
    Question,
    Verdict,
)
from convscope.studio.lesson.shifting import Shifts  # noqa: TC001
from convscope.studio.picture_refs import find_picture

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.studio.workspace import Workspace

_MOST_CACHED = 8
_Name = Annotated[str, Path(max_length=64)]


class Chapter(BaseModel):
    """One page of the course."""

    name: str
    title: str
    short: str = Field(description="The title where there is little room.")
    text: str = Field(description="What it is about.")
    attempt: str = Field(description="What to try.")
    gist: str = Field(description="What to remember.")
    source: str = Field(description="Where to read more.")
    questions: list[str] = Field(description="The names of its questions.")
    right: list[str] = Field(description="Those that were answered correctly.")


class Course(BaseModel):
    """The pages in their order."""

    chapters: list[Chapter]


class Questions(BaseModel):
    """The questions of a page."""

    questions: list[AskedQuestion]


class GivenAnswer(BaseModel):
    """An answer: a number, or the index of an option; null asks for the solution."""

    answer: float | None = None


def lesson_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["lesson"])
    progress = Progress(workspace.folder.lesson)
    materials: Cache[tuple[Classifier, bytes, str | None], Material] = Cache(_MOST_CACHED)

    def wanted(
        model: Annotated[
            str, Query(max_length=16, description="Its id; the lesson's own network if not given.")
        ] = "",
        picture: Annotated[
            str, Query(max_length=64, description="As for a walk; the first that is open if not given.")
        ] = "",
    ) -> Material:
        if not model:
            return own_material()
        classifier = workspace.models.classifier(model)
        referred = find_picture(picture or f"data.{workspace.sources.all()[0].id}.0", workspace)
        pixels, label = classifier.prepared(referred.picture, referred.name), referred.label
        key = (classifier, pixels.tobytes(), label)
        return materials.get(key, lambda: material(classifier.model, pixels, label))

    _add_course(router, progress, Depends(wanted))
    _add_pages(router, progress, Depends(wanted))
    _add_illustrations(router, Depends(wanted))
    return router


def _add_course(router: APIRouter, progress: Progress, wanted: Material) -> None:
    """Add the routes; `wanted` is the dependency that FastAPI resolves to the material of a request."""

    @router.get("/api/lesson")
    def course(material: Material = wanted) -> Course:
        """The course, and the correctly answered questions."""
        right = progress.right()
        return Course(chapters=[_chapter(page, material, right) for page in PAGES.values()])

    @router.delete("/api/lesson")
    def restart(material: Material = wanted) -> Course:
        """Reset the correctly answered questions."""
        progress.forget()
        return course(material)


def _chapter(page: Page, material: Material, right: set[str]) -> Chapter:
    names = [question.name for question in page.questions(material)]
    return Chapter(
        name=page.name,
        title=page.title,
        short=page.short,
        text=page.text,
        attempt=page.attempt,
        gist=page.gist,
        source=page.source,
        questions=names,
        right=[name for name in names if f"{page.name}/{name}" in right],
    )


def _add_pages(router: APIRouter, progress: Progress, wanted: Material) -> None:
    @router.get("/api/lesson/{name}")
    def exhibit(name: _Name, material: Material = wanted) -> Exhibit:
        """The steps of its walk that a page shows."""
        show = _page(name).exhibit
        return Exhibit(stops=show(material)[1] if show else [])

    @router.get("/api/lesson/{name}/walk", response_class=Response)
    def document(name: _Name, material: Material = wanted) -> Response:
        """The steps of a page's walk: the document described in docs/reference/walk.md."""
        show = _page(name).exhibit
        shown = show(material)[0] if show else material
        return Response(steps_of(shown).model_dump_json(), media_type="application/json")

    @router.get("/api/lesson/{name}/questions")
    def questions(name: _Name, material: Material = wanted) -> Questions:
        """The questions of a page, without their answers."""
        return Questions(questions=[question.asked() for question in _page(name).questions(material)])

    @router.post("/api/lesson/{name}/questions/{question}")
    def check(name: _Name, question: _Name, given: GivenAnswer, material: Material = wanted) -> Verdict:
        """Whether an answer is correct; if not, the working."""
        asked = _question(_page(name), question, material)
        if given.answer is None:
            return asked.reveal()
        verdict = asked.check(given.answer)
        if verdict.right:
            progress.add(f"{name}/{question}")
        return verdict


def _add_illustrations(router: APIRouter, wanted: Material) -> None:
    @router.get("/api/lesson/learning/illustration")
    def of_learning(material: Material = wanted) -> Learning:
        """Gradient descent of one weight, and the gradients of all steps."""
        return learning.illustration(material)

    @router.get("/api/lesson/pooling/illustration")
    def of_pooling(material: Material = wanted) -> Shifts:
        """A shifted picture, before and after pooling."""
        return shifting.illustration(material)

    @router.get("/api/lesson/overfitting/illustration")
    def of_overfitting() -> Overfitting:
        """Three trainings of the same network."""
        return overfitting.recorded()


def _page(name: str) -> Page:
    if name not in PAGES:
        raise RequestError(f"the lesson has no page {printable(name)}", status=404)
    return PAGES[name]


def _question(page: Page, name: str, material: Material) -> Question:
    for question in page.questions(material):
        if question.name == name:
            return question
    raise RequestError(f"{page.title} has no question {printable(name)}", status=404)
