"""What must be asked before a checkpoint is added: the parts of its name, its class order."""

from __future__ import annotations

import re

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from deepfake_desktop.core.checkpoints import CheckpointName
from deepfake_desktop.ui.model_card import order_box
from deepfake_desktop.ui.model_files import Inspected
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import Panel, button, label, padded


class AddingForm(Panel):
    """``accepted`` carries the inspected file, its CheckpointName and its class order or None."""

    accepted = Signal(object, object, object)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Inspected | None = None
        self._title = label("", "heading", wrap=True)
        self._frames = padded(QSpinBox())
        self._frames.setRange(1, 1000)
        self._accuracy = padded(QDoubleSpinBox())
        self._accuracy.setRange(0, 100)
        self._accuracy.setDecimals(1)
        self._accuracy.setSuffix(" %")
        self._tag = QLineEdit()
        pattern = QRegularExpression(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")
        self._tag.setValidator(QRegularExpressionValidator(pattern, self._tag))
        self._order = order_box()
        self._order.setPlaceholderText(self.tr("Not known: treat as assumed"))
        self._target = label("", "quiet", wrap=True)

        self._form = QFormLayout()
        self._form.setHorizontalSpacing(Space.L)
        for name, widget in (
            (self.tr("Trained for frames"), self._frames),
            (self.tr("Stated accuracy"), self._accuracy),
            (self.tr("Tag"), self._tag),
            (self.tr("Class order"), self._order),
        ):
            widget.setAccessibleName(name)
            self._form.addRow(name, widget)
        self.column.addWidget(self._title)
        self.column.addLayout(self._form)
        self.column.addWidget(self._target)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button(self.tr("Cancel"), self._cancel))
        self._add = button(self.tr("Add"), self._accept, kind="primary")
        row.addWidget(self._add)
        self.column.addLayout(row)
        self._frames.valueChanged.connect(self._refresh)
        self._accuracy.valueChanged.connect(self._refresh)
        self._tag.textChanged.connect(self._refresh)

    def ask(self, found: Inspected) -> None:
        """Fills in what is known of a file and waits."""
        self._found = found
        self._title.setText(self.tr("Add {0}").format(found.path.name))
        name = found.name
        self._frames.setValue(name.frames if name else found.summary.frames or 20)
        self._accuracy.setValue(name.accuracy if name else 0.0)
        clean = re.sub(r"[^A-Za-z0-9_.-]+", "_", found.path.stem).strip("_.") or "added"
        self._tag.setText(name.tag if name else clean[:60])
        for widget in (self._frames, self._accuracy, self._tag):
            self._form.setRowVisible(widget, name is None)
        self._form.setRowVisible(self._order, not found.order_known)
        self._order.setCurrentIndex(-1)
        self._refresh()
        self._add.setFocus()

    def _name(self) -> CheckpointName:
        if self._found is not None and self._found.name is not None:
            return self._found.name
        return CheckpointName(
            round(self._accuracy.value(), 1), self._frames.value(), self._tag.text()
        )

    def _refresh(self) -> None:
        self._target.setText(self.tr("Will be named {0}").format(self._name()))
        self._add.setEnabled(bool(self._tag.text()))

    def _accept(self) -> None:
        self.accepted.emit(self._found, self._name(), self._order.currentData())

    def _cancel(self) -> None:
        self.cancelled.emit()
