"""The picture: one frame, the boxes that belong to that frame, zoom and pan. It decodes nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.ui import theme
from deepfake_desktop.ui.player_boxes import BoxAtTime
from deepfake_desktop.ui.theme import Radius
from deepfake_desktop.ui.video_view_overlay import (
    Captions,
    paint_captions,
    paint_frame,
    paint_label,
)

MAX_ZOOM = 16.0
ZOOM_STEP = 1.25
PIXELS_FROM = 4.0
"""From this magnification on pixels are shown as squares, so that nothing is smoothed away."""


class VideoView(QWidget):
    """Paints a frame with its face boxes.

    Wheel and pinch zoom around the pointer, dragging moves the zoomed picture, a double click asks
    for full screen, a click on a face selects its track.
    """

    zoomChanged = Signal(float)
    doubleClicked = Signal()
    trackClicked = Signal(int)
    stepRequested = Signal(int)
    playRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._boxes: tuple[BoxAtTime, ...] = ()
        self._thresholds = Thresholds()
        self._reference: QSize | None = None
        self._selected: int | None = None
        self._boxes_visible = True
        self._title = ""
        self._clock = ""
        self._notice = ""
        self._zoom = 1.0
        self._center = QPointF(0.5, 0.5)
        self._drag_from: QPointF | None = None
        self._dragged = False
        self._rounded = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 135)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Video picture"))
        self.setAccessibleDescription(
            self.tr("Space plays and pauses, left and right step one frame, plus and minus zoom.")
        )

    # --- what is shown ------------------------------------------------------------------------

    @property
    def image(self) -> QImage:
        return self._image

    @property
    def boxes(self) -> tuple[BoxAtTime, ...]:
        return self._boxes

    @property
    def zoom(self) -> float:
        return self._zoom

    def sizeHint(self) -> QSize:
        return QSize(796, 488)

    def show_frame(self, image: QImage, boxes: tuple[BoxAtTime, ...], clock: str) -> None:
        """One call for picture and boxes, so that they are never of two different moments."""
        if image.size() != self._image.size():
            self.fit()
        self._image = image
        self._boxes = boxes
        self._clock = clock
        self.update()

    def set_boxes(self, boxes: tuple[BoxAtTime, ...]) -> None:
        """Other boxes for the same picture, when a result arrives while it stands still."""
        if boxes != self._boxes:
            self._boxes = boxes
            self.update()

    def set_reference_size(self, size: QSize | None) -> None:
        """The picture size that face boxes are counted in; None: that of the frame itself."""
        self._reference = size
        self.update()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self.update()

    def set_boxes_visible(self, visible: bool) -> None:
        self._boxes_visible = visible
        self.update()

    def select_track(self, track_id: int | None) -> None:
        """That person's box is drawn stronger."""
        self._selected = track_id
        self.update()

    def set_title(self, title: str) -> None:
        self._title = title
        self.update()

    def set_notice(self, notice: str) -> None:
        """One quiet line at the bottom of the picture; empty hides it."""
        self._notice = notice
        self.update()

    def set_rounded(self, rounded: bool) -> None:
        self._rounded = rounded
        self.update()

    def clear(self) -> None:
        self._image = QImage()
        self._boxes = ()
        self._title = self._clock = self._notice = ""
        self._selected = None
        self._reference = None
        self.fit()
        self.update()

    # --- zoom and pan -------------------------------------------------------------------------

    def fit(self) -> None:
        self._center = QPointF(0.5, 0.5)
        self.set_zoom(1.0)

    def set_zoom(self, zoom: float, anchor: QPointF | None = None) -> None:
        """``zoom`` counts from the fitted size; ``anchor`` (in the widget) stays where it is."""
        zoom = min(MAX_ZOOM, max(1.0, zoom))
        if anchor is not None and not self._image.isNull():
            before = self._picture_rect()
            x = (anchor.x() - before.left()) / max(1.0, before.width())
            y = (anchor.y() - before.top()) / max(1.0, before.height())
            self._zoom = zoom
            after = self._picture_rect()
            wanted = QPointF(anchor.x() - x * after.width(), anchor.y() - y * after.height())
            self._center -= QPointF(
                (wanted.x() - after.left()) / max(1.0, after.width()),
                (wanted.y() - after.top()) / max(1.0, after.height()),
            )
        self._zoom = zoom
        self._clamp()
        self.zoomChanged.emit(zoom)
        self.update()

    def zoom_by(self, steps: float, anchor: QPointF | None = None) -> None:
        self.set_zoom(self._zoom * ZOOM_STEP**steps, anchor)

    def pan(self, delta: QPointF) -> None:
        """Moves the picture by ``delta`` widget pixels."""
        rect = self._picture_rect()
        self._center -= QPointF(
            delta.x() / max(1.0, rect.width()), delta.y() / max(1.0, rect.height())
        )
        self._clamp()
        self.update()

    def _fitted(self) -> QRectF:
        if self._image.isNull():
            return QRectF(self.rect())
        size = QSize(self._image.size()).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRectF(0, 0, size.width(), size.height())
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def _picture_rect(self) -> QRectF:
        """Where the whole picture would lie, in widget coordinates, zoom and pan included."""
        fitted = self._fitted()
        width, height = fitted.width() * self._zoom, fitted.height() * self._zoom
        middle = QRectF(self.rect()).center()
        return QRectF(
            middle.x() - self._center.x() * width,
            middle.y() - self._center.y() * height,
            width,
            height,
        )

    def _clamp(self) -> None:
        rect = self._picture_rect()

        def limit(center: float, length: float, room: int) -> float:
            if length <= room:
                return 0.5
            half = room / 2 / length
            return min(1 - half, max(half, center))

        self._center = QPointF(
            limit(self._center.x(), rect.width(), self.width()),
            limit(self._center.y(), rect.height(), self.height()),
        )

    def box_rect(self, box: BoxAtTime) -> QRectF:
        """Where a face box lies in the widget."""
        return self._to_widget().mapRect(
            QRectF(box.box.left_px, box.box.top_px, box.box.width_px, box.box.height_px)
        )

    def _to_widget(self) -> QTransform:
        rect = self._picture_rect()
        transform = QTransform.fromTranslate(rect.left(), rect.top())
        if not self._image.isNull():
            size = self._reference if self._reference is not None else self._image.size()
            transform.scale(rect.width() / size.width(), rect.height() / size.height())
        return transform

    # --- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.video)
        if not self._image.isNull():
            rect = self._picture_rect()
            magnified = rect.width() * self.devicePixelRatioF() / self._image.width()
            painter.setRenderHint(
                QPainter.RenderHint.SmoothPixmapTransform, magnified < PIXELS_FROM
            )
            painter.drawImage(rect, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._boxes_visible:
            for box in self._boxes:
                rect = self.box_rect(box)
                if rect.intersects(QRectF(self.rect())):
                    self._paint_box(painter, box, rect)
        captions = Captions(self._title, self._clock, self._notice)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        paint_captions(painter, QRectF(self.rect()), captions, rtl=rtl)
        if self._rounded:
            self._paint_corners(painter, c)
        if self.hasFocus():
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(c.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ring, Radius.PANEL - 1, Radius.PANEL - 1)
        painter.end()

    def _paint_corners(self, painter: QPainter, c: theme.Colors) -> None:
        outside = QPainterPath()
        outside.addRect(QRectF(self.rect()))
        inside = QPainterPath()
        inside.addRoundedRect(QRectF(self.rect()), Radius.PANEL, Radius.PANEL)
        painter.fillPath(outside - inside, c.ground)

    def _paint_box(self, painter: QPainter, box: BoxAtTime, rect: QRectF) -> None:
        strong = box.track_id == self._selected
        color = paint_frame(painter, box, rect, strong=strong)
        paint_label(painter, box, rect, QRectF(self.rect()), color, self._thresholds)

    # --- pointer and keys ---------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._image.isNull() or event.angleDelta().y() == 0:
            event.ignore()
            return
        self.zoom_by(event.angleDelta().y() / 120, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.set_zoom(self._zoom * (1 + event.value()), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._drag_from = event.position()
            self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is None:
            over = self._track_at(event.position()) is not None
            can_pan = self._zoom > 1.0
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            if can_pan and not over:
                shape = Qt.CursorShape.OpenHandCursor
            self.setCursor(shape)
            return
        moved = event.position() - self._drag_from
        if self._dragged or moved.manhattanLength() > 4:
            self._dragged = True
            self._drag_from = event.position()
            if self._zoom > 1.0:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self.pan(moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is not None and not self._dragged:
            track = self._track_at(event.position())
            if track is not None:
                self.trackClicked.emit(track)
        self._drag_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag_from = None
        self.doubleClicked.emit()

    def _track_at(self, point: QPointF) -> int | None:
        if not self._boxes_visible:
            return None
        hits = [box for box in self._boxes if self.box_rect(box).contains(point)]
        if not hits:
            return None
        smallest = min(hits, key=lambda box: box.box.width_px * box.box.height_px)
        return smallest.track_id

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        pan = {
            Qt.Key.Key_Left: QPointF(48, 0),
            Qt.Key.Key_Right: QPointF(-48, 0),
            Qt.Key.Key_Up: QPointF(0, 48),
            Qt.Key.Key_Down: QPointF(0, -48),
        }.get(Qt.Key(key))
        if key == Qt.Key.Key_Space:
            self.playRequested.emit()
        elif shift and pan is not None:
            self.pan(pan)
        elif key == Qt.Key.Key_Left:
            self.stepRequested.emit(-1)
        elif key == Qt.Key.Key_Right:
            self.stepRequested.emit(1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(1)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(-1)
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._clamp()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
