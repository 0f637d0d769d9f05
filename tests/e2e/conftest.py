"""Stories through the real ``main()``: it opens the window, a story acts, the window closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.paths import user_config_dir
from deepfake_desktop.ui import app, theme
from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.preferences import PreferencesStore

Story = Callable[[MainWindow], None]
Run = Callable[..., int]


@pytest.fixture(autouse=True)
def fresh_settings() -> None:
    """Each story starts as if for the second time, with nothing else remembered."""
    folder = user_config_dir()
    for name in ("preferences.json", "window.ini"):
        (folder / name).unlink(missing_ok=True)
    PreferencesStore().update(notice_seen=True)


@pytest.fixture
def run_main(qtbot: QtBot, qapp: QApplication) -> Iterator[Run]:
    """Runs ``main(argv)`` with a story; what goes wrong in the story fails the test."""

    def run(story: Story, *, argv: list[str] | None = None, analyze: Any = None) -> int:
        problems: list[BaseException] = []

        def act() -> None:
            windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
            window = next(w for w in windows if w.isVisible())
            try:
                story(window)
            except BaseException as problem:  # carried out of Qt's event loop
                problems.append(problem)
            finally:
                window.close()
                QApplication.quit()

        QTimer.singleShot(0, act)
        options = {} if analyze is None else {"analyze": analyze}
        code = app.main(argv or [], **options)
        if problems:
            raise problems[0]
        return code

    yield run
    theme.install(qapp).set_appearance("light")
    # The story's quit and the last window's closing ask twice to leave one event loop. The second
    # request would lie in wait and end every event loop of the tests that follow.
    QApplication.removePostedEvents(qapp, QEvent.Type.Quit.value)
    QTimer.singleShot(0, lambda: qapp.exit(0))
    qapp.exec()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A real, short video in a folder of its own: a bundled sample under another name."""
    from deepfake_desktop.core.paths import resource_path

    path = tmp_path / "interview.mp4"
    path.write_bytes(resource_path("samples/authentic.mp4").read_bytes())
    return path
