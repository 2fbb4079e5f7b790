"""The start of training: the pretrained features of a backbone, or from scratch.

The user's setting takes precedence. Otherwise the pictures decide: with very many small pictures, training
from scratch is better; in all other cases, both alternatives are tried (`trial.py`,
`runs/feature_sample.py`). With several labels per picture, training starts from pretrained features without a
trial, unless pictures are small.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from convscope.errors import SettingError
from convscope.network.backbones import INSTALLED
from convscope.training.recipe import SMALL_SIDE
from convscope.training.settings import is_backbone, is_from_scratch, is_model, scratch_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.pictures.survey import Survey
    from convscope.training.settings import Settings

MANY = 5_000
"""With this many small pictures per class, training from scratch is better: no trial is needed."""


def plan_start(
    settings: Settings,
    survey: Survey,
    labels: Sequence[str],
    *,
    processes: int = 1,
    streamed: bool = False,
    several_labels: bool = False,
) -> str | None:
    """Decide where training starts: a name, or the path of a model; None leaves the decision to a trial.

    Args:
        settings: The user's settings.
        survey: The survey of the pictures.
        labels: The class of each training picture.
        processes: Number of processes that train together.
        streamed: Whether the pictures do not fit on the disk.
        several_labels: Whether pictures may have several labels.

    Raises:
        SettingError: Pretrained features were requested together with an incompatible setting.
    """
    if several_labels and settings.rejected_fraction is not None:
        raise SettingError(
            "--rejected-fraction cannot be combined with several labels per picture",
            why='no picture is taken for unknown: "none of them" is an answer',
            remedy="leave it out",
        )
    if is_backbone(settings.start):
        _check_learned_start(settings, streamed=streamed)
        return settings.start
    if is_model(settings.start):
        return settings.start
    if is_from_scratch(settings, processes) or streamed:
        return "scratch"
    if several_labels:
        return "scratch" if are_small(survey) else INSTALLED
    return "scratch" if are_small(survey) and min(Counter(labels).values()) >= MANY else None


def are_small(survey: Survey) -> bool:
    """Whether pictures are small, like signs and digits, as opposed to photos."""
    return max(survey.median_height, survey.median_width) <= SMALL_SIDE


def _check_learned_start(settings: Settings, *, streamed: bool) -> None:
    if name := scratch_setting(settings):
        flag = name.replace("_", "-")
        raise SettingError(
            f"--{flag} cannot be combined with --start {settings.start}",
            why="the network and its input are those of the backbone, and only the head is trained",
            remedy=f"leave out --{flag}, or give --start scratch",
        )
    if streamed:
        raise SettingError(
            "pretrained features need all pictures on the disk, and they do not fit",
            why="prepared pictures are kept in the cache folder",
            remedy="free some disk space there, give a larger --store-limit, or --start scratch",
        )
