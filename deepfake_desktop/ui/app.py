"""Starts the window. Nothing heavy is imported here: torch comes later, on the worker's thread."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from deepfake_desktop import __version__
from deepfake_desktop.core.paths import APP_NAME, resource_path
from deepfake_desktop.ui import crash, icons, multimedia, theme, translations
from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.preferences import PreferencesStore
from deepfake_desktop.ui.worker import Analyze

log = logging.getLogger(__name__)

#: After the window is drawn; before most people have found their video.
_WARM_UP_MS = 300

#: After that: it waits for the warm-up, in the engine's process.
_SELF_TEST_MS = 2_000

#: How long a thread may hold the interpreter before the window's gets its turn (default 5 ms).
_SWITCH_S = 0.001


class Application(QApplication):
    """Takes the files that macOS hands over as events: "Open with", a drop on the Dock."""

    files_opened = Signal(list)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self.files_opened.emit([event.file()])
            return True
        return super().event(event)


def make_application(argv: Sequence[str] = ()) -> QApplication:
    """The application object, with its names, fonts and looks; the existing one if there is one."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = Application([APP_NAME, *argv])
    app.setApplicationName(APP_NAME)
    app.setApplicationDisplayName("Deepfake Desktop")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("org.deepfakedesktop.DeepfakeDesktop")  # packaging/linux has it
    app.setProperty("systemFont", app.font())
    return app


def main(argv: Sequence[str], *, analyze: Analyze | None = None) -> int:
    """Opens the window with the files or folders in ``argv``; returns the exit code."""
    sys.setswitchinterval(_SWITCH_S)
    app = make_application()
    multimedia.prepare()  # before any thread
    handler = crash.log_to_file()
    guard = crash.CrashGuard()
    guard.install()
    store = PreferencesStore()
    translators = translations.install(app, store.current.language)
    try:
        look = theme.install(app)
        look.set_appearance(store.current.appearance)  # type: ignore[arg-type]
        app.setWindowIcon(_icon())
        window = MainWindow(store, look, analyze=analyze)
        guard.caught.connect(window.show_trouble)
        window.show()
        if isinstance(app, Application):
            app.files_opened.connect(window.take_in)
        if argv:
            window.take_in(list(argv))
        QTimer.singleShot(0, window, window.greet_once)
        if analyze is None:
            QTimer.singleShot(_WARM_UP_MS, window.controller, window.controller.warm_up)
            QTimer.singleShot(_SELF_TEST_MS, window.controller, window.controller.self_test)
            QTimer.singleShot(_WARM_UP_MS, window, window.get_ready)
        log.info("window is open")
        code = app.exec()
        window.close()
        window.deleteLater()
        app.processEvents()
        return code
    finally:
        guard.uninstall()
        translations.remove(app, translators)
        if handler is not None:
            logging.getLogger().removeHandler(handler)
            handler.close()


def _icon() -> QIcon:
    path = resource_path("app.svg")
    return QIcon(str(path)) if path.is_file() else icons.icon("verdict", "accent")
