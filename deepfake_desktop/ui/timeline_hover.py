"""The card beside the pointer: the face at that moment, and what its window scored."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from deepfake_desktop.core.types import FaceSeen, Label
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.theme import Radius, Space
from deepfake_desktop.ui.verdict_mark import draw_mark

THUMB_PX = 72
MOST_FACES = 240
"""Per person; beyond it every other one is dropped, so that they stay spread over the video."""


class FaceStrip:
    """Small pictures of one person's face, by time. Bounded."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._images: list[QImage] = []

    def add(self, seen: FaceSeen) -> None:
        at = bisect_left(self._times, seen.time_s)
        self._times.insert(at, seen.time_s)
        self._images.insert(at, small_image(seen.thumbnail, 2 * THUMB_PX))
        if len(self._times) > MOST_FACES:
            self._times, self._images = self._times[::2], self._images[::2]

    def nearest(self, time_s: float) -> QImage | None:
        if not self._times:
            return None
        at = bisect_left(self._times, time_s)
        near = [i for i in (at - 1, at) if 0 <= i < len(self._times)]
        return self._images[min(near, key=lambda i: abs(self._times[i] - time_s))]


def small_image(pixels: np.ndarray, side: int) -> QImage:
    """RGB uint8 HxWx3 as a QImage of its own memory, at most ``side`` pixels a side."""
    data = np.ascontiguousarray(pixels, dtype=np.uint8)
    height, width = data.shape[:2]
    image = QImage(data.data, width, height, width * 3, QImage.Format.Format_RGB888).copy()
    if max(height, width) > side:
        image = image.scaled(
            side,
            side,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    return image


class HoverCard(QWidget):
    """Painted in one go; it never takes the pointer or the focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self._face: QImage | None = None
        self._title = ""
        self._when = ""
        self._score = ""
        self._label: Label | None = None

    def tell(
        self,
        *,
        face: QImage | None,
        title: str,
        when: str,
        p_fake: float,
        label: Label,
    ) -> None:
        self._face, self._title, self._when, self._label = face, title, when, label
        self._score = f"{formats.score(p_fake)}  {formats.side(label)}"
        self.setAccessibleName(f"{title}, {when}, {self._score}")
        metrics = self.fontMetrics()
        text = max(
            theme_width(self._title, bold=True),
            theme_width(self._when),
            theme_width(self._score, bold=True) + metrics.height() + 6,
        )
        thumb = THUMB_PX + Space.M if face is not None else 0
        height = THUMB_PX if face is not None else 3 * (metrics.height() + 4)
        self.resize(text + thumb + 2 * Space.M, height + 2 * Space.S)
        self.update()

    def place(self, at: QPoint, within: QRect) -> None:
        """Above the point where there is room, kept inside ``within`` (screen coordinates)."""
        x = at.x() - self.width() // 2
        y = at.y() - self.height() - Space.M
        if y < within.top():
            y = at.y() + Space.XL
        x = max(within.left(), min(x, within.right() - self.width()))
        self.move(x, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(c.outline)
        painter.setBrush(c.panel)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, Radius.CARD, Radius.CARD)
        left = float(Space.M)
        if self._face is not None:
            spot = QRectF(Space.S, Space.S, THUMB_PX, THUMB_PX)
            size = self._face.size().scaled(THUMB_PX, THUMB_PX, Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(spot.center())
            painter.drawImage(target, self._face)
            left = spot.right() + Space.M
        middle = self.height() / 2
        line = theme.px("text") + 8
        y = middle - 1.5 * line
        width = self.width() - left - Space.S
        for text, bold, color in (
            (self._title, True, c.text),
            (self._when, False, c.quiet),
            (self._score, True, c.verdict(self._label)),
        ):
            x = left
            if text == self._score:
                side = float(theme.px("text"))
                mark = QRectF(x, y + (line - side) / 2, side, side)
                draw_mark(painter, mark, self._label, color=color, on=c.on_verdict)
                x += side + 6
            painter.setFont(theme.font("text", bold=bold))
            painter.setPen(color)
            painter.drawText(QRectF(x, y, width, line), Qt.AlignmentFlag.AlignVCenter, text)
            y += line
        painter.end()


def theme_width(text: str, *, bold: bool = False) -> int:
    """Pixels the text takes in the card's font."""
    return QFontMetrics(theme.font("text", bold=bold)).horizontalAdvance(text)
