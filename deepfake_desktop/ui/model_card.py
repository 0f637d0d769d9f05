"""One checkpoint's card: what it is, how it was measured, and what it may not be known for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.ui import wording
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.model_files import ModelEntry
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import Panel, button, label

translate = QCoreApplication.translate

#: The two orders a person may state.
ORDERS = (("fake", "real"), ("real", "fake"))


def order_box() -> QComboBox:
    """A choice between the two class orders, with nothing chosen."""
    box = QComboBox()
    for first, second in ORDERS:
        box.addItem(f"0 = {first.upper()}, 1 = {second.upper()}", (first, second))
    box.setCurrentIndex(-1)
    return box


class ModelCard(Panel):
    """``orderStated`` carries the class order that the person knows."""

    orderStated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "title", wrap=True)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._remark = label("", "text", wrap=True)
        self._remark.setVisible(False)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(Space.L)
        self._facts.setVerticalSpacing(Space.S)
        self._facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._facts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._order = self._order_row()
        self.column.addWidget(self._title)
        self.column.addWidget(self._remark)
        self.column.addWidget(self._order)
        self.column.addSpacing(Space.XS)
        self.column.addLayout(self._facts)
        self.column.addStretch(1)

    def _order_row(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        row = QHBoxLayout()
        self._box = order_box()
        self._box.setAccessibleName(self.tr("Class order"))
        self._box.setPlaceholderText(self.tr("Choose…"))
        row.addWidget(self._box, 1)
        row.addWidget(button(self.tr("State this order"), self._state))
        column.addLayout(row)
        holder.setVisible(False)
        return holder

    def _state(self) -> None:
        if self._box.currentData() is not None:
            self.orderStated.emit(self._box.currentData())

    def show_empty(self) -> None:
        self._clear()
        self._title.setText(self.tr("No checkpoint is installed"))
        self._say(self.tr("Add a .pt file to begin. The analysis needs at least one."))

    def show_entry(self, entry: ModelEntry) -> None:
        self._clear()
        self._title.setText(entry.file.path.name)
        self._fact(self.tr("Size"), wording.file_size(entry.size_bytes))
        self._fact(self.tr("Folder"), wording.place(entry.file.path.parent))
        if entry.failure is not None:
            words = error_words(entry.failure)
            self._say(f"{words.headline}. {entry.failure.reason}. {entry.failure.remedy}")
            return
        if entry.card is None or entry.summary is None:
            self._say(self.tr("Reading…"))
            return
        card, summary = entry.card, entry.summary
        assumed = summary.class_order_source == "assumed"
        self._order.setVisible(assumed and entry.removable)
        if assumed:
            self._say(
                self.tr(
                    "Nothing states which of its two outputs means FAKE. It is read as the "
                    "published files are documented, and every result says so."
                )
            )
        sources = {
            "card": self.tr("from its card"),
            "known file": self.tr("known file"),
            "assumed": self.tr("assumed"),
        }
        order = ", ".join(f"{i} = {name.upper()}" for i, name in enumerate(summary.class_order))
        self._fact(self.tr("Trained for"), self.tr("{0} frames").format(summary.frames))
        self._fact(self.tr("Stated accuracy"), f"{summary.accuracy:g} %")
        self._fact(self.tr("Network"), f"{summary.backbone} + LSTM")
        self._fact(self.tr("Traces"), wording.evidence(summary) or self.tr("none"))
        self._fact(self.tr("Class order"), f"{order} ({sources[summary.class_order_source]})")
        limits = summary.thresholds
        self._fact(
            self.tr("Thresholds"),
            self.tr("REAL up to {0}, FAKE from {1}").format(
                f"{limits.real:.2f}", f"{limits.fake:.2f}"
            ),
        )
        method = str(summary.calibration.get("method", "none"))
        names = {"none": self.tr("none"), "platt": "Platt", "isotonic": self.tr("isotonic")}
        self._fact(self.tr("Calibration"), names.get(method, method))
        self._fact(
            self.tr("Measured"), "\n".join(_figures(summary.metrics)) or self.tr("not stated")
        )
        if entry.self_test is not None:
            lines = entry.self_test.details if entry.self_test.result == "failed" else ()
            told = wording.self_test(entry.self_test)
            self._fact(self.tr("Self-test"), "\n".join((told, *lines)))
        self._fact(self.tr("Trained on"), "\n".join(card.trained_on) or self.tr("not stated"))
        self._fact(self.tr("Licence"), summary.licence)
        self._fact("SHA-256", summary.sha256)
        if card.notes:
            self._fact(self.tr("Notes"), card.notes)

    # --- inside

    def _say(self, text: str) -> None:
        self._remark.setText(text)
        self._remark.setVisible(bool(text))

    def _clear(self) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        self._say("")
        self._order.setVisible(False)
        self._box.setCurrentIndex(-1)

    def _fact(self, name: str, value: str) -> None:
        text = label(_breakable(value), "text", wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(f"{name}: {value}")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        text.setSizePolicy(policy)
        title: QLabel = label(name, "quiet")
        title.setMinimumWidth(96)
        title.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self._facts.addRow(title, text)


def _breakable(text: str) -> str:
    """Long hashes and paths get places to break, which a copy does not show."""
    words = []
    for word in text.split(" "):
        pieces = [word[i : i + 16] for i in range(0, len(word), 16)]
        words.append("\u200b".join(pieces))
    return " ".join(words)


def _figures(metrics: Mapping[str, object]) -> Iterable[str]:
    """One line a kind of fake, or a group of figures in the card's own words."""
    measured = metrics.get("measured")
    if isinstance(measured, Mapping) and measured:
        for kind, found in measured.items():
            yield _measured(str(kind), found)
        return
    for key, value in metrics.items():
        name = key.replace("_", " ")
        if isinstance(value, Mapping):
            inner = (f"{k.replace('_', ' ')} {_short(v)}" for k, v in value.items())
            yield f"{name}: {', '.join(inner)}"
        else:
            yield f"{name}: {_short(value)}"


def _measured(kind: str, found: object) -> str:
    """How well one kind of fake is told from real clips: area under the ROC curve."""
    name = wording.kind(kind)
    try:
        auc = found["auc"]  # type: ignore[index]
        text = translate("ModelCard", "{0}: AUC {1} (95 %: {2} to {3})").format(
            name, *(QLocale().toString(float(auc[key]), "f", 2) for key in ("value", "low", "high"))
        )
        clips = translate("ModelCard", "{0} fake, {1} real clips").format(
            found["fake"],  # type: ignore[index]
            found["real"],  # type: ignore[index]
        )
    except (KeyError, TypeError, ValueError):
        return f"{name}: …"
    return f"{text}, {clips}"


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value) if isinstance(value, int | str) else "…"
