"""Errors that nobody caught: written to a rotating log, shown in the window, survived."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from deepfake_desktop.core.paths import user_log_dir
from deepfake_desktop.ui.failure import Failure

log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_to_file(folder: Path | None = None) -> RotatingFileHandler | None:
    """Adds the log file to the root logger; None where the folder cannot be written."""
    folder = folder or user_log_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "deepfake-desktop.log",
            maxBytes=1_000_000,
            backupCount=3,
            encoding="utf-8",
        )
    except OSError:
        return None
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    if root.level > logging.INFO or root.level == logging.NOTSET:
        root.setLevel(logging.INFO)
    return handler


def _qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    category = context.category or "default"
    _qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", category, text)


class CrashGuard(QObject):
    """Catches what would otherwise end the program or vanish. ``caught`` carries a Failure.

    The signal crosses from any thread to the window's by a queued connection.
    """

    caught = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._former_hook = sys.excepthook
        self._former_thread_hook = threading.excepthook
        self._former_qt: Callable[[QtMsgType, QMessageLogContext, str], object] | None = None
        self._installed = False

    def install(self) -> None:
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook
        self._former_qt = qInstallMessageHandler(_qt_message)
        self._installed = True

    def uninstall(self) -> None:
        """Puts back what was there; tests start the program many times in one process."""
        if self._installed:
            sys.excepthook = self._former_hook
            threading.excepthook = self._former_thread_hook
            qInstallMessageHandler(self._former_qt)
            self._installed = False

    def _hook(
        self, kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._former_hook(kind, error, where)
            return
        log.critical("uncaught", exc_info=(kind, error, where))
        self.caught.emit(Failure.of(error))

    def _thread_hook(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        if error is None or isinstance(error, SystemExit):
            return
        log.critical(
            "uncaught on thread %s",
            arguments.thread.name if arguments.thread else "?",
            exc_info=(arguments.exc_type, error, arguments.exc_traceback),
        )
        self.caught.emit(Failure.of(error))
