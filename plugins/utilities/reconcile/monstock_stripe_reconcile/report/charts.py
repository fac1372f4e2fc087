"""Pictures as static SVG, drawn by pygal and coloured by the page's own style sheet.

Each has a title and a description for who does not see it; a table with the same figures stands
beside each in the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pygal
from markupsafe import Markup
from pygal.etree import etree
from pygal.style import Style

# A phone's width: on it, a letter of the picture is about as large as one of the page.
_WIDTH = 380
_LEFT_OUT = frozenset({"defs", "title", "desc", "script", "style"})
_STYLE = Style(
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=13,
    value_label_font_size=13,
    font_family="sans-serif",
    # The page gives the colours, by class.
    background="transparent",
    plot_background="transparent",
)
_COMMON = {
    "style": _STYLE,
    "width": _WIDTH,
    "show_legend": False,
    "truncate_label": -1,
    "js": [],
    "margin": 12,
    "show_y_guides": False,
    "show_x_guides": False,
    "spacing": 8,
}
_LYING = _COMMON | {"show_x_labels": False}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is called, how long it is, how that is written."""

    label: str
    value: int
    written: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture is called and what it says."""

    title: str
    description: str


def bars(name: str, words: Words, given: Sequence[Bar]) -> Markup:
    """Draw lying bars, so that long names and amounts have room.

    Args:
        name: of the picture; unique in the page, of letters, digits and hyphens.
        words: title and description.
        given: from top to bottom.
    """
    chart = pygal.HorizontalBar(**_LYING, height=_height(given))
    chart.x_labels = [_called(bar) for bar in reversed(given)]
    chart.add("", [bar.value for bar in reversed(given)])
    return _drawn(name, words, chart)


def waterfall(name: str, words: Words, steps: Sequence[Bar]) -> Markup:
    """Draw how a first amount becomes a last one: each step begins where the one before ended.

    Args:
        name: of the picture; unique in the page.
        words: title and description.
        steps: the first from 0, the last from 0 and equal to the sum of the others, and between
            them what was added or (negative) taken away.
    """
    levels = _levels(steps)
    if levels is None:
        return bars(name, words, steps)
    chart = pygal.HorizontalStackedBar(**_LYING, height=_height(steps))
    chart.x_labels = [_called(step) for step in reversed(steps)]
    chart.add("floor", [level.floor for level in reversed(levels)])
    for kind in ("whole", "up", "down"):
        chart.add(
            kind,
            [level.height if level.kind == kind else None for level in reversed(levels)],
        )
    return _drawn(name, words, chart)


def line(name: str, words: Words, given: Sequence[Bar]) -> Markup:
    """Draw a line through points, in the order of time; the first and the last are named."""
    most = max((bar.value for bar in given), default=0)
    chart = pygal.Line(
        **_COMMON,
        height=220,
        range=(0, most or 1),
        y_labels=sorted({0, most // 2, most}),
        value_formatter=lambda number: f"{number:.0f}",
        dots_size=4,
        stroke_style={"width": 2},
    )
    last = len(given) - 1
    chart.x_labels = [bar.label if place in (0, last) else "" for place, bar in enumerate(given)]
    chart.add("", [bar.value for bar in given])
    return _drawn(name, words, chart)


@dataclass(frozen=True, slots=True)
class _Level:
    """Where a step stands, how high it is, and whether it is whole or goes up or down."""

    kind: str
    floor: int
    height: int


def _levels(steps: Sequence[Bar]) -> list[_Level] | None:
    """Where the steps stand; None where one would stand below 0."""
    found, level = [], 0
    for place, step in enumerate(steps):
        before = 0 if place in (0, len(steps) - 1) else level
        level = before + step.value
        kind = "whole" if place in (0, len(steps) - 1) else "down" if step.value < 0 else "up"
        found.append(_Level(kind, min(before, level), abs(step.value)))
        if found[-1].floor < 0:
            return None
    return found


def _height(given: Sequence[Bar]) -> int:
    return 40 + 34 * len(given)


def _called(bar: Bar) -> str:
    """Name and figure in one: beside a bar there is room for both, whatever its length."""
    return f"{bar.label}: {bar.written}"


def _drawn(name: str, words: Words, chart: Any) -> Markup:
    """Draw it, without what a page that forbids foreign scripts and styles cannot have."""
    root = chart.render_tree()
    parents = {child: parent for parent in root.iter() for child in parent}
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or node.tag in _LEFT_OUT:
            parents[node].remove(node)
        elif "style" in node.attrib:
            del node.attrib["style"]
    for place, (tag, text) in enumerate((("title", words.title), ("desc", words.description))):
        node = root.makeelement(tag, {"id": f"{name}-{tag}"})
        node.text = text
        root.insert(place, node)
    root.attrib.pop("id", None)
    root.set("class", f"picture {root.get('class', '')}")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - an XML writer escapes
