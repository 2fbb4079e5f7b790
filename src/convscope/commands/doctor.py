"""`convscope doctor`: find problems in a data set."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - typer needs it
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.commands.output_option import say_written
from convscope.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.doctor.diagnosis import Diagnosis
    from convscope.doctor.findings import Finding
    from convscope.pictures.sources.source import Item

_DIFFERING = {"two labels": ("label",), "shared between parts": ("part",)}
"""The property in which the pictures of an example differ."""


def doctor(
    data: Annotated[str, typer.Argument(help="Labelled pictures, as for train.")],
    *,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="Also find wrong labels, by cross-validation."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write an HTML page that shows the pictures.", show_default=False),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append progress to a file, as JSON lines.", show_default=False),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a CSV list of the good pictures, for train.", show_default=False
        ),
    ] = None,
) -> None:
    """Find problems in labelled pictures: broken files, duplicates, contradicting labels and more.

    The pictures are never changed. The exit code is 0 if there is no problem, 1 if there is one, and 2 if the
    pictures cannot be used.
    """
    _check_new(html, manifest)
    if labels:
        from convscope.commands import process_tuning

        process_tuning.tune()

    from convscope.training.listeners.terminal import Terminal

    with Terminal(sys.stderr, task=f"reading {data}") as terminal:
        from convscope.doctor.diagnosis import diagnose
        from convscope.doctor.manifest import write_manifest
        from convscope.doctor.page import write_page
        from convscope.pictures.sources import open_source
        from convscope.pictures.sources.manifest import listable
        from convscope.training.events import preparing
        from convscope.training.listeners.event_log import EventLog

        source = open_source(data)
        if manifest is not None:
            listable(source)  # checked now, not after all the work
        listeners = [terminal] if events is None else [terminal, EventLog(events)]
        diagnosis = diagnose(source, preparing(listeners))
        if labels:
            from convscope.training.cross_validation import doubt_labels

            diagnosis = doubt_labels(diagnosis, listeners=listeners)
    listed = None if manifest is None else write_manifest(diagnosis, manifest)
    if html is not None:
        write_page(diagnosis, html)
    _report(diagnosis, data, html, manifest, listed, as_json=as_json)
    if diagnosis.has_problems:
        raise typer.Exit(1)


def _report(
    diagnosis: Diagnosis,
    data: str,
    html: Path | None,
    manifest: Path | None,
    listed: int | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        typer.echo(json.dumps({"data": data, **diagnosis.to_dict()}, indent=2))
    else:
        _print_report(diagnosis, data, html)
        if listed is not None:
            typer.echo(f"\n{manifest} lists {listed:,} of {len(diagnosis.source.items):,} pictures")
    if html is not None:
        say_written(html, to_stderr=as_json)


def _example(finding: Finding, items: Sequence[Item]) -> Sequence[int]:
    """Return one or two pictures of the first group, which differ in the property of the finding."""
    if not finding.groups:
        return ()
    first, *others = finding.groups[0]
    for attribute in _DIFFERING.get(finding.kind, ()):
        value = getattr(items[first], attribute)
        others.sort(key=lambda index: getattr(items[index], attribute) == value)
    return (first, *others[:1])


def _check_new(html: Path | None, manifest: Path | None) -> None:
    """Check immediately whether the output can be written in the end."""
    for path in (html, manifest):
        if path is not None and path.exists():
            raise SettingError(
                f"{path} already exists", why="the doctor never overwrites a file", remedy="name a new file"
            )
        if path is not None and not path.parent.is_dir():
            raise SettingError(f"{path} cannot be written", why=f"there is no folder {path.parent}")
    if html is not None and html == manifest:
        raise SettingError(f"{html} cannot be both the page and the list", remedy="name two files")


def _print_report(diagnosis: Diagnosis, data: str, html: Path | None) -> None:
    from convscope.commands.tables import stdout_console, table
    from convscope.common.printable import printable

    console = stdout_console()
    items = diagnosis.source.items
    classes = len({item.label for item in items})
    console.print(
        f"{len(items):,} pictures of {classes} {'class' if classes == 1 else 'classes'} in {printable(data)}"
    )
    for note in diagnosis.notes:
        console.print(f"note  {note}")
    if not diagnosis.findings:
        console.print("nothing found")
        return
    console.print()
    rows = table(["problem or remark", "for example"], ["pictures", "groups"])
    for one in diagnosis.findings:
        names = [items[index].name for index in _example(one, items)]
        example = " = ".join(names) + (f" ({one.detail[0]})" if names and one.detail else "")
        title = one.kind if one.is_problem else f"remark: {one.kind}"
        groups = f"{len(one.groups):,}" if any(len(group) > 1 for group in one.groups) else ""
        rows.add_row(title, example or one.detail[0], f"{one.pictures:,}" if names else "", groups)
    console.print(rows)
    if html is None:
        console.print(f"\nlook further  convscope doctor {printable(data)} --html FILE")
