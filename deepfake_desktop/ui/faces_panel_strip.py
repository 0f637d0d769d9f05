"""One person in the faces panel: a head that names and scores, and a row of faces to walk along."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.faces_panel_model import SCORE_ROLE, TIME_ROLE, FacesModel
from deepfake_desktop.ui.theme import Radius, Space
from deepfake_desktop.ui.verdict_mark import draw_mark

FACE_PX = 52


class _FaceDelegate(QStyledItemDelegate):
    """A rounded face, its score under it in colour, shape and figure."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.limits = Thresholds()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        line = QFontMetricsF(theme.font("caption")).height()
        return QSize(FACE_PX + 6, round(FACE_PX + 6 + line + 2))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        c = theme.colors()
        rect = QRectF(option.rect)
        face = QRectF(rect.left() + 3, rect.top() + 3, FACE_PX, FACE_PX)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(face, Radius.CONTROL, Radius.CONTROL)
        painter.setClipPath(outline)
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        painter.drawPixmap(face, pixmap, QRectF(pixmap.rect()))
        painter.setClipping(False)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(c.accent, 2))
            painter.drawPath(outline)
            if state & QStyle.StateFlag.State_HasFocus:
                painter.setPen(QPen(c.text, 1))
                painter.drawRoundedRect(face.adjusted(-2, -2, 2, 2), 8, 8)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(c.outline, 2))
            painter.drawPath(outline)
        self._paint_score(
            painter, c, QRectF(rect.left(), face.bottom() + 3, rect.width(), 0), index
        )
        painter.restore()

    def _paint_score(
        self,
        painter: QPainter,
        c: theme.Colors,
        place: QRectF,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        p_fake = index.data(SCORE_ROLE)
        font = theme.font("caption", bold=p_fake is not None)
        metrics = QFontMetricsF(font)
        place.setHeight(metrics.height())
        painter.setFont(font)
        if p_fake is None:
            painter.setPen(c.quiet)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "\u2013")
            return
        label = formats.label_of(p_fake, self.limits)
        color = c.verdict(label)
        text = formats.score(p_fake)
        side = metrics.ascent() - 1
        width = side + 4 + metrics.horizontalAdvance(text)
        left = place.center().x() - width / 2
        mark = QRectF(left, place.center().y() - side / 2, side, side)
        draw_mark(painter, mark, label, color=color, on=c.on_verdict)
        painter.setPen(color)
        painter.drawText(QPointF(left + side + 4, place.top() + metrics.ascent()), text)


class _FaceRow(QListView):
    """One line of whole faces that scrolls sideways; arrows walk, Enter goes there."""

    chosen = Signal(float)

    def __init__(self, model: FacesModel) -> None:
        super().__init__()
        self.delegate = _FaceDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setModel(model)
        model.setParent(self)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListView { background: transparent; border: none; }")
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerItem)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(formats.person_name(model.track_id))
        self.clicked.connect(self._on_chosen)
        self.activated.connect(self._on_chosen)
        self._fit()

    def _fit(self) -> None:
        """No face and no score is cut at the end: what is left of the width stays empty."""
        face = self.delegate.sizeHint(QStyleOptionViewItem(), QModelIndex())
        self.setFixedHeight(face.height() + 2 + self.horizontalScrollBar().sizeHint().height())
        rest = self.width() % face.width()
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            self.setViewportMargins(rest, 0, 0, 0)
        else:
            self.setViewportMargins(0, 0, rest, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _on_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(float(index.data(TIME_ROLE)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        super().keyPressEvent(event)
        after = self.currentIndex()
        if after.isValid() and after != before:
            self._on_chosen(after)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways wheels scroll the faces; an upright wheel belongs to the panel."""
        if event.angleDelta().x():
            super().wheelEvent(event)
        else:
            event.ignore()


class _Head(QAbstractButton):
    """Name, score and times of a person; pressing it chooses the person."""

    def __init__(self, track_id: int) -> None:
        super().__init__()
        self.track_id = track_id
        self.limits = Thresholds()
        self.p_fake: float | None = None
        self.times = ""
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setText(formats.person_name(track_id))
        self.tell()

    def tell(self) -> None:
        parts = [formats.person_name(self.track_id)]
        if self.p_fake is not None:
            label = formats.label_of(self.p_fake, self.limits)
            parts += [formats.score(self.p_fake), formats.side(label)]
        parts.append(self.times)
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, theme.px("text") + 14)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(c.accent_soft if self.isChecked() else c.hover)
            painter.drawRoundedRect(rect, Radius.CONTROL, Radius.CONTROL)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        bold, plain = theme.font("text", bold=True), theme.font("caption")
        name = formats.person_name(self.track_id)
        name_width = QFontMetricsF(bold).horizontalAdvance(name)

        def place(left: float, width: float) -> QRectF:
            where = QRectF(left, 0, width, rect.height())
            if rtl:
                where.moveRight(rect.width() - left)
            return where

        bar = place(Space.XS, 3)
        painter.setBrush(c.track(self.track_id - 1))
        painter.drawRoundedRect(QRectF(bar.left(), 5, 3, rect.height() - 10), 1.5, 1.5)
        x: float = Space.XS + 3 + Space.S
        painter.setFont(bold)
        painter.setPen(c.text)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place(x, name_width + 1), middle, name)
        x += name_width + Space.S
        if self.p_fake is not None:
            label = formats.label_of(self.p_fake, self.limits)
            color = c.verdict(label)
            side = float(theme.px("text"))
            spot = place(x, side)
            mark = QRectF(spot.left(), (rect.height() - side) / 2, side, side)
            draw_mark(painter, mark, label, color=color, on=c.on_verdict)
            x += side + 5
            text = formats.score(self.p_fake)
            width = QFontMetricsF(bold).horizontalAdvance(text)
            painter.setPen(color)
            painter.drawText(place(x, width + 1), middle, text)
            x += width + Space.S
        painter.setFont(plain)
        painter.setPen(c.quiet)
        width = QFontMetricsF(plain).horizontalAdvance(self.times)
        left = rect.width() - Space.S - width
        if left > x:
            painter.drawText(place(left, width + 1), middle, self.times)
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), Radius.CONTROL, Radius.CONTROL)
        painter.end()


class PersonStrip(QWidget):
    """Head and faces of one person."""

    seekRequested = Signal(float)
    chosen = Signal(int)

    def __init__(self, track_id: int) -> None:
        super().__init__()
        self.track_id = track_id
        self.model = FacesModel(track_id)
        self.head = _Head(track_id)
        self.row = _FaceRow(self.model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.head)
        layout.addWidget(self.row)
        self.head.clicked.connect(self._on_head)
        self.row.chosen.connect(self._on_face)
        self.model.rowsInserted.connect(self._show_row)
        self.row.hide()

    def set_limits(self, limits: Thresholds) -> None:
        self.head.limits = self.row.delegate.limits = limits
        self.head.tell()
        self.row.viewport().update()

    def set_result(self, *, p_fake: float, times: str) -> None:
        self.head.p_fake, self.head.times = p_fake, times
        self.head.tell()

    def set_chosen(self, chosen: bool) -> None:
        self.head.setChecked(chosen)

    def mark(self, time_s: float) -> None:
        """Selects the face nearest to a moment, without asking anyone to go there."""
        row = self.model.nearest(time_s)
        if row is None or self.row.hasFocus():
            return
        index = self.model.index(row)
        if index != self.row.currentIndex():
            self.row.setCurrentIndex(index)

    def unmark(self) -> None:
        if not self.row.hasFocus():
            self.row.clearSelection()

    def _on_head(self) -> None:
        self.head.setChecked(True)
        self.chosen.emit(self.track_id)

    def _on_face(self, time_s: float) -> None:
        self.chosen.emit(self.track_id)
        self.seekRequested.emit(time_s)

    def _show_row(self) -> None:
        self.row.setVisible(self.model.rowCount() > 0)
