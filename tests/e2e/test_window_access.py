"""For those who use no mouse, or no eyes: names, focus and shortcuts in the whole window."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.queue_model import State
from deepfake_desktop.ui.shortcuts import ShortcutsDialog
from tests.e2e.conftest import Run
from tests.ui.fake_engine import Engine

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)


def _nameless(root: QWidget) -> list[QWidget]:
    found = []
    for each in root.findChildren(QWidget):
        if not isinstance(each, CONTROLS) or isinstance(each, QScrollBar):
            continue
        of_qt = each.objectName().startswith("qt_") or not each.isVisibleTo(root)
        inside = isinstance(each.parent(), QAbstractSpinBox | QComboBox)
        text = each.text() if isinstance(each, QAbstractButton) else ""
        if not (of_qt or inside or each.accessibleName() or text.strip()):
            found.append(each)
    return found


def _with_result(qtbot: QtBot, window: MainWindow, clip: Path) -> None:
    window.take_in([str(clip)])
    queue = window.controller.queue
    qtbot.waitUntil(
        lambda: bool(queue.entries) and queue.entries[0].state is State.DONE, timeout=20_000
    )


def test_every_control_has_a_name(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def story(window: MainWindow) -> None:
        assert _nameless(window) == []
        _with_result(qtbot, window, clip)
        assert _nameless(window) == []
        for open_it in (
            window.commands.show_models,
            window.commands.show_settings,
            window.commands.show_welcome,
            window.show_shortcuts,
        ):
            open_it()
            (dialog,) = window.commands.open_dialogs()
            assert _nameless(dialog) == [], dialog
            dialog.reject()

    run_main(story, analyze=Engine())


def test_no_two_actions_share_a_shortcut(run_main: Run) -> None:
    def story(window: MainWindow) -> None:
        keys: Counter[str] = Counter()
        actions = {id(a): a for a in window.findChildren(QAction)}
        for action in actions.values():
            for sequence in action.shortcuts():
                keys[sequence.toString(QKeySequence.SequenceFormat.PortableText)] += 1
        assert keys
        assert {key: n for key, n in keys.items() if n > 1} == {}

    run_main(story, analyze=Engine())


def test_the_sheet_names_every_shortcut_of_the_menus(run_main: Run) -> None:
    def story(window: MainWindow) -> None:
        sheet = window.actions_.sheet(window._playback)
        told = {text for _, rows in sheet for text, _ in rows}
        for action in window.findChildren(QAction):
            if any(not s.isEmpty() for s in action.shortcuts()):
                assert action.text().replace("&", "").rstrip("…") in told, action.text()

    run_main(story, analyze=Engine())


def test_f1_and_the_question_mark_open_the_sheet(run_main: Run, qtbot: QtBot) -> None:
    def story(window: MainWindow) -> None:
        keys = [s.toString() for s in window.actions_.shortcuts.shortcuts()]
        assert keys == ["F1", "?"]
        window.actions_.shortcuts.trigger()
        dialog = window.commands.open_dialog(ShortcutsDialog)
        assert dialog is not None
        dialog.reject()

    run_main(story, analyze=Engine())


def test_tab_walks_through_the_window(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def story(window: MainWindow) -> None:
        _with_result(qtbot, window, clip)
        window.resize(1440, 900)
        window.activateWindow()
        window.queue_panel.view.setFocus()
        visited: list[QWidget] = []
        for _ in range(80):
            focus = window.focusWidget()
            assert focus is not None
            if visited and focus is visited[0]:
                break
            visited.append(focus)
            window.focusNextChild()
        panels = (window.top_bar, window.queue_panel, window.views.player, window.views.verdict)
        for panel in (*panels, window.views.timeline, window.views.faces):
            assert any(panel.isAncestorOf(each) for each in visited), panel
        assert all(each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in visited)

    run_main(story, analyze=Engine())


def test_actions_bring_each_part_to_the_keyboard(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def story(window: MainWindow) -> None:
        _with_result(qtbot, window, clip)
        for action, part in (
            (window.actions_.queue, window.queue_panel),
            (window.actions_.timeline, window.views.timeline),
            (window.actions_.verdict, window.views.verdict),
            (window.actions_.people, window.views.faces),
            (window.actions_.picture, window.views.player),
        ):
            action.trigger()
            focus = window.focusWidget()
            assert focus is not None
            assert part is focus or part.isAncestorOf(focus), action.text()

    run_main(story, analyze=Engine())
