"""Paints what moves over the timeline: selection, hovered window, playhead, and the axis' times."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.theme import Colors, Space, faded
from deepfake_desktop.ui.timeline_painter import AXIS_PX, Geometry, ticks


def paint_selection(
    painter: QPainter, c: Colors, geometry: Geometry, selection: tuple[float, float] | None
) -> None:
    """A tinted range with a handle at each end."""
    if selection is None:
        return
    left, right = (geometry.x(time_s) for time_s in selection)
    area = QRectF(left, geometry.plot.top(), right - left, geometry.plot.height())
    painter.fillRect(area, faded(c.accent, 0.16))
    painter.setPen(QPen(c.accent, 1))
    for x in (left, right):
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(c.accent)
    for x in (left, right):
        painter.drawRoundedRect(QRectF(x - 2, area.center().y() - 10, 4, 20), 2, 2)


def paint_hover(
    painter: QPainter, c: Colors, geometry: Geometry, hovered: tuple[int, float, float] | None
) -> None:
    """A frame around the window under the pointer: (lane, start_s, end_s)."""
    if hovered is None:
        return
    lane_index, start_s, end_s = hovered
    left, right = geometry.x(start_s), geometry.x(end_s)
    strip, curve = geometry.strip(lane_index), geometry.curve(lane_index)
    area = QRectF(left, curve.top(), max(2.0, right - left), strip.bottom() - curve.top())
    painter.setPen(QPen(c.text, 1))
    painter.setBrush(faded(c.text, 0.06))
    painter.drawRoundedRect(area, 3, 3)


def paint_playhead(
    painter: QPainter, c: Colors, geometry: Geometry, position_s: float | None
) -> None:
    """The line with its time under it, and the axis' times where they do not collide with it."""
    chip = _chip(geometry, position_s)
    paint_tick_labels(painter, geometry, c, chip)
    if chip.isEmpty() or position_s is None:
        return
    x = geometry.x(position_s)
    painter.setPen(QPen(c.accent, 2))
    painter.drawLine(QLineF(x, geometry.plot.top(), x, geometry.plot.bottom() + 4))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(c.accent)
    painter.drawRoundedRect(chip, 4, 4)
    painter.setFont(theme.font("caption", bold=True))
    painter.setPen(c.on_accent)
    text = formats.clock(position_s, decimals=2)
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)


def _chip(geometry: Geometry, position_s: float | None) -> QRectF:
    """Where the position is written; empty while the playhead is out of sight."""
    if position_s is None:
        return QRectF()
    x = geometry.x(position_s)
    if not geometry.plot.left() - 1 <= x <= geometry.plot.right() + 1:
        return QRectF()
    text = formats.clock(position_s, decimals=2)
    font = theme.font("caption", bold=True)
    width = QFontMetricsF(font).horizontalAdvance(text) + 2 * Space.S
    left = min(max(x - width / 2, geometry.plot.left()), geometry.plot.right() - width)
    return QRectF(left, geometry.plot.bottom() + 4, width, AXIS_PX - 6)


def paint_tick_labels(painter: QPainter, geometry: Geometry, c: Colors, taken: QRectF) -> None:
    """The times under the ticks, but for those that the playhead's own would cover."""
    times = ticks(geometry)
    if not times:
        return
    decimals = 1 if len(times) > 1 and times[1] - times[0] < 1 else 0
    font = theme.font("caption")
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(c.quiet)
    plot = geometry.plot
    for time_s in times:
        text = formats.clock(time_s, decimals=decimals)
        width = metrics.horizontalAdvance(text)
        left = min(max(geometry.x(time_s) - width / 2, plot.left()), plot.right() - width)
        if left < taken.right() + Space.XS and left + width > taken.left() - Space.XS:
            continue
        painter.drawText(QPointF(left, plot.bottom() + 6 + metrics.ascent()), text)
