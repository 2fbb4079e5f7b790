"""The report of a finished run: the model, its metrics as JSON, and figures.

RUN/model.safetensors    the plain chain, ready to use
model.onnx           the model for other programs, from raw pictures to predictions
metrics.json         metrics on the test set, data and recipe
pictures.csv         every picture used, with its class, part and digest
epochs.csv           one row per epoch
figures/*.png        learning curves, reliability diagram; of classes confusion matrix and worst mistakes
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.classifier import Classifier
from convscope.common.atomic import replacing
from convscope.common.percent import percent
from convscope.doctor.summary import summary
from convscope.model import picture_list
from convscope.model.evaluation import grouped_interval
from convscope.model.export import export
from convscope.model.label_evaluation import LabelEvaluation
from convscope.model.open_set import REJECTED_FRACTION, scores_needed
from convscope.model.scoring import score, score_answers
from convscope.training.data.sampling import spread
from convscope.training.report import figure_process
from convscope.training.report.judged import judge
from convscope.training.run_files import GRAPH, METRICS, MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pydantic import JsonValue

    from convscope.model.evaluation import Evaluation
    from convscope.model.file import Model
    from convscope.pictures.store import Store
    from convscope.training.data.stream import All
    from convscope.training.data.training_data import TrainingData

_MOST_NAMED, _MOST_LETTERS = 5, 8
_FEWEST_COMPARED, _MOST_COMPARED = 4, 200
_COMPARED_MULTIPLY_ADDS = 2e9
"""Number of pictures to check the ONNX graph on: fewer for slow networks."""


def data_lines(pictures: All) -> tuple[tuple[str, str], ...]:
    """Describe the pictures in a few (title, text) lines."""
    catalogue, parts = pictures.catalogue, pictures.split
    names = ", ".join(catalogue.classes[:6]) + (", ..." if len(catalogue.classes) > 6 else "")
    several = catalogue.label_sets is not None
    kind = "labels, any number of them for each picture" if several else "classes"
    form = catalogue.preparation
    colour = "colour" if form.channels == 3 else "greyscale"
    return (
        ("data", f"{len(catalogue.labels):,} pictures, {len(catalogue.classes)} {kind}: {names}"),
        (
            "split",
            (
                f"{len(parts.train):,} training, {len(parts.validation):,} validation, "
                f"{len(parts.test):,} test pictures"
            ),
        ),
        ("input size", f"{form.height} × {form.width}, {colour}"),
    )


def data_notes(data: TrainingData) -> tuple[str, ...]:
    """Return messages about the pictures."""
    catalogue = data.all.catalogue
    streamed = (data.stream.note,) if data.stream else ()
    return (
        *catalogue.notes,
        *streamed,
        *data.all.split.notes,
        *catalogue.broken_notes(_MOST_NAMED, f", all listed in {METRICS}"),
        *summary(catalogue),
    )


def write(
    run: Path,
    model: Model,
    data: TrainingData,
    facts: Mapping[str, object],
    out_of_fold: NDArray[np.float64] | None = None,
    *,
    rejected_fraction: float | None = None,
    is_kept: bool = True,
) -> tuple[Classifier, tuple[tuple[str, str], ...]]:
    """Evaluate the model on the test set, and write everything into the run folder.

    Args:
        run: The run folder.
        model: The model.
        data: Its pictures.
        facts: Further entries of the metrics: duration and recipe of the training.
        out_of_fold: (training pictures, classes) probabilities from cross-validation, for the evaluation if
            there is no other set.
        rejected_fraction: The share of pictures of known classes that may be rejected as unknown.
        is_kept: Whether the run folder is kept; otherwise nobody would see its figures and ONNX graph.

    Returns:
        The classifier, and closing (title, text) lines.

    Raises:
        ExportError: The predictions of the ONNX graph differ from the model's; everything else was written.
        ConvscopeError: A file cannot be written.
    """
    store, parts = data.kept.store, data.kept.split
    with replacing(run / picture_list.NAME) as file:
        file.writelines(picture_list.listing(data.all.catalogue, data.all.split))
    part, indices = ("test", parts.test) if len(parts.test) else ("validation", parts.validation)
    classifier = Classifier(model)
    if out_of_fold is not None and not len(indices):
        part, indices = "cross-validation", parts.train
    if not len(indices):
        classifier.save(run / MODEL)
        if is_kept:
            _export(run, model, store, indices)
        unmeasured = ("accuracy", "not measured: there were neither test nor validation pictures")
        return classifier, (unmeasured, *_unable(model, data, rejected_fraction))
    if part == "cross-validation" and out_of_fold is not None:
        probabilities = out_of_fold
        evaluation = score(out_of_fold, data.target, store.labels[indices], model)
    else:
        answers = classifier.answers_at(store.pictures, indices)
        evaluation = score_answers(answers, data.target, store.labels[indices], model)
        probabilities = np.array([answer.probabilities for answer in answers])
    if parts.groups is not None:
        interval = grouped_interval(evaluation.accuracy_fraction, parts.groups[indices])
        evaluation = replace(evaluation, accuracy_interval=interval)
    classifier = Classifier(replace(model, figures=_headline(part, evaluation)))
    classifier.save(run / MODEL)
    _write_metrics(run, {part: evaluation.to_dict(), **facts}, data)
    closing = (*_summary(part, evaluation), *_unable(model, data, rejected_fraction))
    if not is_kept:
        figure_process.dismiss(run)
        return classifier, closing
    judged = judge(store, indices, probabilities, model, evaluation)
    with ThreadPoolExecutor(1) as pool:  # ONNX Runtime checks while figures are drawn
        exported = pool.submit(_export, run, classifier.model, store, indices)
        figure_process.draw(run, judged)
    exported.result()
    return classifier, (*closing, *_boxes(model.classes))


def _boxes(classes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return a message about letters of class names that the font of the figures lacks."""
    if all(map(str.isascii, classes)):  # known to be in the font: importing Matplotlib takes long
        return ()
    from convscope.common.figure_fonts import families  # noqa: PLC0415

    _, missing = families(classes)
    if not missing:
        return ()
    shown = missing if len(missing) <= _MOST_LETTERS else f"{missing[:_MOST_LETTERS]}..."
    return (
        (
            "figures",
            f"no installed font has {shown}: boxes in the figures; a font such as Noto Sans CJK helps",
        ),
    )


def _export(run: Path, model: Model, store: Store, indices: NDArray[np.int64]) -> None:
    """Write the ONNX graph, checked on prepared pictures, because the files may no longer exist."""
    affordable = _COMPARED_MULTIPLY_ADDS / max(1, model.chain.multiply_adds)
    count = int(min(max(affordable, _FEWEST_COMPARED), _MOST_COMPARED))
    compared: list[int] = spread(indices, count).tolist()
    export(model, run / GRAPH, ((store.names[index], store.pictures[index]) for index in compared))


def _headline(part: str, evaluation: Evaluation | LabelEvaluation) -> dict[str, JsonValue]:
    low, high = evaluation.accuracy_interval
    several = isinstance(evaluation, LabelEvaluation)
    ranked = {"mean_average_precision": evaluation.mean_average_precision} if several else {}
    return {
        **ranked,
        "part": part,
        "pictures": evaluation.pictures,
        "accuracy_fraction": evaluation.accuracy_fraction,
        "accuracy_low": low,
        "accuracy_high": high,
        "cross_entropy": evaluation.cross_entropy,
    }


def _write_metrics(run: Path, measured: Mapping[str, object], data: TrainingData) -> None:
    catalogue, parts = data.all.catalogue, data.all.split
    everything = {
        **measured,
        "pictures": {part: len(getattr(parts, part)) for part in ("train", "validation", "test")},
        "classes": catalogue.classes,
        "notes": [*catalogue.notes, *parts.notes],
        "broken": [asdict(broken) for broken in catalogue.broken],
    }
    with replacing(run / METRICS) as file:
        file.write(json.dumps(everything, indent=2).encode())


def _unable(model: Model, data: TrainingData, rejected_fraction: float | None) -> tuple[tuple[str, str], ...]:
    """Return a message that the model cannot reject unknown pictures, and why."""
    if model.open_set is not None or model.has_several_labels:
        return ()
    needed = scores_needed(rejected_fraction or REJECTED_FRACTION)
    count = len(data.kept.split.validation) or len(data.kept.split.train)
    reason = (
        f"its threshold needs at least {needed:,} pictures, and there are {count:,}"
        if count < needed
        else f"the output layer reads too many features ({model.chain.features.shape[0]:,}), or only copies"
    )
    return (("unknown", f"no picture is rejected as unknown: {reason}"),)


def _judged(part: str) -> str:
    return "pictures in cross-validation" if part == "cross-validation" else f"{part} pictures"


def _summary(part: str, evaluation: Evaluation | LabelEvaluation) -> tuple[tuple[str, str], ...]:
    if isinstance(evaluation, LabelEvaluation):
        return _summary_of_labels(part, evaluation)
    accuracy = f"{percent(evaluation.accuracy_fraction, 2)} of {evaluation.pictures:,} {_judged(part)}"
    rows = [("accuracy", f"{accuracy} {_interval(evaluation)}")]
    recalls = [
        (one.recall_fraction, one.name) for one in evaluation.classes if one.recall_fraction is not None
    ]
    hardest = min(recalls)
    rows.append(("hardest class", f"{hardest[1]}: recall {percent(hardest[0])}"))
    if evaluation.unknown_fraction is not None:
        share = percent(evaluation.unknown_fraction)
        rows.append(
            ("unknown", f"{share} of {_judged(part)} rejected as unknown, although their classes are known")
        )
    return tuple(rows)


def _interval(evaluation: Evaluation | LabelEvaluation) -> str:
    low, high = (percent(bound, 2) for bound in evaluation.accuracy_interval)
    return f"(95 % confidence interval {low} to {high})"


def _summary_of_labels(part: str, evaluation: LabelEvaluation) -> tuple[tuple[str, str], ...]:
    judged = f"{evaluation.pictures:,} {_judged(part)}"
    exact = f"{percent(evaluation.accuracy_fraction, 2)} of {judged} {_interval(evaluation)}"
    rows = [("all labels right", exact)]
    ranked = [
        (one.average_precision, one.name) for one in evaluation.classes if one.average_precision is not None
    ]
    if ranked:
        mean, hardest = evaluation.mean_average_precision, min(ranked)
        rows.insert(0, ("mean average precision", f"{mean:.4f} over {len(ranked)} labels, on {judged}"))
        rows.append(("hardest label", f"{hardest[1]}: average precision {hardest[0]:.4f}"))
    return tuple(rows)
