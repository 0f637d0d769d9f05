"""What went wrong, in place: what happened, what to do, details to copy, and a way on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.ui import icons, theme, wording
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import ElidedLabel, Panel, button, label

#: What a card may offer, by the error's code; the window knows how to do each.
OFFERS: dict[str, tuple[str, ...]] = {
    "NoCheckpointError": ("models", "retry"),
    "FramesUnavailableError": ("any length", "models"),
    "CheckpointFormatError": ("models", "retry"),
    "UnsafeCheckpointError": ("models",),
    "ArchitectureError": ("models",),
    "CardError": ("models", "retry"),
    "DeviceMemoryError": ("cpu", "fewer frames"),
    "EngineCrash": ("retry", "fewer frames", "remove"),
    "UsageError": ("settings",),
    "NotAVideoError": ("remove",),
    "NoVideoStreamError": ("remove",),
    "EmptyFileError": ("retry", "remove"),
    "DamagedVideoError": ("retry", "remove"),
    "SelfTestError": ("retry", "models"),
}
_DEFAULT_OFFERS = ("retry", "remove")

#: Where the headline says all that the engine's reason says.
_PLAIN = frozenset(("NotAVideoError", "NoVideoStreamError", "EmptyFileError", "NoCheckpointError"))


@dataclass(frozen=True, slots=True)
class _Offer:
    key: str
    text: str
    icon: str


class _Sign(QWidget):
    def __init__(self, icon: str, *, calm: bool) -> None:
        super().__init__()
        self.icon = icon
        self.calm = calm
        self.setFixedSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = c.quiet if self.calm else c.fake
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(color, 0.14))
        painter.drawEllipse(self.rect())
        icons.draw(painter, self.icon, QRectF(9, 9, 22, 22), color)
        painter.end()


class ErrorCard(QScrollArea):
    """Shows one failure. ``offered`` names the way on that was chosen."""

    offered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._failure: Failure | None = None

        self._sign = _Sign("error", calm=False)
        self._headline = label("", "title", wrap=True)
        self._file = ElidedLabel()
        self._file.setProperty("role", "quiet")
        self._explanation = label("", "body", wrap=True)
        self._reason = label("", "quiet", wrap=True)
        self._remedy = label("", "heading", wrap=True)
        for line in (self._headline, self._explanation, self._reason, self._remedy):
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._offers = QHBoxLayout()
        self._offers.setSpacing(Space.S)
        self._more = QWidget()
        more = QHBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setSpacing(Space.S)
        more.addWidget(button(self.tr("Details"), self._toggle_details, kind="flat"))
        self._copy = button(self.tr("Copy details"), self.copy_details, kind="flat", icon="copy")
        more.addWidget(self._copy)
        more.addStretch(1)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setAccessibleName(self.tr("Details of the error"))
        self._details.setMinimumHeight(140)
        self._details.setVisible(False)

        card = Panel()
        card.column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._headline)
        names.addWidget(self._file)
        head.addLayout(names, 1)
        card.column.addLayout(head)
        card.column.addSpacing(Space.S)
        for line in (self._explanation, self._reason, self._remedy):
            card.column.addWidget(line)
        card.column.addSpacing(Space.S)
        card.column.addLayout(self._offers)
        card.column.addWidget(self._more)
        card.column.addWidget(self._details)
        card.setMaximumWidth(620)
        card.setMinimumWidth(320)
        self._card = card

        page = QWidget()
        page.setObjectName("errorPage")
        outer = QVBoxLayout(page)
        outer.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        outer.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 8)
        row.addStretch(1)
        outer.addLayout(row)
        outer.addStretch(2)
        self.setWidget(page)

    @property
    def failure(self) -> Failure | None:
        return self._failure

    def show_failure(
        self, failure: Failure, *, extra: Sequence[str] = (), of_file: bool = True
    ) -> None:
        """Lays out a failure with what it offers; ``extra`` are offers of the moment.

        Where it is not ``of_file``, there is nothing to try again or to remove.
        """
        self._failure = failure
        words = error_words(failure)
        self._sign.icon, self._sign.calm = "error", False
        self._headline.setText(words.headline)
        self._file.setText(wording.place(failure.path) if failure.path else "")
        self._file.setVisible(failure.path is not None)
        self._explanation.setText(words.explanation)
        reason = _reason(failure)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason) and failure.code not in _PLAIN)
        self._remedy.setText(words.remedy)
        self._details.setPlainText(details_text(failure))
        self._details.setVisible(False)
        offers = OFFERS.get(failure.code, _DEFAULT_OFFERS)
        if not of_file:
            offers = tuple(key for key in offers if key not in _DEFAULT_OFFERS)
        self._show_offers((*extra, *offers), details=True)
        self._sign.update()

    def offer_keys(self) -> list[str]:
        """What is offered now, the best first."""
        items = (self._offers.itemAt(i) for i in range(self._offers.count()))
        widgets = (item.widget() for item in items if item is not None)
        keys = (str(w.property("offer")) for w in widgets if w is not None and w.property("offer"))
        return list(keys)

    def show_cancelled(self, path: Path) -> None:
        """The quiet sister of an error: the person stopped it."""
        self._failure = None
        self._sign.icon, self._sign.calm = "cancel", True
        self._headline.setText(self.tr("Cancelled"))
        self._file.setText(wording.place(path))
        self._file.setVisible(True)
        self._explanation.setText(self.tr("The analysis was stopped before it had a result."))
        self._reason.setVisible(False)
        self._remedy.setText("")
        self._details.setVisible(False)
        self._show_offers(("retry", "remove"), details=False)
        self._sign.update()

    # --- inside

    def _all_offers(self) -> dict[str, _Offer]:
        offers = (
            _Offer("retry", self.tr("Try again"), "retry"),
            _Offer("models", self.tr("Open models"), "models"),
            _Offer("settings", self.tr("Open settings"), "settings"),
            _Offer("cpu", self.tr("Use the CPU"), "cpu"),
            _Offer("fewer frames", self.tr("Use fewer frames"), "down"),
            _Offer("any length", self.tr("Take the nearest length"), "check"),
            _Offer("remove", self.tr("Remove from queue"), "trash"),
            _Offer("result", self.tr("Back to the result"), "verdict"),
            _Offer("elsewhere", self.tr("Save elsewhere…"), "save"),
            _Offer("dismiss", self.tr("Carry on"), "check"),
        )
        return {offer.key: offer for offer in offers}

    def _show_offers(self, keys: Sequence[str], *, details: bool) -> None:
        while (item := self._offers.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        known = self._all_offers()
        for number, key in enumerate(dict.fromkeys(keys)):
            offer = known[key]
            kind = "primary" if number == 0 else ""
            made = button(offer.text, self._chosen, kind=kind, icon=offer.icon)
            made.setProperty("offer", key)
            self._offers.addWidget(made)
        self._offers.addStretch(1)
        self._more.setVisible(details)
        self._copy.setText(self.tr("Copy details"))

    def _chosen(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.offered.emit(str(sender.property("offer")))

    def _toggle_details(self) -> None:
        self._details.setVisible(not self._details.isVisible())

    def copy_details(self) -> None:
        """Puts what a maintainer needs on the clipboard."""
        if self._failure is not None:
            QGuiApplication.clipboard().setText(details_text(self._failure))
            self._copy.setText(self.tr("Copied"))


def _reason(failure: Failure) -> str:
    """The engine's reason as sentences; what a self-test found, a line each."""
    reason = failure.reason
    if failure.code == "SelfTestError":
        return reason.removeprefix("the self-test failed: ").replace("; ", "\n")
    if reason and not reason.endswith((".", "!", "?")):
        reason += "."
    return reason[:1].upper() + reason[1:]


def details_text(failure: Failure) -> str:
    """What a maintainer needs, as plain text."""
    from deepfake_desktop import __version__

    lines = [
        f"Deepfake Desktop {__version__}",
        f"error: {failure.code}",
        f"reason: {failure.reason}",
    ]
    if failure.path is not None:
        lines.append(f"file: {failure.path}")
    if failure.remedy:
        lines.append(f"remedy: {failure.remedy}")
    if failure.details:
        lines += ["", failure.details.rstrip()]
    return "\n".join(lines)
