"""The bar at the top: open, how many frames, which checkpoint, and the ways to the dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from deepfake_desktop.core.types import SEQUENCE_LENGTHS, AnalysisSettings
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.model_files import ModelEntry
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import button, label


class TopBar(QFrame):
    """Shows the settings in force and asks to change them."""

    openRequested = Signal()
    framesChosen = Signal(int)
    checkpointChosen = Signal(object)
    customFramesRequested = Signal()
    modelsRequested = Signal()
    settingsRequested = Signal()
    helpRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self._settings = AnalysisSettings()
        self._models: Sequence[ModelEntry] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, Space.S, Space.M, Space.S)
        row.setSpacing(Space.S)
        self._name = label("Deepfake Desktop", "title")
        row.addWidget(self._name)
        row.addSpacing(Space.M)
        row.addWidget(button(self.tr("Open videos"), self._open, kind="primary", icon="open"))
        row.addSpacing(Space.M)
        self._frames_label = label(self.tr("Frames"), "quiet")
        row.addWidget(self._frames_label)
        self._segments = self._make_segments()
        row.addWidget(self._segments)
        self._frames_menu_button = self._make_menu_button(self.tr("Sequence length"))
        row.addWidget(self._frames_menu_button)
        row.addSpacing(Space.XS)
        self._checkpoint = self._make_menu_button(self.tr("Checkpoint"))
        self._checkpoint.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row.addWidget(self._checkpoint)
        row.addStretch(1)
        self._links: list[QToolButton] = []
        for name, sign, signal in (
            (self.tr("Models"), "models", self.modelsRequested),
            (self.tr("Settings"), "settings", self.settingsRequested),
            (self.tr("Help"), "help", self.helpRequested),
        ):
            link = QToolButton()
            link.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            link.setProperty("kind", "flat")
            link.setText(f" {name}")
            link.setIcon(icon(sign))
            link.setIconSize(QSize(18, 18))
            link.setToolTip(name)
            link.setAccessibleName(name)
            link.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            link.clicked.connect(signal)
            self._links.append(link)
            row.addWidget(link)
        self._links[-1].setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.set_compact(False)

    def _make_segments(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for frames in SEQUENCE_LENGTHS:
            each = QPushButton(str(frames))
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            each.setProperty("kind", "segment")
            each.setCheckable(True)
            each.setAccessibleName(self.tr("%n frames", "", frames))
            self._group.addButton(each, frames)
            row.addWidget(each)
        self._custom = QPushButton("…")
        self._custom.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._custom.setProperty("kind", "segment")
        self._custom.setCheckable(True)
        self._custom.setToolTip(self.tr("Another sequence length"))
        self._custom.setAccessibleName(self.tr("Another sequence length"))
        self._group.addButton(self._custom, 0)
        row.addWidget(self._custom)
        self._group.idClicked.connect(self._segment)
        return holder

    def _make_menu_button(self, name: str) -> QToolButton:
        result = QToolButton()
        result.setProperty("kind", "menu")
        result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        result.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        result.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        result.setIcon(icon("chevron-down", "quiet"))
        result.setIconSize(QSize(14, 14))
        result.setLayoutDirection(self._away_from(self.layoutDirection()))
        result.setAccessibleName(name)
        menu = QMenu(result)
        menu.setToolTipsVisible(True)
        result.setMenu(menu)
        return result

    @staticmethod
    def _away_from(direction: Qt.LayoutDirection) -> Qt.LayoutDirection:
        """Puts a button's chevron after its text."""
        if direction == Qt.LayoutDirection.LeftToRight:
            return Qt.LayoutDirection.RightToLeft
        return Qt.LayoutDirection.LeftToRight

    # --- for the window

    def show_settings(self, settings: AnalysisSettings, models: Sequence[ModelEntry]) -> None:
        """The sequence length and the checkpoint that the next analysis will use."""
        self._settings, self._models = settings, models
        usual = settings.frames in SEQUENCE_LENGTHS
        chosen = self._group.button(settings.frames) if usual else self._custom
        if chosen is not None:
            chosen.setChecked(True)
        self._custom.setText("…" if usual else str(settings.frames))
        self._frames_menu_button.setText(self.tr("%n frames", "", settings.frames))
        self._fill_frames_menu()
        self._fill_checkpoint_menu()

    def set_compact(self, compact: bool) -> None:
        """Lets go of words where the window is narrow."""
        self._segments.setVisible(not compact)
        self._frames_label.setVisible(not compact)
        self._frames_menu_button.setVisible(compact)
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if compact
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        for link in self._links[:-1]:
            link.setToolButtonStyle(style)

    # --- menus

    def _fill_frames_menu(self) -> None:
        menu = self._frames_menu_button.menu()
        menu.clear()
        group = QActionGroup(menu)
        for frames in SEQUENCE_LENGTHS:
            action = QAction(self.tr("%n frames", "", frames), menu)
            action.setCheckable(True)
            action.setChecked(frames == self._settings.frames)
            action.setData(frames)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(self._frames_action)
        menu.addSeparator()
        menu.addAction(self.tr("Another…"), self._ask_custom)

    def _fill_checkpoint_menu(self) -> None:
        menu = self._checkpoint.menu()
        menu.clear()
        group = QActionGroup(menu)
        automatic = QAction(self.tr("Automatic: the most accurate for the length"), menu)
        automatic.setCheckable(True)
        automatic.setChecked(self._settings.checkpoint is None)
        group.addAction(automatic)
        menu.addAction(automatic)
        if self._models:
            menu.addSeparator()
        shown = self.tr("Checkpoint: automatic")
        best = self._best()
        if best is not None:
            shown = self.tr("Checkpoint: automatic — {0} frames, {1} %").format(
                best.file.name.frames, f"{best.file.name.accuracy:g}"
            )
        for entry in self._models:
            path = entry.file.path
            action = QAction(path.stem, menu)
            action.setToolTip(str(path))
            action.setCheckable(True)
            action.setChecked(path == self._settings.checkpoint)
            action.setData(str(path))
            group.addAction(action)
            menu.addAction(action)
        if self._settings.checkpoint is not None:
            shown = self.tr("Checkpoint: {0}").format(self._settings.checkpoint.stem)
        elif not self._models:
            shown = self.tr("No checkpoint installed")
        group.triggered.connect(self._checkpoint_action)
        menu.addSeparator()
        menu.addAction(icon("models"), self.tr("Manage models…"), self._manage)
        metrics = self._checkpoint.fontMetrics()
        text = metrics.elidedText(shown, Qt.TextElideMode.ElideMiddle, 330)
        self._checkpoint.setText(text)
        self._checkpoint.setToolTip(shown)
        self._checkpoint.setAccessibleName(shown)

    def _best(self) -> ModelEntry | None:
        """Which checkpoint the engine's own rule picks."""
        from deepfake_desktop.core.checkpoints import select

        if not self._models:
            return None
        file = select((entry.file for entry in self._models), self._settings.frames)
        return next((entry for entry in self._models if entry.file == file), None)

    # --- asking

    def _open(self) -> None:
        self.openRequested.emit()

    def _segment(self, frames: int) -> None:
        if frames == 0:
            self._ask_custom()
        else:
            self.framesChosen.emit(frames)

    def _frames_action(self, action: QAction) -> None:
        self.framesChosen.emit(int(action.data()))

    def _ask_custom(self) -> None:
        self.show_settings(self._settings, self._models)
        self.customFramesRequested.emit()

    def _checkpoint_action(self, action: QAction) -> None:
        path = action.data()
        self.checkpointChosen.emit(Path(path) if path else None)

    def _manage(self) -> None:
        self.modelsRequested.emit()
