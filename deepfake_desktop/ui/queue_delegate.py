"""Paints one file of the queue: picture, name, what it does or found, a bar, and one button."""

from __future__ import annotations

import weakref

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QImage, QMouseEvent, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from deepfake_desktop.core.types import Image
from deepfake_desktop.ui import icons, theme
from deepfake_desktop.ui.queue_model import ENTRY_ROLE, Entry, State
from deepfake_desktop.ui.theme import Colors, Radius, Space
from deepfake_desktop.ui.verdict_mark import draw_mark

Index = QModelIndex | QPersistentModelIndex

_ROW = 64
_GAP = Space.S
_PICTURE = QSize(64, 48)
_STRIP_PICTURE = QSize(56, 42)


class QueueDelegate(QStyledItemDelegate):
    """``acted`` names what the row's button does: cancel, retry or remove, and the entry."""

    acted = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.strip = False
        self._scaled: weakref.WeakKeyDictionary[Entry, tuple[int, QPixmap]] = (
            weakref.WeakKeyDictionary()
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        if self.strip:
            return QSize(_STRIP_PICTURE.width() + 2 * Space.S, _STRIP_PICTURE.height() + Space.XL)
        return QSize(160, _ROW + _GAP)

    # --- painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = index.data(ENTRY_ROLE)
        if not isinstance(entry, Entry):
            return
        c = theme.colors(option.widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.strip:
            self._paint_strip(painter, option, entry, c)
        else:
            self._paint_row(painter, option, entry, c)
        painter.restore()

    def _paint_row(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, c: Colors
    ) -> None:
        row = QRect(option.rect).adjusted(0, 0, 0, -_GAP)
        self._paint_ground(painter, option, row, c)
        picture = QRect(0, 0, _PICTURE.width(), _PICTURE.height())
        picture.moveTopLeft(row.topLeft())
        picture.translate(Space.S, Space.S)
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        if mirrored:
            picture.moveRight(row.right() - Space.S)
        self._paint_picture(painter, picture, entry, c)

        room = row.adjusted(picture.width() + 2 * Space.S + 2, 0, -Space.M, 0)
        if mirrored:
            room = row.adjusted(Space.M, 0, -picture.width() - 2 * Space.S - 2, 0)
        if self._shows_button(option):
            where = self.button_rect(option.rect, option.direction)
            if mirrored:
                room.setLeft(where.right() + Space.XS)
            else:
                room.setRight(where.left() - Space.XS)
            icons.draw(
                painter, self._button(entry)[1], QRectF(where.adjusted(6, 6, -6, -6)), c.text
            )

        painter.setFont(theme.font("text", bold=True))
        painter.setPen(c.text)
        name_line = QRect(room.left(), row.top() + 12, room.width(), 18)
        self._text(painter, name_line, entry.name, mirrored, middle=True)
        second = QRect(room.left(), row.top() + 32, room.width(), 18)
        self._paint_status(painter, second, entry, c, mirrored)
        if entry.state is State.RUNNING:
            bar = QRectF(room.left(), row.bottom() - 9, room.width(), 4)
            self._paint_bar(painter, bar, entry, c)

    def _paint_strip(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, c: Colors
    ) -> None:
        cell = QRect(option.rect).adjusted(0, 0, 0, -Space.S)
        self._paint_ground(painter, option, cell, c)
        picture = QRect(cell.topLeft(), _STRIP_PICTURE)
        picture.moveCenter(cell.center())
        self._paint_picture(painter, picture, entry, c)
        if entry.state is State.RUNNING:
            bar = QRectF(picture.left() + 4, picture.bottom() - 7, picture.width() - 8, 4)
            self._paint_bar(painter, bar, entry, c)
        badge = QRectF(0, 0, 18, 18)
        badge.moveCenter(QRectF(picture).bottomRight())
        badge.translate(-5, -5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.panel)
        if entry.state is State.DONE and entry.verdict is not None:
            painter.drawEllipse(badge.adjusted(-1.5, -1.5, 1.5, 1.5))
            color = c.verdict(entry.verdict.label)
            draw_mark(painter, badge, entry.verdict.label, color=color, on=c.on_verdict)
        elif entry.state is State.FAILED:
            painter.drawEllipse(badge.adjusted(-1.5, -1.5, 1.5, 1.5))
            icons.draw(painter, "error", badge, c.fake)

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, row: QRect, c: Colors
    ) -> None:
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.accent_soft if chosen else c.hover if hovered else c.raised)
        painter.drawRoundedRect(row, Radius.CARD, Radius.CARD)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(c.accent)
            painter.drawRoundedRect(
                QRectF(row).adjusted(0.5, 0.5, -0.5, -0.5), Radius.CARD, Radius.CARD
            )

    def _paint_picture(self, painter: QPainter, where: QRect, entry: Entry, c: Colors) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(where), Radius.CONTROL, Radius.CONTROL)
        painter.fillPath(outline, c.video)
        if entry.poster is None:
            icons.draw(
                painter,
                "film",
                QRectF(where.center().x() - 9, where.center().y() - 9, 20, 20),
                theme.faded(c.on_video, 0.45),
            )
            return
        painter.save()
        painter.setClipPath(outline)
        picture = self._picture(entry, entry.poster)
        size = picture.size().scaled(where.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        target = QRect(where.topLeft(), size)
        target.moveCenter(where.center())
        painter.drawPixmap(target, picture)
        painter.restore()

    def _picture(self, entry: Entry, image: Image) -> QPixmap:
        known = self._scaled.get(entry)
        if known is not None and known[0] == id(image):
            return known[1]
        height, width = image.shape[:2]
        data = image if image.flags["C_CONTIGUOUS"] else image.copy()
        made = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        picture = QPixmap.fromImage(made)
        self._scaled[entry] = (id(image), picture)
        return picture

    def _paint_status(
        self, painter: QPainter, line: QRect, entry: Entry, c: Colors, mirrored: bool
    ) -> None:
        if entry.state is State.DONE and entry.verdict is not None:
            mark = QRectF(line.left(), line.top() + 2, 14, 14)
            if mirrored:
                mark.moveRight(line.right())
            color = c.verdict(entry.verdict.label)
            draw_mark(painter, mark, entry.verdict.label, color=color, on=c.on_verdict)
            painter.setPen(color)
            shift = 14 + Space.XS + 2
            line = line.adjusted(0 if mirrored else shift, 0, -shift if mirrored else 0, 0)
            painter.setFont(theme.font("text", bold=True))
            if painter.fontMetrics().horizontalAdvance(entry.status()) > line.width():
                painter.setFont(theme.font("caption", bold=True))
        elif entry.state is State.FAILED:
            painter.setPen(c.fake)
            painter.setFont(theme.font("caption"))
        else:
            painter.setPen(c.quiet)
            painter.setFont(theme.font("caption"))
        self._text(painter, line, entry.status(), mirrored, middle=False)

    def _paint_bar(self, painter: QPainter, bar: QRectF, entry: Entry, c: Colors) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.line)
        painter.drawRoundedRect(bar, 2, 2)
        share = entry.progress.fraction if entry.progress is not None else 0.0
        if share > 0:
            done = QRectF(bar)
            done.setWidth(max(4.0, bar.width() * min(1.0, share)))
            painter.setBrush(c.accent)
            painter.drawRoundedRect(done, 2, 2)

    @staticmethod
    def _text(painter: QPainter, line: QRect, text: str, mirrored: bool, *, middle: bool) -> None:
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        shown = QFontMetrics(painter.font()).elidedText(text, mode, line.width())
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        painter.drawText(line, side | Qt.AlignmentFlag.AlignVCenter, shown)

    # --- the button

    @staticmethod
    def _button(entry: Entry) -> tuple[str, str]:
        """What the button does, and its icon."""
        if entry.state is State.RUNNING:
            return "cancel", "close"
        if entry.state in (State.FAILED, State.CANCELLED):
            return "retry", "retry"
        return "remove", "trash"

    @staticmethod
    def _shows_button(option: QStyleOptionViewItem) -> bool:
        return bool(option.state & QStyle.StateFlag.State_MouseOver)

    @staticmethod
    def button_rect(cell: QRect, direction: Qt.LayoutDirection) -> QRect:
        """Where the button is, in a cell of the view."""
        rect = QRect(0, 0, 28, 28)
        rect.moveCenter(cell.adjusted(0, 0, 0, -_GAP).center())
        if direction == Qt.LayoutDirection.RightToLeft:
            rect.moveLeft(cell.left() + Space.XS)
        else:
            rect.moveRight(cell.right() - Space.XS)
        return rect

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        entry = index.data(ENTRY_ROLE)
        if (
            not self.strip
            and isinstance(entry, Entry)
            and isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and self.button_rect(option.rect, option.direction).contains(event.position().toPoint())
        ):
            self.acted.emit(self._button(entry)[0], entry.id)
            return True
        return super().editorEvent(event, model, option, index)
