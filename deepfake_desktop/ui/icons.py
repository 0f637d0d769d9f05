"""The icon family in ``resources/icons``, drawn as vectors at any scale in the theme's colours.

An icon asks for its colour each time it is painted, so a switch between light and dark needs no
second call.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.ui import theme

Tint = Literal[
    "text", "quiet", "accent", "on_accent", "on_video", "fake", "real", "inconclusive", "on_verdict"
]


@cache
def _source(name: str) -> bytes:
    return resource_path(f"icons/{name}.svg").read_bytes()


@cache
def _renderer(name: str, color: str) -> QSvgRenderer:
    data = _source(name).replace(b"currentColor", color.encode())
    return QSvgRenderer(QByteArray(data))


def draw(painter: QPainter, name: str, where: QRectF, color: QColor) -> None:
    """Paints the icon into ``where``; a colour's alpha becomes the painter's opacity."""
    painter.save()
    painter.setOpacity(painter.opacity() * color.alphaF())
    _renderer(name, color.name()).render(painter, where)
    painter.restore()


class _TintedEngine(QIconEngine):
    """Draws one SVG; QIcon owns it."""

    def __init__(self, name: str, tint: Tint, on_tint: Tint | None) -> None:
        super().__init__()
        self._name = name
        self._tint = tint
        self._on_tint = on_tint or tint

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        c = theme.colors()
        base: QColor = getattr(c, self._on_tint if state == QIcon.State.On else self._tint)
        return theme.faded(base, 0.4) if mode == QIcon.Mode.Disabled else base

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        draw(painter, self._name, square, self._color(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return QPixmap.fromImage(image)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        result = self.pixmap(size * scale, mode, state)
        result.setDevicePixelRatio(scale)
        return result

    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._tint, self._on_tint)


def icon(name: str, tint: Tint = "text", *, on_tint: Tint | None = None) -> QIcon:
    """An icon of the family, by file name; ``on_tint`` colours a checked action.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    _source(name)
    return QIcon(_TintedEngine(name, tint, on_tint))


def pixmap(name: str, side: int, color: QColor, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of ``side`` device-independent pixels, for labels."""
    result = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    draw(painter, name, QRectF(result.rect()), color)
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result
