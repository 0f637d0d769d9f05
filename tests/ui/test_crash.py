from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning
from pytestqt.qtbot import QtBot

from deepfake_desktop.ui import crash


def test_the_log_rotates_and_holds_what_happened(tmp_path: Path) -> None:
    handler = crash.log_to_file(tmp_path / "logs")
    assert handler is not None
    try:
        assert handler.maxBytes > 0
        assert handler.backupCount > 0
        logging.getLogger("here").warning("something")
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    text = (tmp_path / "logs" / "deepfake-desktop.log").read_text("utf-8")
    assert "WARNING" in text
    assert "here: something" in text


def test_no_log_folder_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert crash.log_to_file(tmp_path / "file" / "logs") is None


def test_uncaught_errors_are_told_and_logged(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    former = sys.excepthook
    guard = crash.CrashGuard()
    guard.install()
    try:
        with qtbot.waitSignal(guard.caught) as told:
            try:
                raise ArithmeticError("odd")
            except ArithmeticError as error:
                sys.excepthook(type(error), error, error.__traceback__)
        assert told.args[0].code == "ArithmeticError"
        assert "ArithmeticError: odd" in told.args[0].details
        assert "uncaught" in caplog.text
    finally:
        guard.uninstall()
    assert sys.excepthook is former


def test_errors_of_threads_are_told(qtbot: QtBot) -> None:
    guard = crash.CrashGuard()
    guard.install()
    try:
        with qtbot.waitSignal(guard.caught, timeout=5_000) as told:
            thread = threading.Thread(target=lambda: 1 / 0)
            thread.start()
            thread.join()
        assert told.args[0].code == "ZeroDivisionError"
    finally:
        guard.uninstall()


def test_qt_speaks_into_the_log(caplog: pytest.LogCaptureFixture, qtbot: QtBot) -> None:
    guard = crash.CrashGuard()
    guard.install()
    try:
        qWarning("a word from Qt")
    finally:
        guard.uninstall()
    assert any(r.name == "qt" and "a word from Qt" in r.getMessage() for r in caplog.records)
