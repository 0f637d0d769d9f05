"""The verdict's shape: told by form first, by colour second, by the word beside it third."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfake_desktop.core.types import Label
from deepfake_desktop.ui import theme

LEAST_SIGN_PX = 16
"""Physical pixels that the question mark needs to be read as one."""


def draw_mark(
    painter: QPainter, where: QRectF, label: Label | None, *, color: QColor, on: QColor
) -> None:
    """Octagon with a cross, disc with a tick, diamond with a question mark, or dashed ring.

    ``None`` is a plain ring: nothing is known yet. ``on`` is the colour of the sign on the shape.
    The small diamond is plain: with a question mark it would look like a character that is missing.
    """
    side = min(where.width(), where.height())
    box = QRectF(0, 0, side, side)
    box.moveCenter(where.center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    sign = QPen(on, max(1.4, side * 0.1), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    sign.setJoinStyle(Qt.PenJoinStyle.RoundJoin)

    if label == "FAKE":
        painter.drawPolygon(_octagon(box))
        painter.setPen(sign)
        arm = side * 0.175
        center = box.center()
        painter.drawLine(center + QPointF(-arm, -arm), center + QPointF(arm, arm))
        painter.drawLine(center + QPointF(arm, -arm), center + QPointF(-arm, arm))
    elif label == "REAL":
        painter.drawEllipse(box)
        painter.setPen(sign)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tick = QPainterPath(_at(box, 0.29, 0.51))
        tick.lineTo(_at(box, 0.44, 0.66))
        tick.lineTo(_at(box, 0.71, 0.36))
        painter.drawPath(tick)
    elif label == "INCONCLUSIVE":
        painter.drawPolygon(
            QPolygonF([_at(box, 0.5, 0), _at(box, 1, 0.5), _at(box, 0.5, 1), _at(box, 0, 0.5)])
        )
        if side * painter.device().devicePixelRatioF() < LEAST_SIGN_PX:
            painter.restore()
            return
        sign.setWidthF(max(1.2, side * 0.085))
        painter.setPen(sign)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        hook = QPainterPath(_at(box, 0.39, 0.41))
        hook.cubicTo(_at(box, 0.39, 0.25), _at(box, 0.62, 0.25), _at(box, 0.615, 0.405))
        hook.cubicTo(_at(box, 0.61, 0.49), _at(box, 0.5, 0.49), _at(box, 0.5, 0.585))
        painter.drawPath(hook)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(on)
        dot = max(0.75, side * 0.052)
        painter.drawEllipse(_at(box, 0.5, 0.71), dot, dot)
    else:
        width = max(1.4, side * (0.1 if label == "NO FACE" else 0.05))
        ring = QPen(color, width)
        if label == "NO FACE":
            dashes = 8
            length = math.pi * (side - width) / dashes / width
            ring.setCapStyle(Qt.PenCapStyle.FlatCap)
            ring.setDashPattern([length * 0.58, length * 0.42])
        painter.setPen(ring)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box.adjusted(width / 2, width / 2, -width / 2, -width / 2))
    painter.restore()


def _at(box: QRectF, x: float, y: float) -> QPointF:
    return QPointF(box.left() + box.width() * x, box.top() + box.height() * y)


def _octagon(box: QRectF) -> QPolygonF:
    radius = box.width() / 2 / math.cos(math.pi / 8)
    corners = [math.pi / 8 + step * math.pi / 4 for step in range(8)]
    center = box.center()
    return QPolygonF(
        [center + QPointF(math.cos(a) * radius, math.sin(a) * radius) for a in corners]
    )


class VerdictMark(QWidget):
    """The mark as a widget. Decorative: the word beside it is what a screen reader says."""

    def __init__(self, side: int = 48, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._label: Label | None = None
        self._preliminary = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_label(self, label: Label | None, *, preliminary: bool = False) -> None:
        """``preliminary`` draws an outline only, so that it cannot be taken for the result."""
        self._label = label
        self._preliminary = preliminary
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        color = c.outline if self._label is None else c.verdict(self._label)
        on = c.on_verdict
        if self._preliminary and self._label in ("FAKE", "REAL", "INCONCLUSIVE"):
            on = color
            color = theme.mix(c.panel, color, 0.18)
        draw_mark(painter, QRectF(self.rect()), self._label, color=color, on=on)
        painter.end()
