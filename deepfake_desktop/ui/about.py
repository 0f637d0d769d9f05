"""Name, version, licences and what it stands on."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from deepfake_desktop import __version__
from deepfake_desktop.core.types import SelfTest
from deepfake_desktop.ui import wording
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import button, label

_PARTS = (
    "PySide6-Essentials",
    "torch",
    "av",
    "opencv-python-headless",
    "dlib-bin",
    "numpy",
)


class AboutDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Deepfake Desktop"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        column.setSpacing(Space.S)
        column.addWidget(label("Deepfake Desktop", "title"))
        column.addWidget(label(self.tr("Version {0}").format(__version__), "quiet"))
        column.addSpacing(Space.S)
        text = self.tr("Finds deepfaked faces in a video, offline, and shows why.")
        column.addWidget(label(text, "body", wrap=True))
        licence = self.tr("Free software under the MIT licence, icons included.")
        column.addWidget(label(licence, "text", wrap=True))
        column.addSpacing(Space.S)
        form = QFormLayout()
        form.setHorizontalSpacing(Space.XL)
        form.addRow(label("Python", "quiet"), label(platform.python_version(), "text"))
        for part in _PARTS:
            try:
                version = metadata.version(part)
            except metadata.PackageNotFoundError:
                continue
            form.addRow(label(part, "quiet"), label(version, "text"))
        self._self_test = label("…", "text", wrap=True)
        form.addRow(label(self.tr("Self-test"), "quiet"), self._self_test)
        column.addLayout(form)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        close = button(self.tr("Close"), self.accept)
        close.setDefault(True)
        row.addWidget(close)
        column.addLayout(row)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(420)

    def tell_self_tests(self, outcomes: Sequence[SelfTest]) -> None:
        """The one of the installed checkpoints' outcomes that most wants to be known."""
        order = ("failed", "passed", "not run", "not covered")
        latest = sorted(outcomes, key=lambda one: one.tested_utc or "", reverse=True)
        first = min(latest, key=lambda one: order.index(one.result), default=SelfTest())
        self._self_test.setText(wording.self_test(first))
