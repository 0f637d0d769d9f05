"""The models: what is installed, each one's card, adding by drop or file dialog, removing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.core.checkpoints import CheckpointName
from deepfake_desktop.core.types import CancelToken
from deepfake_desktop.ui import model_files
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.intake import MODEL_SUFFIXES, sources
from deepfake_desktop.ui.model_adding import AddingForm
from deepfake_desktop.ui.model_card import ModelCard
from deepfake_desktop.ui.model_files import Inspected, ModelEntry
from deepfake_desktop.ui.remote import Remote
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import button, label


class ModelsDialog(QDialog):
    """``changed`` follows every file that was added, removed or given a class order."""

    changed = Signal()

    def __init__(
        self,
        chores: Chores,
        errands: Chores,
        helper: Remote,
        models_dir: Path | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Models"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self._chores = chores
        self._errands = errands
        self._helper = helper
        self._models_dir = models_dir
        self._entries: list[ModelEntry] = []
        self._pending: set[tuple[Chores, int]] = set()
        self._wanted: Path | None = None
        self._waiting: list[Path] = []

        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Installed checkpoints"))
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setIconSize(QSize(20, 20))
        self._list.setWordWrap(False)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentRowChanged.connect(self._show_row)
        self._card = ModelCard()
        self._card.orderStated.connect(self._state_order)
        card_area = QScrollArea()
        card_area.setWidgetResizable(True)
        card_area.setWidget(self._card)
        card_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        self._split = QSplitter()
        self._split.addWidget(self._list)
        self._split.addWidget(card_area)
        self._split.setStretchFactor(0, 2)
        self._split.setStretchFactor(1, 3)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(Space.M)
        self._list.setMinimumWidth(200)
        card_area.setMinimumWidth(380)
        self._split.setSizes([300, 540])

        self._adding = AddingForm()
        self._adding.setVisible(False)
        self._adding.accepted.connect(self._install)
        self._adding.cancelled.connect(self._next_waiting)
        self._notice = label("", "text", wrap=True)
        self._notice.setVisible(False)
        self._notice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        text = self.tr(
            "Drop a .pt file here to add it. It is checked and copied; nothing in it runs."
        )
        column.addWidget(label(text, "quiet", wrap=True))
        column.addWidget(self._split, 1)
        column.addWidget(self._adding)
        column.addWidget(self._notice)
        column.addLayout(self._buttons())
        self.resize(900, 580)
        self.reload()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        self._add_button = button(self.tr("Add…"), self._ask_file, kind="primary", icon="add")
        self._remove_button = button(self.tr("Remove"), self._remove, icon="trash")
        self._remove_button.setEnabled(False)
        row.addWidget(self._add_button)
        row.addWidget(self._remove_button)
        row.addWidget(button(self.tr("Open folder"), self._open_folder, icon="folder"))
        row.addStretch(1)
        close = button(self.tr("Close"), self.accept)
        row.addWidget(close)
        return row

    # --- the list

    def reload(self) -> None:
        """Lists the folders anew; cards follow one by one."""
        self._submit(lambda _: model_files.listed(self._models_dir), self._show_list)

    def _show_list(self, result: object) -> None:
        self._entries = list(cast("tuple[ModelEntry, ...]", result))
        keep = self._wanted or self._current_path()
        self._wanted = None
        self._list.clear()
        for entry in self._entries:
            name = entry.file.name
            text = self.tr("{0} frames · {1} % stated").format(name.frames, f"{name.accuracy:g}")
            item = QListWidgetItem(icon("models"), f"{entry.file.path.stem}\n{text}")
            item.setToolTip(str(entry.file.path))
            item.setData(Qt.ItemDataRole.UserRole, str(entry.file.path))
            self._list.addItem(item)
        paths = [entry.file.path for entry in self._entries]
        if paths:
            self._list.setCurrentRow(paths.index(keep) if keep in paths else 0)
        else:
            self._card.show_empty()
        for row, entry in enumerate(self._entries):
            self._submit(_reading(entry), self._row_filler(row, entry.file.path))

    def _row_filler(self, row: int, path: Path) -> Callable[[object], None]:
        def fill(result: object) -> None:
            if row < len(self._entries) and self._entries[row].file.path == path:
                self._entries[row] = cast(ModelEntry, result)
                if self._list.currentRow() == row:
                    self._card.show_entry(self._entries[row])
                if self._entries[row].failure is not None:
                    self._list.item(row).setIcon(icon("error", "fake"))

        return fill

    def _show_row(self, row: int) -> None:
        self._calm_remove()
        inside = 0 <= row < len(self._entries)
        self._remove_button.setEnabled(inside and self._entries[row].removable)
        tip = self.tr("Bundled checkpoints stay.") if inside else ""
        self._remove_button.setToolTip("" if self._remove_button.isEnabled() else tip)
        if inside:
            self._card.show_entry(self._entries[row])

    def _current_path(self) -> Path | None:
        row = self._list.currentRow()
        return self._entries[row].file.path if 0 <= row < len(self._entries) else None

    # --- adding

    def add(self, paths: list[Path]) -> None:
        """Checks files and asks what is not known of them, one after the other."""
        self._waiting += paths
        if not self._adding.isVisible():
            self._next_waiting()

    def _next_waiting(self) -> None:
        self._adding.setVisible(False)
        if self._waiting:
            path = self._waiting.pop(0)
            self._say(self.tr("Checking {0}…").format(path.name))
            name = "deepfake_desktop.ui.offload:inspect_model"
            self._submit(
                lambda c: self._helper.call(name, path, cancel=c), self._inspected, self._errands
            )

    def _inspected(self, result: object) -> None:
        self._say("")
        found = cast(Inspected, result)
        if found.name is not None and found.order_known:
            self._install(found, found.name, None)
            return
        self._adding.ask(found)
        self._adding.setVisible(True)

    def _install(self, found: object, name: object, classes: object) -> None:
        inspected = cast(Inspected, found)
        folder = model_files.own_folder(self._models_dir)

        def work(cancel: CancelToken) -> object:
            return model_files.install(
                inspected,
                cast("CheckpointName", name),
                cast("tuple[str, str] | None", classes),
                folder,
                cancel,
            )

        self._say(self.tr("Copying {0}…").format(inspected.path.name))
        self._submit(work, self._installed)

    def _installed(self, result: object) -> None:
        self._wanted = cast(Path, result)
        self._say(self.tr("{0} was added.").format(self._wanted.name))
        self.changed.emit()
        self.reload()
        self._next_waiting()

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Add checkpoints"))
        dialog.setNameFilter(self.tr("Checkpoints (*.pt *.pth)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._files_chosen)
        dialog.open()

    def _files_chosen(self, names: list[str]) -> None:
        self.add([Path(name) for name in names])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(Path(s).suffix.lower() in MODEL_SUFFIXES for s in sources(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        found = [Path(s) for s in sources(event.mimeData())]
        self.add([path for path in found if path.suffix.lower() in MODEL_SUFFIXES])
        event.acceptProposedAction()

    # --- changing

    def _state_order(self, classes: object) -> None:
        row = self._list.currentRow()
        if 0 <= row < len(self._entries):
            entry = self._entries[row]
            order = cast("tuple[str, str]", classes)
            name = "deepfake_desktop.ui.offload:state_class_order"
            self._submit(
                lambda c: self._helper.call(name, entry, order, cancel=c),
                self._changed,
                self._errands,
            )

    def _remove(self) -> None:
        row = self._list.currentRow()
        if not 0 <= row < len(self._entries) or not self._entries[row].removable:
            return
        entry = self._entries[row]
        if self._remove_button.property("kind") != "danger":
            # Asked in place, not in a chain of boxes: the second press does it.
            self._remove_button.setProperty("kind", "danger")
            self._remove_button.setText(self.tr("Really remove"))
            self._say(self.tr("{0} will be deleted.").format(entry.file.path.name))
            return
        self._calm_remove()
        self._submit(lambda _: model_files.remove(entry), self._changed)

    def _calm_remove(self) -> None:
        self._remove_button.setProperty("kind", "")
        self._remove_button.setText(self.tr("Remove"))

    def _changed(self, _: object) -> None:
        self._say("")
        self.changed.emit()
        self.reload()

    def _open_folder(self) -> None:
        folder = model_files.own_folder(self._models_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._failed(Failure.of(error, path=folder))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # --- chores

    def _submit(
        self,
        work: Callable[[CancelToken], object],
        done: Callable[[object], None],
        by: Chores | None = None,
    ) -> None:
        """``by`` the errands where the helper is needed, else by the chores."""
        chores = by or self._chores
        holder: list[tuple[Chores, int]] = []

        def finish(result: object) -> None:
            self._pending.difference_update(holder)
            done(result)

        def fail(failure: Failure) -> None:
            self._pending.difference_update(holder)
            self._failed(failure)

        holder.append((chores, chores.submit(work, finish, failed=fail)))
        self._pending.update(holder)

    def _failed(self, failure: Failure) -> None:
        words = error_words(failure)
        name = failure.path.name if failure.path else ""
        self._say(f"{name}: {words.headline}. {failure.reason}. {failure.remedy or words.remedy}")
        self._next_waiting()

    def _say(self, text: str) -> None:
        self._notice.setText(text)
        self._notice.setVisible(bool(text))

    def done(self, result: int) -> None:
        for chores, chore in self._pending:
            chores.cancel(chore)
        self._pending.clear()
        super().done(result)


def _reading(entry: ModelEntry) -> Callable[[CancelToken], object]:
    return lambda _: model_files.read(entry)
