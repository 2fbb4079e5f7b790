"""The accuracy of pretrained features on a sample, compared with a trial from scratch.

Computing the features of 10,000 pictures takes a minute; 2,000 are enough for a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.sources.selected import select
from convscope.training.data.sampling import spread
from convscope.training.events import Preparing
from convscope.training.runs import learned_run
from convscope.training.start.gain import Gain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Source
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Event, Listener
    from convscope.training.settings import Settings
    from convscope.training.start.trial import Trial

SAMPLE_SIZE = 2_000


def gain_on_sample(
    trial: Trial,
    data: TrainingData,
    source: Source,
    settings: Settings,
    listeners: Sequence[Listener],
    stores: Path | None,
) -> Gain:
    """Fit a head to a sample: the held-out pictures of a trial and some others.

    Args:
        trial: The result of the networks from scratch.
        data: The pictures of the trial.
        source: The same pictures as a source.
        settings: The user's settings.
        listeners: Called with progress events.
        stores: Where prepared pictures are stored; by default the user's cache folder.

    Returns:
        The cross-validated head (before) and the trial (after), on the held-out pictures in the sample.
    """
    store, train = data.kept.store, data.kept.split.train
    others = spread(np.delete(train, trial.held_out), max(0, SAMPLE_SIZE - len(trial.held_out)))
    held_out = train[trial.held_out]
    wanted = {store.names[index] for index in (*held_out.tolist(), *others.tolist())}
    places = [place for place, item in enumerate(source.items) if item.name in wanted]

    def progress(event: Event) -> None:  # notes about the sample are repeated for all pictures
        if isinstance(event, Preparing):
            for listener in listeners:
                listener(event)

    learned = learned_run.learn(select(source, np.array(places)), settings, None, [progress], stores)
    kept = learned.data.kept
    recognised = dict(
        zip(
            (kept.store.names[index] for index in kept.split.train.tolist()),
            learned.head_of_classes.is_recognised.tolist(),
            strict=True,
        )
    )
    names = [store.names[index] for index in held_out.tolist()]
    shared = np.array([name in recognised for name in names])
    before = np.array([recognised[name] for name in names if name in recognised])
    return Gain(before, trial.is_recognised[shared])
