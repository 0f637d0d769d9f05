"""A form made from a settings dataclass: one control a field, chosen by its type and metadata."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui import wording
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import label, padded


@dataclasses.dataclass(frozen=True, slots=True)
class _Control:
    widget: QWidget
    get: Callable[[], Any]
    put: Callable[[Any], None]


class SettingsForm(QWidget):
    """Edits an AnalysisSettings. ``changed`` follows every change."""

    changed = Signal()

    def __init__(self, checkpoints: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checkpoints = checkpoints
        self._controls: dict[str, _Control] = {}
        hints = typing.get_type_hints(AnalysisSettings)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.L)
        for field in dataclasses.fields(AnalysisSettings):
            name = wording.setting(str(field.metadata["label"]))
            explanation = wording.setting(str(field.metadata["help"]))
            control = self._make(field, hints[field.name], name)
            control.widget.setObjectName(field.name)
            control.widget.setAccessibleDescription(explanation)
            self._controls[field.name] = control
            column.addLayout(self._row(name, explanation, control.widget))
        column.addStretch(1)
        self._no_wheel = _NoWheel(self)
        for each in (*self.findChildren(QComboBox), *self.findChildren(QAbstractSpinBox)):
            each.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            each.installEventFilter(self._no_wheel)

    def value(self) -> AnalysisSettings:
        return AnalysisSettings(**{name: each.get() for name, each in self._controls.items()})

    def set_value(self, settings: AnalysisSettings) -> None:
        for name, each in self._controls.items():
            each.put(getattr(settings, name))

    # --- rows

    @staticmethod
    def _row(name: str, explanation: str, control: QWidget) -> QVBoxLayout:
        lines = QVBoxLayout()
        lines.setSpacing(Space.XS)
        top = QHBoxLayout()
        top.setSpacing(Space.L)
        if isinstance(control, QCheckBox):
            top.addWidget(control, 1)
        else:
            title = label(name, "heading")
            title.setBuddy(control)
            title.setMinimumWidth(150)
            top.addWidget(title)
            top.addWidget(control, 1)
        lines.addLayout(top)
        lines.addWidget(label(explanation, "quiet", wrap=True))
        return lines

    def _make(self, field: dataclasses.Field[Any], hint: Any, name: str) -> _Control:
        metadata = field.metadata
        if "choices" in metadata:
            control = self._choice(metadata["choices"])
        elif hint is bool:
            box = QCheckBox(name)
            box.toggled.connect(self.changed)
            control = _Control(box, box.isChecked, box.setChecked)
        elif hint is int:
            control = self._whole_number(metadata)
        elif float in typing.get_args(hint):
            control = self._optional_share(metadata)
        elif Path in typing.get_args(hint):
            control = self._checkpoint()
        else:
            raise TypeError(f"no control for {field.name}: {hint}")
        control.widget.setAccessibleName(name)
        return control

    def _choice(self, choices: Sequence[str]) -> _Control:
        box = QComboBox()
        for value in choices:
            box.addItem(wording.choice(value), value)
        box.currentIndexChanged.connect(self.changed)
        return _Control(box, box.currentData, lambda v: box.setCurrentIndex(box.findData(v)))

    def _whole_number(self, metadata: typing.Mapping[str, Any]) -> _Control:
        spin = padded(QSpinBox())
        spin.setRange(metadata.get("minimum", 0), metadata.get("maximum", 1_000_000))
        spin.setGroupSeparatorShown(True)
        spin.valueChanged.connect(self.changed)
        suggestions = metadata.get("suggestions", ())
        if not suggestions:
            return _Control(spin, spin.value, spin.setValue)
        holder = _Suggesting(spin, suggestions)
        return _Control(holder, spin.value, spin.setValue)

    def _optional_share(self, metadata: typing.Mapping[str, Any]) -> _Control:
        spin = padded(QDoubleSpinBox())
        step = 0.01
        low = float(metadata.get("minimum", 0.0))
        spin.setDecimals(2)
        spin.setSingleStep(step)
        spin.setRange(low - step, float(metadata.get("maximum", 1.0)))
        spin.setSpecialValueText(self.tr("The checkpoint's own"))
        spin.valueChanged.connect(self.changed)

        def get() -> float | None:
            return None if spin.value() < low - step / 2 else round(spin.value(), 2)

        def put(value: float | None) -> None:
            spin.setValue(low - step if value is None else value)

        return _Control(spin, get, put)

    def _checkpoint(self) -> _Control:
        box = _CheckpointBox(self._checkpoints)
        box.currentIndexChanged.connect(self.changed)
        return _Control(box, box.value, box.set_value)


class _NoWheel(QObject):
    """Scrolling the page must not change the number that happens to lie under the mouse."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget):
            event.ignore()
            return not watched.hasFocus()
        return False


class _Suggesting(QWidget):
    """A number with its usual values as buttons before it."""

    def __init__(self, spin: QSpinBox, suggestions: Sequence[int]) -> None:
        super().__init__()
        self._spin = spin
        self.setFocusProxy(spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        for value in suggestions:
            each = QPushButton(str(value))
            each.setProperty("kind", "segment")
            each.setCheckable(True)
            self._group.addButton(each, value)
            row.addWidget(each)
        row.addWidget(spin, 1)
        self._group.idClicked.connect(self._clicked)
        spin.valueChanged.connect(self._mark)
        self._mark(spin.value())

    def _clicked(self, value: int) -> None:
        self._spin.setValue(value)
        self._mark(value)

    def _mark(self, value: int) -> None:
        for each in self._group.buttons():
            each.setChecked(self._group.id(each) == value)

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self._spin.setAccessibleName(name)


class _CheckpointBox(QComboBox):
    """Automatic, the installed ones, or any file."""

    def __init__(self, checkpoints: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(20)
        self.addItem(self.tr("Automatic"), None)
        for path in checkpoints:
            self.addItem(path.name, path)
        self.addItem(self.tr("Choose a file…"), "ask")
        self._last = 0
        self.activated.connect(self._activated)

    def value(self) -> Path | None:
        data = self.currentData()
        return data if isinstance(data, Path) else None

    def set_value(self, path: Path | None) -> None:
        row = next((i for i in range(self.count()) if self.itemData(i) == path), -1)
        if row < 0 and path is not None:
            row = self.count() - 1
            self.insertItem(row, path.name, path)
        self.setCurrentIndex(max(0, row))
        self._last = self.currentIndex()

    def _activated(self, row: int) -> None:
        if self.itemData(row) != "ask":
            self._last = row
            return
        self.setCurrentIndex(self._last)
        dialog = QFileDialog(self.window(), self.tr("Choose a checkpoint"))
        dialog.setNameFilter(self.tr("Checkpoints (*.pt *.pth)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._file_chosen)
        dialog.open()

    def _file_chosen(self, name: str) -> None:
        self.set_value(Path(name))


def problem_of(settings: AnalysisSettings) -> str:
    """Why the settings do not go together, or nothing."""
    real, fake = settings.threshold_real, settings.threshold_fake
    if real is not None and fake is not None and real > fake:
        return QCoreApplication.translate(
            "SettingsForm", "REAL must end at or below where FAKE begins."
        )
    return ""
