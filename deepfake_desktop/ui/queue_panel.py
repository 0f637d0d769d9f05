"""The queue as a panel, or as a strip of pictures where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QMenu,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.ui import theme
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.intake import USUAL_SUFFIXES
from deepfake_desktop.ui.queue_delegate import QueueDelegate
from deepfake_desktop.ui.queue_model import ENTRY_ROLE, Entry, QueueModel, State
from deepfake_desktop.ui.theme import Radius, Space
from deepfake_desktop.ui.widgets import Panel, label, tool_button

STRIP_WIDTH = 88


class _DropHint(QWidget):
    """Says that the queue takes more; the window takes the drop."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(76)
        column = QVBoxLayout(self)
        column.setSpacing(2)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.addStretch(1)
        first = label(self.tr("Drop videos or folders here"), "quiet", wrap=True)
        second = label(" ".join(USUAL_SUFFIXES) + " …", "caption", wrap=True)
        for line in (first, second):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.colors(self).line, 1.2, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), Radius.CARD, Radius.CARD)
        painter.end()


class QueuePanel(Panel):
    """Shows a QueueModel; every change is asked for by a signal with the entry's id."""

    selected = Signal(int)
    addRequested = Signal()
    cancelRequested = Signal(int)
    retryRequested = Signal(int)
    removeRequested = Signal(int)
    moveRequested = Signal(int, int)
    revealRequested = Signal(int)

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName(self.tr("Queue of videos"))
        self.column.setContentsMargins(Space.S, Space.M, Space.S, Space.S)
        self._title = label(self.tr("Queue"), "heading")
        self._count = label("", "caption")
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, 0, Space.S, 0)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        self.column.addLayout(head)

        self._delegate = QueueDelegate()
        self._delegate.acted.connect(self._acted)
        self.view = QListView()
        self.view.setModel(model)
        self.view.setItemDelegate(self._delegate)
        self.view.setMouseTracking(True)
        self.view.setFrameShape(QListView.Shape.NoFrame)
        self.view.setStyleSheet("QListView { border: none; background: transparent; }")
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.view.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.view.setDropIndicatorShown(True)
        self.view.setUniformItemSizes(True)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.setAccessibleName(self.tr("Queue of videos"))
        self.view.setAccessibleDescription(
            self.tr("Delete removes or cancels, Alt with an arrow key moves, R runs again")
        )
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.column.addWidget(self.view, 1)

        self._hint = _DropHint()
        hint_row = QHBoxLayout()
        hint_row.setContentsMargins(Space.S, 0, Space.S, 0)
        hint_row.addWidget(self._hint)
        self.column.addLayout(hint_row)
        self._tools = self._toolbar()
        self.column.addWidget(self._tools)

        for keys, slot in (
            (QKeySequence.StandardKey.Delete, self._delete),
            ("Alt+Up", self._up),
            ("Alt+Down", self._down),
            ("R", self._retry),
        ):
            shortcut = QShortcut(QKeySequence(keys), self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(slot)

        model.dataChanged.connect(self._refresh)
        model.rowsInserted.connect(self._refresh)
        model.rowsRemoved.connect(self._refresh)
        self._refresh()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    # --- for the window

    def current(self) -> Entry | None:
        entry = self.view.currentIndex().data(ENTRY_ROLE)
        return entry if isinstance(entry, Entry) else None

    def select(self, entry_id: int) -> None:
        row = self._model.row_of(entry_id)
        if row >= 0:
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().setCurrentIndex(self._model.index(row), flag)
            self.view.scrollTo(self._model.index(row))

    def set_strip(self, strip: bool) -> None:
        """Folds to pictures alone, or unfolds."""
        self._delegate.strip = strip
        self._hint.setVisible(not strip)
        self._tools.setVisible(not strip)
        self._title.setVisible(not strip)
        side = Space.XS if strip else Space.S
        self.column.setContentsMargins(side, Space.M, side, Space.S)
        self.setMinimumWidth(STRIP_WIDTH if strip else 200)
        self.setMaximumWidth(STRIP_WIDTH if strip else 420)
        self._refresh()
        self._make_room()
        self.view.doItemsLayout()

    def sizeHint(self) -> QSize:
        return QSize(STRIP_WIDTH if self._delegate.strip else 252, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        self._hint.setVisible(not self._delegate.strip and self.height() >= 400)

    # --- inside

    def _toolbar(self) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(Space.XS, 0, Space.XS, 0)
        row.setSpacing(2)
        self._add_button = tool_button(icon("add"), self.tr("Add videos"), self._add)
        self._up_button = tool_button(icon("up"), self.tr("Move up (Alt+Up)"), self._up)
        self._down_button = tool_button(icon("down"), self.tr("Move down (Alt+Down)"), self._down)
        self._retry_button = tool_button(icon("retry"), self.tr("Run again (R)"), self._retry)
        self._cancel_button = tool_button(icon("cancel"), self.tr("Cancel"), self._cancel)
        self._remove_button = tool_button(icon("trash"), self.tr("Remove (Del)"), self._remove)
        row.addWidget(self._add_button)
        row.addStretch(1)
        for each in (
            self._up_button,
            self._down_button,
            self._cancel_button,
            self._retry_button,
            self._remove_button,
        ):
            row.addWidget(each)
        return bar

    def _chosen(self) -> list[Entry]:
        indexes = self.view.selectionModel().selectedIndexes()
        entries = [i.data(ENTRY_ROLE) for i in sorted(indexes, key=lambda i: i.row())]
        return [entry for entry in entries if isinstance(entry, Entry)]

    def _refresh(self, *_: object) -> None:
        entries = self._model.entries
        done = sum(e.state not in (State.WAITING, State.RUNNING) for e in entries)
        if self._delegate.strip:
            self._count.setText(f"{done}/{len(entries)}")
        elif entries:
            self._count.setText(self.tr("{0} of {1} done").format(done, len(entries)))
        else:
            self._count.setText("")
        self._refresh_tools()

    def _refresh_tools(self) -> None:
        entry = self.current()
        row = self._model.row_of(entry.id) if entry is not None else -1
        active = entry is not None and entry.state in (State.WAITING, State.RUNNING)
        self._up_button.setEnabled(row > 0)
        self._down_button.setEnabled(0 <= row < self._model.rowCount() - 1)
        self._cancel_button.setEnabled(active)
        self._retry_button.setEnabled(entry is not None and not active)
        self._remove_button.setEnabled(entry is not None)

    def _current_changed(self, *_: object) -> None:
        self._refresh_tools()
        entry = self.current()
        self.selected.emit(entry.id if entry is not None else 0)

    def _acted(self, what: str, entry_id: int) -> None:
        signals = {
            "cancel": self.cancelRequested,
            "retry": self.retryRequested,
            "remove": self.removeRequested,
        }
        signals[what].emit(entry_id)

    def _add(self) -> None:
        self.addRequested.emit()

    def _delete(self) -> None:
        """Cancels what runs; removes what does not."""
        for entry in self._chosen():
            if entry.state is State.RUNNING:
                self.cancelRequested.emit(entry.id)
            else:
                self.removeRequested.emit(entry.id)

    def _remove(self) -> None:
        for entry in self._chosen():
            self.removeRequested.emit(entry.id)

    def _cancel(self) -> None:
        for entry in self._chosen():
            self.cancelRequested.emit(entry.id)

    def _retry(self) -> None:
        for entry in self._chosen():
            self.retryRequested.emit(entry.id)

    def _up(self) -> None:
        self._move(-1)

    def _down(self) -> None:
        self._move(1)

    def _move(self, step: int) -> None:
        entry = self.current()
        if entry is not None:
            self.moveRequested.emit(entry.id, self._model.row_of(entry.id) + step)
            self._refresh_tools()

    def _reveal(self) -> None:
        entry = self.current()
        if entry is not None:
            self.revealRequested.emit(entry.id)

    def _menu(self, where: QPoint) -> None:
        entry = self.current()
        if entry is None or not self.view.indexAt(where).isValid():
            return
        active = entry.state in (State.WAITING, State.RUNNING)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if active:
            menu.addAction(icon("cancel"), self.tr("Cancel"), self._cancel)
        else:
            menu.addAction(icon("retry"), self.tr("Run again"), self._retry)
        menu.addAction(icon("up"), self.tr("Move up"), self._up)
        menu.addAction(icon("down"), self.tr("Move down"), self._down)
        menu.addSeparator()
        menu.addAction(icon("folder"), self.tr("Show in folder"), self._reveal)
        menu.addSeparator()
        menu.addAction(icon("trash"), self.tr("Remove"), self._remove)
        menu.popup(self.view.viewport().mapToGlobal(where))
