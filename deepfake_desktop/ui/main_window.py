"""The window: assembles the panels, connects them, and takes drops anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QLabel, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from deepfake_desktop.core.paths import user_config_dir
from deepfake_desktop.ui import intake, releases, wording
from deepfake_desktop.ui.actions import WindowActions
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.commands import Commands
from deepfake_desktop.ui.controller import Controller
from deepfake_desktop.ui.drop_area import DropArea
from deepfake_desktop.ui.error_card import ErrorCard
from deepfake_desktop.ui.faces_panel import FacesPanel
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.notice_bar import NoticeBar
from deepfake_desktop.ui.player import Player
from deepfake_desktop.ui.posters import Posters
from deepfake_desktop.ui.preferences import PreferencesStore
from deepfake_desktop.ui.presenter import Presenter, Views
from deepfake_desktop.ui.queue_model import State
from deepfake_desktop.ui.queue_panel import QueuePanel
from deepfake_desktop.ui.remote import Remote, RemoteEngine
from deepfake_desktop.ui.saving import Saving
from deepfake_desktop.ui.shortcuts import ShortcutsDialog
from deepfake_desktop.ui.theme import Space, Theme
from deepfake_desktop.ui.timeline import Timeline
from deepfake_desktop.ui.top_bar import TopBar
from deepfake_desktop.ui.verdict_panel import VerdictPanel
from deepfake_desktop.ui.widgets import ElidedLabel, label
from deepfake_desktop.ui.window_layout import COMPACT_BELOW_PX, Parts, WorkArea
from deepfake_desktop.ui.worker import Analyze


class MainWindow(QMainWindow):
    """``closed`` follows when every thread has ended."""

    closed = Signal()

    def __init__(
        self,
        store: PreferencesStore,
        look: Theme,
        *,
        analyze: Analyze | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Deepfake Desktop")
        self.setAcceptDrops(True)
        self.setMinimumSize(760, 520)
        self._store = store
        self._look = look
        self._window_settings = QSettings(
            str(user_config_dir() / "window.ini"), QSettings.Format.IniFormat
        )
        self.controller = Controller(
            settings=lambda: store.current.settings,
            models_dir=lambda: store.current.models_dir,
            analyze=analyze or RemoteEngine(),
            parent=self,
        )
        self.chores = Chores(self)
        self.helper = Remote("helper")
        self._errands = Chores(self)  # what waits for the helper, so that nothing quick does
        self._posters = Posters(self.controller, self._errands, self.helper, self)

        self.top_bar = TopBar()
        self.notice = NoticeBar()
        self.queue_panel = QueuePanel(self.controller.queue)
        self.views = Views(
            stage=QStackedWidget(),
            drop_area=DropArea(),
            player=Player(),
            error_card=ErrorCard(),
            timeline=Timeline(),
            faces=FacesPanel(),
            verdict=VerdictPanel(),
        )
        for page in (self.views.drop_area, self.views.player, self.views.error_card):
            self.views.stage.addWidget(page)
        self.presenter = Presenter(self.controller, self.views, self)
        self.saving = Saving(
            self,
            chores=self.chores,
            errands=self._errands,
            helper=self.helper,
            presenter=self.presenter,
            notice=self.notice,
        )
        self.commands = Commands(
            self,
            controller=self.controller,
            chores=self.chores,
            errands=self._errands,
            helper=self.helper,
            store=store,
            presenter=self.presenter,
            notice=self.notice,
        )
        self.area = WorkArea(
            Parts(
                queue=self.queue_panel,
                stage=self.views.stage,
                timeline=self.views.timeline,
                verdict=self.views.verdict,
                faces=self.views.faces,
                tab_names=(self.tr("Verdict"), self.tr("Timeline"), self.tr("People")),
            ),
            self._window_settings,
        )
        self._overlay = DropArea(overlay=True)
        self._assemble()
        self.actions_ = WindowActions(self)
        self._playback: list[QAction] = self.views.player.actions_for_menu()
        self.actions_.fill(self.menuBar(), self._playback)
        self._connect()
        self._restore_geometry()
        self._refresh_settings()
        self._refresh_actions()
        self.commands.refresh_models()

    # --- assembling

    def _assemble(self) -> None:
        page = self._page = QWidget()
        page.setObjectName("page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        body = QVBoxLayout()
        body.setContentsMargins(Space.M, Space.M, Space.M, Space.S)
        body.setSpacing(Space.S)
        body.addWidget(self.notice)
        body.addWidget(self.area, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        column.addLayout(body, 1)
        self.setCentralWidget(page)
        self._overlay.setParent(page)
        self._overlay.hide()

        self._offline = label(self.tr("Offline: nothing leaves this computer"), "caption")
        self._doing = ElidedLabel()
        self._doing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._device = QLabel()
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(Space.S, 0, Space.S, 0)
        bar.addWidget(self._offline)
        bar.addWidget(self._doing, 1)
        bar.addPermanentWidget(self._device)

    def _connect(self) -> None:
        act, do, save, views = self.actions_, self.commands, self.saving, self.views
        act.open.triggered.connect(do.open_files)
        act.open_folder.triggered.connect(do.open_folder)
        act.paste.triggered.connect(do.paste)
        act.save_json.triggered.connect(save.save_json)
        act.copy_summary.triggered.connect(save.copy_summary)
        act.quit.triggered.connect(self.close)
        act.again.triggered.connect(self._again)
        act.again_with.triggered.connect(do.analyse_again_with)
        act.cancel.triggered.connect(do.cancel)
        act.cancel_all.triggered.connect(self.controller.cancel_all)
        act.next_file.triggered.connect(self._next_file)
        act.previous_file.triggered.connect(self._previous_file)
        act.remove.triggered.connect(self._remove)
        act.queue.triggered.connect(self._go_queue)
        act.picture.triggered.connect(self._go_picture)
        act.timeline.triggered.connect(self._go_timeline)
        act.verdict.triggered.connect(self._go_verdict)
        act.people.triggered.connect(self._go_people)
        act.appearances.triggered.connect(self._appearance_chosen)
        act.models.triggered.connect(do.show_models)
        act.settings.triggered.connect(do.show_settings)
        act.shortcuts.triggered.connect(self.show_shortcuts)
        act.limits.triggered.connect(do.show_welcome)
        act.log_folder.triggered.connect(do.open_log_folder)
        act.new_version.triggered.connect(do.open_releases_page)
        act.about.triggered.connect(do.show_about)

        bar = self.top_bar
        bar.openRequested.connect(do.open_files)
        bar.framesChosen.connect(do.set_frames)
        bar.customFramesRequested.connect(do.ask_frames)
        bar.checkpointChosen.connect(do.set_checkpoint)
        bar.modelsRequested.connect(do.show_models)
        bar.settingsRequested.connect(do.show_settings)
        bar.helpRequested.connect(self.show_shortcuts)
        do.settingsChanged.connect(self._refresh_settings)

        queue, control = self.queue_panel, self.controller
        queue.selected.connect(self.presenter.show)
        queue.addRequested.connect(do.open_files)
        queue.cancelRequested.connect(control.cancel)
        queue.retryRequested.connect(control.retry)
        queue.removeRequested.connect(control.remove)
        queue.moveRequested.connect(control.move)
        queue.revealRequested.connect(self._reveal)
        control.entriesAdded.connect(self._entries_added)
        control.stateChanged.connect(self._refresh_actions)
        control.stateChanged.connect(self._refresh_running)
        control.queue.dataChanged.connect(self._refresh_running)
        views.stage.currentChanged.connect(self._arrange)
        control.queue.rowsRemoved.connect(self._rows_removed)
        self.presenter.shownChanged.connect(self._refresh_actions)

        views.drop_area.openRequested.connect(do.open_files)
        views.drop_area.pasteRequested.connect(do.paste)
        views.drop_area.sampleRequested.connect(self._sample)
        views.error_card.offered.connect(do.follow)
        views.verdict.saveJsonRequested.connect(save.save_json)
        views.verdict.copySummaryRequested.connect(save.copy_summary)
        views.verdict.dragJsonRequested.connect(save.drag_json)
        views.faces.saveFaceRequested.connect(save.save_face)
        views.player.saveFrameRequested.connect(save.save_frame)

    # --- for the application

    def take_in(self, sources: Sequence[str]) -> None:
        self.commands.take_in(sources)

    @Slot(object)
    def show_trouble(self, failure: Failure) -> None:
        """An error that nobody caught, as a card."""
        self.presenter.show_trouble(failure)

    def get_ready(self) -> None:
        """Styles what is still hidden, so that the first video does not wait for it."""
        for child in self.findChildren(QWidget):
            child.ensurePolished()

    def greet_once(self) -> None:
        """At the very first start: what the program can and cannot say."""
        if not self._store.current.notice_seen:
            self._store.update(notice_seen=True)
            self.commands.show_welcome()

    def show_shortcuts(self) -> None:
        if self.commands.open_dialog(ShortcutsDialog) is None:
            sheet = self.actions_.sheet(self._playback)
            self.commands.show_dialog(ShortcutsDialog(sheet, self))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusWidget() is None:
            self._page.setFocus()  # no button begins with a ring that nobody asked for

    # --- reacting

    @Slot(list)
    def _entries_added(self, entry_ids: list[int]) -> None:
        self._arrange()
        # A new file is shown at once, unless a person is watching another one being examined.
        shown = self.presenter.entry
        if shown is None or shown.state not in (State.WAITING, State.RUNNING):
            self.queue_panel.select(entry_ids[0])

    @Slot()
    def _rows_removed(self) -> None:
        self._arrange()
        current = self.queue_panel.current()
        self.presenter.show(current.id if current is not None else 0)

    @Slot()
    def _refresh_settings(self) -> None:
        preferences = self._store.current
        self.top_bar.show_settings(preferences.settings, self.commands.models)
        self._look.set_appearance(preferences.appearance)  # type: ignore[arg-type]
        offered = preferences.offer_new_version and releases.page() is not None
        self.actions_.new_version.setVisible(offered)
        for action in self.actions_.appearances.actions():
            action.setChecked(action.data() == preferences.appearance)

    @Slot()
    def _refresh_actions(self) -> None:
        act, entry = self.actions_, self.presenter.entry
        analysis = self.presenter.analysis
        active = entry is not None and entry.state in (State.WAITING, State.RUNNING)
        rows = self.controller.queue.rowCount()
        act.save_json.setEnabled(analysis is not None)
        act.copy_summary.setEnabled(analysis is not None)
        act.again.setEnabled(entry is not None and not active)
        act.again_with.setEnabled(entry is not None and not active)
        act.cancel.setEnabled(active or self.controller.running is not None)
        act.cancel_all.setEnabled(self.controller.running is not None)
        act.remove.setEnabled(entry is not None)
        act.next_file.setEnabled(rows > 1)
        act.previous_file.setEnabled(rows > 1)
        for action in (act.queue, act.picture, act.timeline, act.verdict, act.people):
            action.setEnabled(rows > 0)
        if analysis is not None:
            self._device.setText(wording.device(analysis.device))
        title = f"{entry.name} — Deepfake Desktop" if entry else "Deepfake Desktop"
        if self.windowTitle() != title:
            self.setWindowTitle(title)

    @Slot()
    def _refresh_running(self) -> None:
        """What goes on, for whoever looks at another file."""
        running = self.controller.running
        self._doing.setText(f"{running.name} · {running.status()}" if running is not None else "")

    def _again(self) -> None:
        if self.presenter.entry is not None:
            self.controller.retry(self.presenter.entry.id)

    def _remove(self) -> None:
        if self.presenter.entry is not None:
            self.controller.remove(self.presenter.entry.id)

    def _next_file(self) -> None:
        self._step_file(1)

    def _previous_file(self) -> None:
        self._step_file(-1)

    def _step_file(self, step: int) -> None:
        entries = self.controller.queue.entries
        if entries and self.presenter.entry is not None:
            row = self.controller.queue.row_of(self.presenter.entry.id)
            self.queue_panel.select(entries[(row + step) % len(entries)].id)

    def _go_queue(self) -> None:
        self.queue_panel.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _go_picture(self) -> None:
        self.area.focus_part(self.views.player)

    def _go_timeline(self) -> None:
        self.area.focus_part(self.views.timeline)

    def _go_verdict(self) -> None:
        self.area.focus_part(self.views.verdict)

    def _go_people(self) -> None:
        self.area.focus_part(self.views.faces)

    @Slot(QAction)
    def _appearance_chosen(self, action: QAction) -> None:
        self.commands.set_appearance(str(action.data()))

    @Slot(object)
    def _sample(self, path: Path) -> None:
        self.commands.take_in([str(path)])

    @Slot(int)
    def _reveal(self, entry_id: int) -> None:
        entry = self.controller.queue.entry(entry_id)
        if entry is not None:
            self.commands.reveal(entry.path)

    # --- drops, anywhere on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is not None and self.isAncestorOf(event.source()):  # type: ignore[arg-type]
            return
        found = intake.sources(event.mimeData())
        if not found:
            return
        glance = intake.glance(found)
        target = self.views.drop_area
        if self.views.stage.currentWidget() is not target:
            target = self._overlay
            self._overlay.setGeometry(self.area.geometry())
            self._overlay.show()
            self._overlay.raise_()
        target.hover(glance)
        if glance.welcome:
            event.acceptProposedAction()
        else:
            event.setDropAction(Qt.DropAction.IgnoreAction)
            event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._settle_drop()

    def dropEvent(self, event: QDropEvent) -> None:
        self._settle_drop()
        found = intake.sources(event.mimeData())
        if found:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.commands.take_in(found)

    def _settle_drop(self) -> None:
        self._overlay.hide()
        self.views.drop_area.settle()

    # --- size, and the end

    @Slot()
    def _arrange(self) -> None:
        compact = self.width() < COMPACT_BELOW_PX
        empty = self.controller.queue.rowCount() == 0
        self.top_bar.set_compact(compact)
        bare = self.views.stage.currentWidget() is self.views.error_card
        self.area.arrange(compact=compact, empty=empty, bare=bare)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _restore_geometry(self) -> None:
        geometry = self._window_settings.value("geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            screen = QGuiApplication.primaryScreen().availableGeometry()
            self.resize(min(1440, screen.width() - 32), min(900, screen.height() - 64))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Goes from the screen at once, then cancels and waits; nothing is terminated."""
        self.area.remember()
        self._window_settings.setValue("geometry", self.saveGeometry())
        self._window_settings.sync()
        self.hide()
        self.views.player.clear()
        self.chores.shutdown()
        self._errands.shutdown()
        self.helper.close()
        self.controller.shutdown()
        self.saving.close()
        event.accept()
        self.closed.emit()
