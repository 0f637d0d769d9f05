"""Paints what stands still on the timeline: lanes, bands, curves, heat strips and the axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.theme import Colors, Space, faded, mix
from deepfake_desktop.ui.timeline_lanes import Lane, Windows, columns, runs, tick_step
from deepfake_desktop.ui.verdict_mark import draw_mark

STRIP_PX = 10
AXIS_PX = 26
SPARSE_PX = 4.0
"""With at least so many pixels for a window, each is drawn on its own; below, per column."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where things lie in the canvas; pixels. Time runs from left to right in every language."""

    width: float
    height: float
    names: QRectF
    plot: QRectF
    lane_height: float
    scroll: float
    from_s: float
    to_s: float
    rtl: bool

    def x(self, time_s: float) -> float:
        span = max(1e-9, self.to_s - self.from_s)
        return self.plot.left() + (time_s - self.from_s) / span * self.plot.width()

    def time_at(self, x: float) -> float:
        share = (x - self.plot.left()) / max(1.0, self.plot.width())
        return self.from_s + share * (self.to_s - self.from_s)

    def lane_top(self, index: int) -> float:
        return self.plot.top() + index * self.lane_height - self.scroll

    def lane_at(self, y: float) -> int:
        return int((y - self.plot.top() + self.scroll) // self.lane_height)

    def curve(self, index: int) -> QRectF:
        height = self.lane_height - STRIP_PX - Space.XS - Space.M
        return QRectF(self.plot.left(), self.lane_top(index), self.plot.width(), height)

    def strip(self, index: int) -> QRectF:
        curve = self.curve(index)
        return QRectF(curve.left(), curve.bottom() + Space.XS, curve.width(), STRIP_PX)


@lru_cache(maxsize=8)
def heat_colors(dark: bool, panel: int, thresholds: Thresholds) -> tuple[QColor, ...]:
    """256 opaque colours for P(fake) from 0 to 1: hue by side of the thresholds, depth by how far
    beyond them, so that the strip also reads in grey."""
    c = theme.DARK if dark else theme.LIGHT
    ground = QColor(panel)
    result = []
    for step in range(256):
        p_fake = step / 255
        label = formats.label_of(p_fake, thresholds)
        if label == "FAKE":
            share = 0.68 + 0.32 * (p_fake - thresholds.fake) / max(1e-6, 1 - thresholds.fake)
        elif label == "REAL":
            share = 0.45 + 0.30 * (thresholds.real - p_fake) / max(1e-6, thresholds.real)
        else:
            width = max(1e-6, thresholds.fake - thresholds.real)
            share = 0.50 + 0.18 * (p_fake - thresholds.real) / width
        result.append(mix(ground, c.verdict(label), share))
    return tuple(result)


class LanePainter:
    """One pass over all lanes; holds nothing between two passes."""

    def __init__(self, painter: QPainter, geometry: Geometry, c: Colors, limits: Thresholds):
        self._painter = painter
        self._geometry = geometry
        self._c = c
        self._limits = limits
        self._heat = heat_colors(c.dark, c.panel.rgb(), limits)

    def paint(self, lanes: list[Lane], current: int | None) -> None:
        painter, geometry = self._painter, self._geometry
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(QRectF(0, geometry.plot.top(), geometry.width, geometry.plot.height()))
        for index, lane in enumerate(lanes):
            top = geometry.lane_top(index)
            if top > geometry.plot.bottom() or top + geometry.lane_height < geometry.plot.top():
                continue
            self._paint_name(lane, index, chosen=index == current)
            self._paint_bands(geometry.curve(index))
            self._paint_scores(lane, index)
        painter.restore()
        self._paint_axis()

    def _paint_name(self, lane: Lane, index: int, *, chosen: bool) -> None:
        painter, geometry, c = self._painter, self._geometry, self._c
        room = geometry.names
        curve = geometry.curve(index)
        area = QRectF(room.left(), curve.top(), room.width() - Space.M, curve.height() + STRIP_PX)
        if geometry.rtl:
            area.translate(Space.M, 0)
        start = Qt.AlignmentFlag.AlignRight if geometry.rtl else Qt.AlignmentFlag.AlignLeft
        name_font = theme.font("text", bold=True)
        small_font = theme.font("caption")
        name_height = QFontMetricsF(name_font).height()
        small_height = QFontMetricsF(small_font).height()
        lines = 1 + (area.height() >= name_height + small_height)
        lines += area.height() >= name_height + 2 * small_height + 2 and lane.p_fake is not None
        used = name_height + (lines - 1) * small_height
        y = area.top() + max(0.0, (curve.height() - used) / 2)

        bar = QRectF(area.left(), y + 1, 3, used - 2)
        if geometry.rtl:
            bar.moveRight(area.right())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.track(lane.track_id - 1))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        text = area.adjusted(0, 0, -Space.S, 0) if geometry.rtl else area.adjusted(Space.S, 0, 0, 0)

        painter.setFont(name_font)
        painter.setPen(c.accent if chosen else c.text)
        name = QFontMetricsF(name_font).elidedText(
            formats.person_name(lane.track_id), Qt.TextElideMode.ElideRight, text.width()
        )
        painter.drawText(QRectF(text.left(), y, text.width(), name_height), start, name)
        if lines > 1:
            y += name_height
            painter.setFont(small_font)
            painter.setPen(c.quiet)
            first_s, last_s = lane.span_s
            painter.drawText(
                QRectF(text.left(), y, text.width(), small_height),
                start,
                formats.span(first_s, last_s),
            )
        if lines > 2 and lane.p_fake is not None:
            y += small_height
            label = formats.label_of(lane.p_fake, self._limits)
            color = c.verdict(label)
            side = QFontMetricsF(small_font).ascent()
            spot = QRectF(text.left(), y + (small_height - side) / 2, side, side)
            words = QRectF(spot.right() + 5, y, text.width() - side - 5, small_height)
            if geometry.rtl:
                spot.moveRight(text.right())
                words.moveRight(spot.left() - 5)
            draw_mark(painter, spot, label, color=color, on=c.on_verdict)
            painter.setPen(color)
            painter.drawText(words, start, formats.score(lane.p_fake))

    def _paint_bands(self, curve: QRectF) -> None:
        painter, c = self._painter, self._c
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.raised)
        painter.drawRoundedRect(curve, 4, 4)
        fake_y = curve.top() + (1 - self._limits.fake) * curve.height()
        real_y = curve.top() + (1 - self._limits.real) * curve.height()
        painter.fillRect(
            QRectF(curve.left(), curve.top(), curve.width(), fake_y - curve.top()),
            faded(c.fake, 0.13 if c.dark else 0.10),
        )
        painter.fillRect(
            QRectF(curve.left(), fake_y, curve.width(), real_y - fake_y),
            faded(c.inconclusive, 0.10 if c.dark else 0.08),
        )
        for y, color in ((fake_y, c.fake), (real_y, c.inconclusive)):
            pen = QPen(faded(color, 0.55), 1)
            pen.setDashPattern([3, 3])
            painter.setPen(pen)
            painter.drawLine(QLineF(curve.left(), y, curve.right(), y))

    def _paint_scores(self, lane: Lane, index: int) -> None:
        geometry = self._geometry
        if not len(lane):
            return
        seen = lane.visible(geometry.from_s, geometry.to_s)
        windows = lane.windows
        shown = Windows(windows.start_s[seen], windows.end_s[seen], windows.p_fake[seen])
        if not shown.start_s.size:
            return
        painter = self._painter
        painter.save()
        painter.setClipRect(
            QRectF(
                geometry.plot.left(),
                geometry.plot.top(),
                geometry.plot.width(),
                geometry.plot.height(),
            ),
            Qt.ClipOperation.IntersectClip,
        )
        color = self._c.track(lane.track_id - 1)
        if shown.start_s.size * SPARSE_PX <= geometry.plot.width():
            self._paint_each(shown, index, color)
        else:
            self._paint_columns(shown, index, color)
        painter.restore()

    def _y(self, curve: QRectF, p_fake: float) -> float:
        inner = curve.adjusted(0, 2, 0, -2)
        return inner.top() + (1 - p_fake) * inner.height()

    def _paint_each(self, windows: Windows, index: int, color: QColor) -> None:
        painter, geometry = self._painter, self._geometry
        curve, strip = geometry.curve(index), geometry.strip(index)
        painter.setPen(Qt.PenStyle.NoPen)
        points: list[QPointF] = []
        stretches: list[list[QPointF]] = [points]
        starts, ends = windows.start_s.tolist(), windows.end_s.tolist()
        pitch = float(np.median(np.diff(windows.start_s))) if len(starts) > 1 else 0.0
        for i, p_fake in enumerate(windows.p_fake.tolist()):
            left, right = geometry.x(starts[i]), geometry.x(ends[i])
            gap = 1.0 if right - left > 4 else 0.0
            painter.setBrush(self._heat[round(min(1.0, max(0.0, p_fake)) * 255)])
            cell = QRectF(left, strip.top(), max(1.5, right - left - gap), strip.height())
            painter.drawRoundedRect(cell, 2, 2)
            if i and starts[i] - ends[i - 1] > max(1.0, 1.5 * pitch):
                points = []  # the person was away: the curve does not reach across
                stretches.append(points)
            points.append(QPointF((left + right) / 2, self._y(curve, p_fake)))
        pen = QPen(color, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        dots = len(starts) * 14 <= geometry.plot.width()
        for stretch in stretches:
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(stretch))
            if dots or len(stretch) == 1:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                for point in stretch:
                    painter.drawEllipse(point, 2.5, 2.5)

    def _paint_columns(self, windows: Windows, index: int, color: QColor) -> None:
        painter, geometry = self._painter, self._geometry
        curve, strip = geometry.curve(index), geometry.strip(index)
        width = max(1, round(geometry.plot.width()))
        found = columns(windows, geometry.from_s, geometry.to_s, width)
        present = ~np.isnan(found.worst)

        table = np.array([c.rgba() for c in self._heat], dtype=np.uint32)
        row = np.zeros(width, dtype=np.uint32)
        row[present] = table[(np.clip(found.worst[present], 0, 1) * 255).round().astype(int)]
        heat = QImage(row.tobytes(), width, 1, width * 4, QImage.Format.Format_ARGB32)
        painter.drawImage(strip, heat)

        left = geometry.plot.left() + 0.5
        height = curve.height() - 4
        top = curve.top() + 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for start, stop in runs(present):
            xs = left + np.arange(start, stop)
            high = top + (1 - found.worst[start:stop]) * height
            low = top + (1 - found.least[start:stop]) * height
            band = [QPointF(x, y) for x, y in zip(xs.tolist(), high.tolist(), strict=True)]
            band += [
                QPointF(x, y) for x, y in zip(xs[::-1].tolist(), low[::-1].tolist(), strict=True)
            ]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(color, 0.25))
            painter.drawPolygon(QPolygonF(band))
            mean = top + (1 - found.mean[start:stop]) * height
            painter.setPen(QPen(color, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            points = [QPointF(x, y) for x, y in zip(xs.tolist(), mean.tolist(), strict=True)]
            painter.drawPolyline(QPolygonF(points))

    def _paint_axis(self) -> None:
        painter, geometry = self._painter, self._geometry
        painter.setPen(QPen(self._c.line, 1))
        y = geometry.plot.bottom()
        for time_s in ticks(geometry):
            x = geometry.x(time_s)
            painter.drawLine(QLineF(x, y, x, y + 4))


def ticks(geometry: Geometry) -> list[float]:
    """Round times in sight, in seconds."""
    if geometry.to_s <= geometry.from_s:
        return []
    step = tick_step(geometry.to_s - geometry.from_s, geometry.plot.width())
    first = math.ceil(geometry.from_s / step - 1e-6)
    last = math.floor(geometry.to_s / step + 1e-6)
    return [index * step for index in range(first, last + 1)]
