"""The window's actions and menus. What each does is connected by the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenuBar

from deepfake_desktop import __version__
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.shortcuts import Group, of_actions

_Key = QKeySequence.StandardKey


class WindowActions(QObject):
    """Made once per window."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        make = self._make
        self.open = make(self.tr("&Open videos…"), "open", _Key.Open)
        self.open_folder = make(self.tr("Open &folder…"), "folder", "Ctrl+Shift+O")
        self.paste = make(self.tr("&Paste a path"), "paste", _Key.Paste)
        self.save_json = make(self.tr("&Save result as JSON…"), "json", _Key.Save)
        self.copy_summary = make(self.tr("&Copy summary"), "copy", "Ctrl+Shift+C")
        self.quit = make(self.tr("&Quit"), None, _Key.Quit)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)

        self.again = make(self.tr("&Analyse again"), "retry", "Ctrl+R")
        self.again_with = make(
            self.tr("Analyse again with &other settings…"), "compare", "Ctrl+Shift+R"
        )
        self.cancel = make(self.tr("&Cancel analysis"), "cancel", "Ctrl+.")
        self.cancel_all = make(self.tr("Cancel a&ll"), None, "Ctrl+Shift+.")
        self.next_file = make(self.tr("&Next file"), None, "Ctrl+PgDown")
        self.previous_file = make(self.tr("Pre&vious file"), None, "Ctrl+PgUp")
        self.remove = make(self.tr("&Remove from queue"), "trash", "Ctrl+Backspace")

        self.queue = make(self.tr("Go to the &queue"), None, "Ctrl+1")
        self.picture = make(self.tr("Go to the &player"), None, "Ctrl+2")
        self.timeline = make(self.tr("Go to the &timeline"), None, "Ctrl+3")
        self.verdict = make(self.tr("Go to the &verdict"), None, "Ctrl+4")
        self.people = make(self.tr("Go to the p&eople"), None, "Ctrl+5")
        self.appearances = QActionGroup(self)
        for value, text in (
            ("system", self.tr("As the &system")),
            ("light", self.tr("&Light")),
            ("dark", self.tr("&Dark")),
        ):
            action = make(text, None)
            action.setCheckable(True)
            action.setData(value)
            self.appearances.addAction(action)

        self.models = make(self.tr("&Models…"), "models", "Ctrl+M")
        self.settings = make(self.tr("&Settings…"), "settings", "Ctrl+,")
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)

        self.shortcuts = make(self.tr("&Keyboard shortcuts"), "keyboard", "F1", "?")
        self.limits = make(self.tr("What this program can &say"), "info")
        self.log_folder = make(self.tr("Open the &log folder"), "folder")
        self.new_version = make(
            self.tr("Look for a &new version (this is {0})").format(__version__), None
        )
        self.about = make(self.tr("&About Deepfake Desktop"), None)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)

    def _make(self, text: str, sign: str | None, *keys: str | QKeySequence.StandardKey) -> QAction:
        action = QAction(text, self)
        if sign is not None:
            action.setIcon(icon(sign))
        sequences: list[QKeySequence] = []
        for key in keys:
            if isinstance(key, QKeySequence.StandardKey):
                sequences += QKeySequence.keyBindings(key)[:1]
            else:
                sequences.append(QKeySequence(key))
        action.setShortcuts(sequences)
        return action

    def _file(self) -> list[QAction | None]:
        return [
            self.open,
            self.open_folder,
            self.paste,
            None,
            self.save_json,
            self.copy_summary,
            None,
            self.quit,
        ]

    def _analysis(self) -> list[QAction | None]:
        return [
            self.again,
            self.again_with,
            None,
            self.cancel,
            self.cancel_all,
            None,
            self.previous_file,
            self.next_file,
            self.remove,
        ]

    def _goes(self) -> list[QAction | None]:
        return [self.queue, self.picture, self.timeline, self.verdict, self.people]

    def fill(self, bar: QMenuBar, playback: Sequence[QAction]) -> None:
        """Builds the menus as the platform expects them."""
        for title, actions in (
            (self.tr("&File"), self._file()),
            (self.tr("&Analysis"), self._analysis()),
        ):
            menu = bar.addMenu(title)
            for action in actions:
                if action is None:
                    menu.addSeparator()
                else:
                    menu.addAction(action)
        bar.addMenu(self.tr("&Playback")).addActions(list(playback))
        view = bar.addMenu(self.tr("&View"))
        view.addActions([action for action in self._goes() if action is not None])
        view.addSeparator()
        view.addMenu(self.tr("&Appearance")).addActions(self.appearances.actions())
        tools = bar.addMenu(self.tr("&Tools"))
        tools.addActions([self.models, self.settings])
        about = bar.addMenu(self.tr("&Help"))
        about.addActions([self.shortcuts, self.limits, self.log_folder])
        about.addSeparator()
        about.addActions([self.new_version, self.about])

    def sheet(self, playback: Sequence[QAction]) -> list[Group]:
        """All shortcuts, grouped for the sheet."""

        def real(actions: Sequence[QAction | None]) -> list[QAction]:
            return [action for action in actions if action is not None]

        return [
            (self.tr("Files"), of_actions(real(self._file()))),
            (self.tr("Analysis"), of_actions(real(self._analysis()))),
            (self.tr("Player"), of_actions(playback)),
            (
                self.tr("Queue"),
                [
                    (self.tr("Move up"), "Alt+↑"),
                    (self.tr("Move down"), "Alt+↓"),
                    (self.tr("Run again"), "R"),
                    (self.tr("Cancel or remove"), self.tr("Del")),
                ],
            ),
            (
                self.tr("Timeline"),
                [
                    (self.tr("Show more time"), "-"),
                    (self.tr("Show less time"), "+"),
                    (self.tr("Show the whole video"), "0"),
                    (self.tr("Clear the selection"), "Esc"),
                ],
            ),
            (
                self.tr("Window"),
                of_actions(real([*self._goes(), self.models, self.settings, self.shortcuts])),
            ),
        ]
