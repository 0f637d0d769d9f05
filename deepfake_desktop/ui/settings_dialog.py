"""The settings: how to analyse (made from AnalysisSettings), and how the program behaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.core.paths import user_models_dir
from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui import releases
from deepfake_desktop.ui.preferences import Preferences
from deepfake_desktop.ui.settings_form import SettingsForm, problem_of
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import button, label


class SettingsDialog(QDialog):
    """``saved`` carries the fields of Preferences that were edited, as a dict."""

    saved = Signal(dict)

    def __init__(
        self,
        preferences: Preferences,
        checkpoints: Sequence[Path],
        languages: Sequence[tuple[str, str]],
        *,
        only_settings: AnalysisSettings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """``only_settings`` asks for another run: these settings alone, and another button."""
        super().__init__(parent)
        self._again = only_settings is not None
        title = self.tr("Analyse again") if self._again else self.tr("Settings")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.form = SettingsForm(checkpoints)
        self.form.set_value(only_settings or preferences.settings)
        self.form.changed.connect(self._check)

        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        if self._again:
            text = self.tr("The new result appears beside the first one.")
            column.addWidget(label(text, "quiet", wrap=True))
            column.addWidget(self._scrolled(self.form), 1)
        else:
            tabs = QTabWidget()
            tabs.addTab(self._scrolled(self.form), self.tr("Analysis"))
            tabs.addTab(
                self._scrolled(self._program_page(preferences, languages)), self.tr("Program")
            )
            column.addWidget(tabs, 1)
        self._problem = label("", "heading", wrap=True)
        self._problem.setVisible(False)
        column.addWidget(self._problem)
        column.addLayout(self._buttons())
        self.resize(620, 620)

    # --- pages

    @staticmethod
    def _scrolled(page: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.setContentsMargins(Space.XS, Space.M, Space.L, Space.M)
        page.setAutoFillBackground(False)
        area.setWidget(page)
        return area

    def _program_page(
        self, preferences: Preferences, languages: Sequence[tuple[str, str]]
    ) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.L)

        self._appearance = QComboBox()
        for value, text in (
            ("system", self.tr("As the system")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        ):
            self._appearance.addItem(text, value)
        self._appearance.setCurrentIndex(self._appearance.findData(preferences.appearance))
        self._add(column, self.tr("Appearance"), "", self._appearance)

        self._language = QComboBox()
        self._language.addItem(self.tr("As the system"), "")
        for code, name in languages:
            self._language.addItem(name, code)
        self._language.setCurrentIndex(max(0, self._language.findData(preferences.language)))
        note = self.tr("Takes effect when the program is started again.")
        self._add(column, self.tr("Language"), note, self._language)

        self._folder = QLineEdit(str(preferences.models_dir or ""))
        self._folder.setPlaceholderText(str(user_models_dir()))
        self._folder.setClearButtonEnabled(True)
        holder = QWidget()
        holder.setFocusProxy(self._folder)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._folder, 1)
        row.addWidget(button(self.tr("Choose…"), self._choose_folder))
        note = self.tr("Checkpoints are searched here first. Empty: the usual folder.")
        self._add(column, self.tr("Models folder"), note, holder)
        self._folder.setAccessibleName(self.tr("Models folder"))

        self._new_version = QCheckBox(self.tr("Show “Look for a new version” in the menu"))
        self._new_version.setChecked(preferences.offer_new_version)
        note = self.tr(
            "The program never asks by itself. The click opens the page with the releases in your "
            "browser."
        )
        self._new_version.setAccessibleDescription(note)
        if releases.page() is None:
            self._new_version.setEnabled(False)
            self._new_version.setToolTip(
                self.tr("This copy knows no such page: it was not built for a release.")
            )
        lines = QVBoxLayout()
        lines.setSpacing(Space.XS)
        lines.addWidget(self._new_version)
        lines.addWidget(label(note, "quiet", wrap=True))
        column.addLayout(lines)
        column.addStretch(1)
        return page

    @staticmethod
    def _add(column: QVBoxLayout, name: str, note: str, control: QWidget) -> None:
        title = label(name, "heading")
        title.setBuddy(control)
        title.setMinimumWidth(150)
        control.setAccessibleName(name)
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(title)
        row.addWidget(control, 1)
        lines = QVBoxLayout()
        lines.setSpacing(Space.XS)
        lines.addLayout(row)
        if note:
            lines.addWidget(label(note, "quiet", wrap=True))
        column.addLayout(lines)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(button(self.tr("Reset to defaults"), self._reset, icon="reset"))
        row.addStretch(1)
        row.addWidget(button(self.tr("Cancel"), self.reject))
        text = self.tr("Analyse again") if self._again else self.tr("Save")
        self._accept = button(text, self._save, kind="primary")
        self._accept.setDefault(True)
        row.addWidget(self._accept)
        return row

    # --- doing

    def _check(self) -> None:
        problem = problem_of(self.form.value())
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._accept.setEnabled(not problem)

    def _reset(self) -> None:
        self.form.set_value(AnalysisSettings())
        if not self._again:
            self._appearance.setCurrentIndex(0)
            self._language.setCurrentIndex(0)
            self._folder.clear()
            self._new_version.setChecked(False)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Models folder"), self._folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._folder.setText)
        dialog.open()

    def _save(self) -> None:
        changes: dict[str, object] = {"settings": self.form.value()}
        if not self._again:
            folder = self._folder.text().strip()
            changes |= {
                "appearance": self._appearance.currentData(),
                "language": self._language.currentData(),
                "models_dir": Path(folder) if folder else None,
                "offer_new_version": self._new_version.isChecked(),
            }
        self.saved.emit(changes)
        self.accept()
