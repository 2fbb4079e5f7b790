"""Labels that are probably wrong, found by `convscope doctor --labels` in its own process.

It trains five models, each on four fifths of the pictures. The result is stored by the fingerprint of the
pictures, so that it is never shown for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from convscope.studio.jobs import JobState, Progress  # noqa: TC001 - pydantic looks them up

if TYPE_CHECKING:
    from convscope.studio.sources import OpenData
    from convscope.studio.workspace import Workspace


class LabelSuspect(BaseModel):
    """A picture whose label is doubted by a model that was trained on neither it nor a copy of it."""

    place: int = Field(description="Its index in the source.")
    picture: str
    label: str
    predicted: str = Field(description="The class the model predicts.")
    probability: float = Field(ge=0, le=1, description="Of that class.")


class LabelSuspects(BaseModel):
    """How far the search is, and what it found, the most doubtful first."""

    state: JobState
    progress: Progress | None = Field(description="Of all trainings; null while there is none yet.")
    error: str = Field(description="Why the search failed, if it did.")
    suspects: list[LabelSuspect]


class LabelSearch:
    """Searches for wrong labels, at most one per source.

    Args:
        workspace: The workspace, which opens the pictures and runs the searches.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._sources = workspace.sources
        self._jobs = workspace.jobs

    def start(self, data: OpenData) -> None:
        """Start a search, unless it is running or done.

        Raises:
            DataError: The source cannot be used.
        """
        name = self._job(data)
        if self._jobs.look(name).state != "done":
            events = f"--events={self._jobs.events_path(name)}"
            self._jobs.start(name, "doctor", data.location, "--labels", "--json", events)

    def stop(self, data: OpenData) -> None:
        """Stop a search that is running."""
        self._jobs.stop(self._job(data))

    def look(self, data: OpenData) -> LabelSuspects:
        """Return the state of a search.

        Raises:
            DataError: The source cannot be used.
        """
        job = self._jobs.look(self._job(data))
        suspects = [] if job.output is None else label_suspects(job.output)
        return LabelSuspects(state=job.state, progress=job.progress, error=job.error, suspects=suspects)

    def _job(self, data: OpenData) -> str:
        return f"suspects-{data.id}-{self._sources.open_at(data.location).fingerprint}"


def label_suspects(diagnosis: dict[str, Any]) -> list[LabelSuspect]:
    """Return the label suspects in the doctor's JSON output."""
    return [
        LabelSuspect(
            place=picture["place"],
            picture=picture["picture"],
            label=picture["label"],
            predicted=doubt["predicted"],
            probability=doubt["probability"],
        )
        for finding in diagnosis["findings"]
        if finding["kind"] == "label suspect"
        for (picture,), doubt in zip(finding["groups"], finding["data"], strict=True)
    ]
