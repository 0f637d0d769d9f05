"""One face, large: cut from the frame on screen at full resolution, or the engine's own picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfake_desktop.core.types import FaceBox
from deepfake_desktop.ui import theme
from deepfake_desktop.ui.theme import Radius, Space

MARGIN = 0.3
"""Shown around the face box, as a share of its size: the seam of a swap lies outside the box."""

PIXELS_FROM = 4.0


class CropView(QWidget):
    """Paints the face as large as there is room; from fourfold on, pixels stay square."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._smooth = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        self.setAccessibleName(self.tr("Face, large"))

    @property
    def image(self) -> QImage:
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(160, 160)

    def set_smooth(self, smooth: bool) -> None:
        """False shows every pixel as a square."""
        self._smooth = smooth
        self.update()

    def show_face(self, image: QImage, description: str) -> None:
        self._image = image
        self.setAccessibleDescription(description)
        self.update()

    def clear(self) -> None:
        self._image = QImage()
        self.setAccessibleDescription("")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()), Radius.CARD, Radius.CARD)
        painter.fillPath(frame, c.video)
        if self._image.isNull():
            painter.setPen(theme.DARK.quiet)
            painter.setFont(theme.font("caption"))
            painter.drawText(
                QRectF(self.rect()).adjusted(Space.S, Space.S, -Space.S, -Space.S),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self.tr("Choose a face"),
            )
            painter.end()
            return
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(QRectF(self.rect()).center())
        magnified = target.width() * self.devicePixelRatioF() / self._image.width()
        smooth = self._smooth and magnified < PIXELS_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.setClipPath(frame)
        painter.drawImage(target, self._image)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)


def cut(image: QImage, box: FaceBox, *, margin: float = MARGIN) -> QImage:
    """The face with its surroundings, in the frame's own pixels; null where it lies outside."""
    wide, high = box.width_px * margin, box.height_px * margin
    left, top = round(box.left_px - wide), round(box.top_px - high)
    right, bottom = round(box.right_px + wide), round(box.bottom_px + high)
    area = QRect(left, top, right - left, bottom - top).intersected(image.rect())
    return image.copy(area) if area.width() > 0 and area.height() > 0 else QImage()


def scaled(box: FaceBox, width_px: int, counted_in_px: int) -> FaceBox:
    """A box counted in a picture of one width, for one of another; 0 counts as the same."""
    if counted_in_px in (0, width_px):
        return box
    factor = width_px / counted_in_px
    return FaceBox(
        box.left_px * factor, box.top_px * factor, box.right_px * factor, box.bottom_px * factor
    )
