"""Paints over a picture: face boxes with their labels, and the captions.

Pictures lie on a dark ground in both themes, so the dark theme's bright colours are used in both.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.player_boxes import BoxAtTime
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.verdict_mark import draw_mark


class Captions(NamedTuple):
    title: str
    clock: str
    notice: str


def paint_frame(painter: QPainter, box: BoxAtTime, rect: QRectF, *, strong: bool) -> QColor:
    """The box itself, dashed where it is a guess; returns the person's colour."""
    color = theme.DARK.track(box.track_id - 1)
    width = 3.0 if strong else 2.0
    halo = QPen(QColor(0, 0, 0, 150), width + 2)
    line = QPen(color, width)
    if not box.known:
        line.setDashPattern([3, 3])
        halo.setColor(QColor(0, 0, 0, 70))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (halo, line):
        painter.setPen(pen)
        painter.drawRoundedRect(rect, 4, 4)
    return color


def paint_label(
    painter: QPainter,
    box: BoxAtTime,
    rect: QRectF,
    view: QRectF,
    color: QColor,
    thresholds: Thresholds,
) -> None:
    """Name, mark and score above the box, or below it where there is no room."""
    text = formats.person_name(box.track_id)
    if box.p_fake is not None:
        text = f"{text} \u00b7 {formats.score(box.p_fake)}"
    painter.setFont(theme.font("text", bold=True))
    metrics = painter.fontMetrics()
    height = metrics.height() + 6
    mark = metrics.ascent() if box.p_fake is not None else 0
    width = metrics.horizontalAdvance(text) + 2 * Space.S + (mark + 6 if mark else 0)
    chip = QRectF(rect.left() - 1, rect.top() - height - 3, width, height)
    if chip.top() < 0:
        chip.moveTop(min(rect.bottom() + 3, view.height() - height))
    chip.moveLeft(max(0.0, min(chip.left(), view.width() - width)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(chip, 4, 4)
    ink = theme.DARK.on_verdict
    x = chip.left() + Space.S
    if box.p_fake is not None:
        spot = QRectF(x, chip.center().y() - mark / 2, mark, mark)
        draw_mark(painter, spot, formats.label_of(box.p_fake, thresholds), color=ink, on=color)
        x += mark + 6
    painter.setPen(ink)
    painter.drawText(
        QRectF(x, chip.top(), chip.right() - x, chip.height()),
        Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute,
        text,
    )


def paint_captions(painter: QPainter, view: QRectF, captions: Captions, *, rtl: bool) -> None:
    """File name and time at the top corners, a notice at the bottom."""
    painter.setFont(theme.font("text"))
    metrics = painter.fontMetrics()
    edge, height = Space.M, metrics.height() + 6
    room = int(view.width()) - 2 * edge - 2 * Space.S
    beside = metrics.horizontalAdvance(captions.clock) + 2 * Space.S + Space.M
    elide_middle = Qt.TextElideMode.ElideMiddle
    title_room = max(0, room - (beside if captions.clock else 0))
    title = metrics.elidedText(captions.title, elide_middle, title_room)
    notice = metrics.elidedText(captions.notice, Qt.TextElideMode.ElideRight, room)
    bottom = view.height() - edge - height
    for text, top, at_start in (
        (title, edge, True),
        (captions.clock, edge, False),
        (notice, bottom, True),
    ):
        if text in ("", "\u2026"):
            continue
        width = metrics.horizontalAdvance(text) + 2 * Space.S
        left = edge if at_start != rtl else view.width() - edge - width
        chip = QRectF(left, top, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(13, 15, 18, 190))
        painter.drawRoundedRect(chip, 4, 4)
        painter.setPen(theme.DARK.on_video)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)
