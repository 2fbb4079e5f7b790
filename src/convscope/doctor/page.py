"""The findings as a single HTML file without external resources or scripts."""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.common.atomic import replacing
from convscope.doctor.findings import MEANINGS
from convscope.pictures.decoding import Decoded, decode
from convscope.pictures.reading import image_of
from convscope.web.html_page import html_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convscope.doctor.diagnosis import Diagnosis
    from convscope.doctor.findings import Finding
    from convscope.errors import PictureError
    from convscope.pictures.near_duplicates.joining import Group

MOST_GROUPS = 40
MOST_IN_GROUP = 8
"""Largest numbers of groups per finding, and of pictures per group, to keep the page small."""

_SIDE = 128
_STYLE = Path(__file__).with_name("page.css")


def write_page(diagnosis: Diagnosis, path: Path) -> None:
    """Write a page of the findings with their pictures side by side.

    Args:
        diagnosis: The diagnosis.
        path: The file, replaced atomically.

    Raises:
        ConvscopeError: It cannot be written.
    """
    with replacing(path) as file:
        file.write(page(diagnosis).encode())


def page(diagnosis: Diagnosis) -> str:
    """Return the findings as a complete HTML document, with all names escaped."""
    shown = sorted({p for one in diagnosis.findings for group in _shown(one) for p in group})
    pictures = _thumbnails(diagnosis, shown)
    name = escape(diagnosis.source.name)
    sections = "\n".join(_section(diagnosis, one, pictures) for one in diagnosis.findings)
    body = f"""<main>
<h1>{name}</h1>
<p>{len(diagnosis.source.items):,} pictures. {"" if sections else "No problems found."}</p>
{sections}
</main>"""
    return html_page(f"{diagnosis.source.name} · convscope doctor", _STYLE.read_text("utf-8"), body)


def _shown(finding: Finding) -> tuple[Group, ...]:
    return tuple(group[:MOST_IN_GROUP] for group in finding.groups[:MOST_GROUPS])


def _section(diagnosis: Diagnosis, finding: Finding, pictures: Mapping[int, str]) -> str:
    shown = _shown(finding)
    left = finding.pictures - sum(map(len, shown))
    rows = [
        "<li>"
        + "".join(_figure(diagnosis, place, pictures) for place in group)
        + _detail(finding, number)
        + "</li>"
        for number, group in enumerate(shown)
    ]
    listed = f"<ul>{''.join(rows)}</ul>" if rows else f"<p>{escape(finding.detail[0])}</p>"
    more = f'<p class="quiet">{left:,} more pictures are in the output of --json.</p>' if left else ""
    count = f" <span>{finding.pictures:,}</span>" if finding.pictures else ""
    kind = "problem" if finding.is_problem else "remark"
    meaning = escape(MEANINGS[finding.kind])
    return f"""<section>
<h2>{escape(finding.kind)}{count}</h2>
<p class="quiet">{kind}: {meaning}</p>
{listed}
{more}
</section>"""


def _detail(finding: Finding, number: int) -> str:
    return f'<p class="quiet">{escape(finding.detail[number])}</p>' if number < len(finding.detail) else ""


def _figure(diagnosis: Diagnosis, place: int, pictures: Mapping[int, str]) -> str:
    item = diagnosis.source.items[place]
    height, width = diagnosis.examination.sizes[place].tolist()
    facts = " · ".join(filter(None, (item.label, item.part, f"{height} × {width}" if height else "")))
    image = f'<img src="{pictures[place]}" alt="{escape(item.label)}">' if place in pictures else ""
    return f"<figure>{image}<figcaption><b>{escape(item.name)}</b><br>{escape(facts)}</figcaption></figure>"


def _thumbnails(diagnosis: Diagnosis, places: list[int]) -> dict[int, str]:
    """Decode the pictures again and scale them down; pictures that have vanished are not shown."""
    made: dict[int, str] = {}

    def take(decoded: Decoded) -> None:
        pixels = decoded.pixels
        image = image_of(pixels)
        image.thumbnail((_SIDE, _SIDE))
        kind = "png" if max(pixels.shape[:2]) <= _SIDE // 2 else "jpeg"
        buffer = BytesIO()
        image.save(buffer, kind, quality=80)
        made[decoded.index] = f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"

    def refuse(_place: int, _error: PictureError) -> None:
        """Skip the thumbnail of an unreadable picture."""

    decode(diagnosis.source, places, take, refuse, shortest_side=2 * _SIDE)
    return made
