"""What the window's actions do: taking files in, the dialogs, ways on from an error."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QWidget

from deepfake_desktop.core.paths import user_log_dir
from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui import intake, model_files, releases, translations
from deepfake_desktop.ui.about import AboutDialog
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.controller import Controller
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.intake import Intake
from deepfake_desktop.ui.model_files import ModelEntry
from deepfake_desktop.ui.models_dialog import ModelsDialog
from deepfake_desktop.ui.notice_bar import NoticeBar
from deepfake_desktop.ui.preferences import PreferencesStore
from deepfake_desktop.ui.presenter import Presenter
from deepfake_desktop.ui.queue_model import State
from deepfake_desktop.ui.remote import Remote
from deepfake_desktop.ui.settings_dialog import SettingsDialog
from deepfake_desktop.ui.welcome import WelcomeDialog

log = logging.getLogger(__name__)


class Commands(QObject):
    """One per window. ``settingsChanged`` follows each change of preferences or models."""

    settingsChanged = Signal()

    def __init__(
        self,
        window: QWidget,
        *,
        controller: Controller,
        chores: Chores,
        errands: Chores,
        helper: Remote,
        store: PreferencesStore,
        presenter: Presenter,
        notice: NoticeBar,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._chores = chores
        self._errands = errands
        self._helper = helper
        self._store = store
        self._presenter = presenter
        self._notice = notice
        self._dialogs: dict[type[QDialog], QDialog] = {}
        self._self_test_failure: Failure | None = None
        self.models: tuple[ModelEntry, ...] = ()
        notice.acted.connect(self.act_on_notice)
        controller.selfTestFailed.connect(self._self_test_failed)

    # --- taking files in

    def open_files(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in sorted(intake.VIDEO_SUFFIXES))
        dialog = QFileDialog(self._window, self.tr("Open videos"))
        dialog.setNameFilters([self.tr("Videos ({0})").format(endings), self.tr("All files (*)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._start_folder(dialog)
        dialog.filesSelected.connect(self.take_in)
        dialog.open()

    def open_folder(self) -> None:
        dialog = QFileDialog(self._window, self.tr("Open folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._start_folder(dialog)
        dialog.filesSelected.connect(self.take_in)
        dialog.open()

    def _start_folder(self, dialog: QFileDialog) -> None:
        folder = self._store.current.last_folder
        if folder is not None:
            dialog.setDirectory(str(folder))

    def paste(self) -> None:
        """Paths, or files copied in a file manager, from the clipboard."""
        found = intake.sources(QGuiApplication.clipboard().mimeData())
        if found:
            self.take_in(found[:1000])
        else:
            self._notice.say(self.tr("There is no path on the clipboard."))

    def take_in(self, found: Sequence[str]) -> None:
        """Looks at files and folders on the chores' thread, then queues the videos."""
        if found:
            wanted = list(found)
            self._chores.submit(
                lambda cancel: intake.take_in(wanted, cancel), self._taken_in, failed=self._report
            )

    def _taken_in(self, result: object) -> None:
        taken = cast(Intake, result)
        if taken.refused:
            reasons = {
                "remote": self.tr("an address on the web: save the file first"),
                "missing": self.tr("no such file"),
                "not a video": self.tr("not a video"),
                "empty": self.tr("an empty file"),
                "no video inside": self.tr("no video inside"),
                "unreadable": self.tr("may not be read"),
            }
            self._notice.refused([(item.name, reasons[item.reason]) for item in taken.refused])
        if taken.videos:
            self._store.update(last_folder=taken.videos[0].parent)
            self._controller.add(taken.videos)
        if taken.models:
            self.show_models().add(list(taken.models))

    # --- dialogs

    def show_dialog(self, dialog: QDialog) -> None:
        """Opens a dialog that does not block; a second call brings the first to the front."""
        kind = type(dialog)
        self._dialogs[kind] = dialog
        dialog.finished.connect(partial(self._forget, kind))
        dialog.open()

    def _forget(self, kind: type[QDialog], _: int = 0) -> None:
        self._dialogs.pop(kind, None)

    def open_dialog(self, kind: type[QDialog]) -> QDialog | None:
        """The open dialog of a kind."""
        return self._dialogs.get(kind)

    def open_dialogs(self) -> list[QDialog]:
        return list(self._dialogs.values())

    def show_models(self) -> ModelsDialog:
        there = self.open_dialog(ModelsDialog)
        if isinstance(there, ModelsDialog):
            there.raise_()
            return there
        dialog = ModelsDialog(
            self._chores,
            self._errands,
            self._helper,
            self._store.current.models_dir,
            self._window,
        )
        dialog.changed.connect(self.refresh_models)
        self.show_dialog(dialog)
        return dialog

    def show_settings(self) -> None:
        if self.open_dialog(SettingsDialog) is None:
            dialog = SettingsDialog(
                self._store.current,
                [entry.file.path for entry in self.models],
                translations.available(),
                parent=self._window,
            )
            dialog.saved.connect(self._save_preferences)
            self.show_dialog(dialog)

    def analyse_again_with(self) -> None:
        entry = self._presenter.entry
        if entry is None or self.open_dialog(SettingsDialog) is not None:
            return
        settings = entry.analysis.settings if entry.analysis else self._store.current.settings
        dialog = SettingsDialog(
            self._store.current,
            [each.file.path for each in self.models],
            (),
            only_settings=settings,
            parent=self._window,
        )
        dialog.saved.connect(partial(self._again_with, entry.id))
        self.show_dialog(dialog)

    def _again_with(self, entry_id: int, changes: dict[str, object]) -> None:
        settings = cast(AnalysisSettings, changes["settings"])
        self._controller.analyse_again(entry_id, settings)

    def show_welcome(self) -> None:
        if self.open_dialog(WelcomeDialog) is None:
            self.show_dialog(WelcomeDialog(self._window))

    def show_about(self) -> None:
        if self.open_dialog(AboutDialog) is None:
            dialog = AboutDialog(self._window)
            self.show_dialog(dialog)
            folder = self._store.current.models_dir
            self._chores.submit(
                lambda _: [model_files.read(entry) for entry in model_files.listed(folder)],
                partial(self._tell_self_tests, dialog),
            )

    def _tell_self_tests(self, dialog: AboutDialog, result: object) -> None:
        if self.open_dialog(AboutDialog) is dialog:
            entries = cast("list[ModelEntry]", result)
            dialog.tell_self_tests([entry.self_test for entry in entries if entry.self_test])

    def open_log_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(user_log_dir())))

    def open_releases_page(self) -> None:
        """In the person's own browser: the program itself asks nobody."""
        page = releases.page()
        if page is not None:
            QDesktopServices.openUrl(page)

    def reveal(self, path: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    # --- settings

    def set_frames(self, frames: int) -> None:
        self._change_settings(frames=frames)

    def ask_frames(self) -> None:
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(self.tr("Sequence length"))
        dialog.setLabelText(self.tr("Frames that the network reads at once:"))
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(1, 1000)
        dialog.setIntValue(self._store.current.settings.frames)
        dialog.intValueSelected.connect(self.set_frames)
        dialog.open()

    def set_checkpoint(self, path: object) -> None:
        self._change_settings(checkpoint=path)

    def set_appearance(self, appearance: str) -> None:
        self._save_preferences({"appearance": appearance})

    def _change_settings(self, **changes: object) -> None:
        settings = replace(self._store.current.settings, **changes)  # type: ignore[arg-type]
        self._save_preferences({"settings": settings})

    def _save_preferences(self, changes: dict[str, object]) -> None:
        before = self._store.current.models_dir
        self._store.update(**changes)
        self.settingsChanged.emit()
        if self._store.current.models_dir != before:
            self.refresh_models()

    def refresh_models(self) -> None:
        """Lists the checkpoints again, on the chores' thread."""
        folder = self._store.current.models_dir
        self._chores.submit(lambda _: model_files.listed(folder), self._models_listed)

    def _models_listed(self, result: object) -> None:
        self.models = cast("tuple[ModelEntry, ...]", result)
        self.settingsChanged.emit()

    # --- ways on from an error

    def act_on_notice(self, key: str) -> None:
        if key.startswith("reveal:"):
            self.reveal(Path(key.removeprefix("reveal:")))
        elif key == "self-test" and self._self_test_failure is not None:
            self._presenter.show_trouble(self._self_test_failure)

    def _self_test_failed(self, failure: Failure) -> None:
        self._self_test_failure = failure
        self._notice.say(
            self.tr("The self-test failed. No verdict is given until it passes."),
            sign="warning",
            action=("self-test", self.tr("Details")),
        )

    def follow(self, offer: str) -> None:
        """Does what an error card offered."""
        entry = self._presenter.entry
        if offer == "models":
            self.show_models()
        elif offer == "settings":
            self.show_settings()
        elif offer in ("dismiss", "result"):
            self._presenter.dismiss_trouble()
        elif entry is None:
            return
        elif offer == "remove":
            self._controller.remove(entry.id)
        else:
            settings = self._store.current.settings
            changed: dict[str, AnalysisSettings | None] = {
                "retry": None,
                "cpu": replace(settings, device="cpu"),
                "fewer frames": replace(
                    settings,
                    frames=max(1, settings.frames // 2),
                    exact_frames=False,
                    budget_frames=max(10, settings.budget_frames // 2),
                ),
                "any length": replace(settings, exact_frames=False),
            }
            self._controller.analyse_again(entry.id, changed.get(offer))

    def cancel(self) -> None:
        """Cancels what runs: the entry in view, else whichever runs."""
        entry = self._presenter.entry
        active = (State.WAITING, State.RUNNING)
        if entry is None or entry.state not in active:
            entry = self._controller.running
        if entry is not None:
            self._controller.cancel(entry.id)

    def _report(self, failure: Failure) -> None:
        words = error_words(failure)
        self._notice.say(f"{words.headline}: {failure.reason}", sign="warning")
