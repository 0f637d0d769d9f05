"""The verdict: what it is, how sure, why, what was examined, by what, and what it cannot say."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.core.types import Analysis, Opened, Thresholds, Verdict
from deepfake_desktop.ui import formats, wording
from deepfake_desktop.ui import verdict_panel_text as say
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.timeline import limits
from deepfake_desktop.ui.verdict_mark import VerdictMark
from deepfake_desktop.ui.verdict_panel_parts import (
    Bullets,
    Comparison,
    DragHandle,
    Facts,
    Pill,
    ScoreScale,
    VerdictWord,
)
from deepfake_desktop.ui.widgets import Panel, button, label

MARK_PX = 48
NARROW_PX = 320
WIDE_PX = 680
"""From this width on the facts stand beside the verdict, not under it."""


class VerdictPanel(QWidget):
    """Shows one video's result. A preliminary one is outlined, tagged, and cannot be saved."""

    saveJsonRequested = Signal()
    copySummaryRequested = Signal()
    dragJsonRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: Opened | None = None
        self._analysis: Analysis | None = None
        self._preliminary: Verdict | None = None
        self._compared: list[Analysis] = []
        page = QWidget()
        first = QVBoxLayout()
        first.setSpacing(Space.M)
        first.addWidget(self._build_result())
        self.comparison = Comparison()
        first.addWidget(self.comparison)
        first.addStretch(1)
        second = QVBoxLayout()
        second.addWidget(self._build_facts())
        second.addStretch(1)
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(Space.M)
        self._columns.addLayout(first)
        self._columns.addLayout(second)
        scroll = self._scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setAccessibleName(self.tr("Verdict"))
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setFocusProxy(scroll)
        self.clear()

    def _build_result(self) -> Panel:
        panel = Panel()
        self.mark = VerdictMark(MARK_PX)
        self.word = VerdictWord()
        self.pill = Pill()
        self.pill.setText(self.tr("Preliminary"))
        self.sure = label("", "text", wrap=True)
        under = QHBoxLayout()
        under.setSpacing(Space.S)
        under.addWidget(self.pill)
        under.addWidget(self.sure, 1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.word)
        words.addLayout(under)
        top = QHBoxLayout()
        top.setSpacing(Space.L)
        top.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addLayout(words, 1)
        panel.column.addLayout(top)
        self.scale = ScoreScale()
        panel.column.addWidget(self.scale)
        self.why = label("", "body", wrap=True)
        self.why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        panel.column.addWidget(self.why)
        self.reasons = Bullets()
        panel.column.addWidget(self.reasons)
        self.warnings = Bullets("\u26a0", "text")
        panel.column.addWidget(self.warnings)

        self.save = button(self.tr("Save result…"), self._on_save, kind="primary")
        self.copy = button(self.tr("Copy summary"), self._on_copy)
        self.copy.setAccessibleName(self.tr("Copy summary"))
        self.drag = DragHandle()
        self.drag.dragStarted.connect(self.dragJsonRequested)
        self.drag.clicked.connect(self._on_save)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, Space.XS, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.save)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(self.drag)
        panel.column.addWidget(self._buttons)
        return panel

    def _build_facts(self) -> Panel:
        self._details = Panel()
        self._facts_title = label(self.tr("What was examined"), "heading")
        self.facts = Facts()
        self.cannot = label(say.what_it_cannot_say(), "caption", wrap=True)
        self._details.column.addWidget(self._facts_title)
        self._details.column.addWidget(self.facts)
        self._details.column.addSpacing(Space.XS)
        self._limits_title = label(self.tr("Limits"), "heading")
        self._details.column.addWidget(self._limits_title)
        self._details.column.addWidget(self.cannot)
        return self._details

    # --- states -------------------------------------------------------------------------------

    def clear(self) -> None:
        """No video, or one that waits."""
        self._opened = None
        self._forget_result()
        self._say(self.tr("No result yet"), self.tr("Open a video, or drop one on the window."))
        self._details.hide()

    def show_opened(self, opened: Opened) -> None:
        """The file is a video and is about to be examined."""
        self._opened = opened
        self._forget_result()
        self._say(self.tr("Examining…"), self.tr("The first scores are on their way."))
        rows = [say.video_row(opened.video)]
        rows += say.checkpoint_rows(opened.checkpoint, opened.checkpoint.thresholds)
        self.facts.tell(rows)
        self._details.show()
        self.warnings.tell([wording.reason(one) for one in opened.warnings])

    def show_waiting(self) -> None:
        """Scores come, but no verdict may be given yet."""
        self._say(
            self.tr("Examining…"),
            self.tr("The verdict follows when the program has passed its self-test."),
        )

    def show_preliminary(self, verdict: Verdict) -> None:
        """The verdict as far as it is known. It may still turn."""
        self._preliminary = verdict
        self._analysis = None
        checkpoint = self._opened.checkpoint if self._opened is not None else None
        self.mark.show_label(verdict.label, preliminary=True)
        self.word.tell(wording.verdict(verdict.label), verdict.label)
        self.pill.show()
        sure = say.confidence(verdict, calibrated=say.is_calibrated(checkpoint))
        self._tell_sure(sure)
        own = checkpoint.thresholds if checkpoint is not None else Thresholds()
        self.scale.tell(verdict.p_fake, own)
        self.scale.setVisible(verdict.p_fake is not None)
        self.why.setText(self.tr("The analysis still runs; this may change."))
        self.reasons.tell([wording.reason(one) for one in verdict.reasons])
        self._buttons.hide()
        self._announce(self.tr("Preliminary"), sure)

    def show_analysis(self, analysis: Analysis) -> None:
        """The result."""
        self._analysis = analysis
        self._preliminary = None
        self._compared = []
        self.comparison.hide()
        verdict = analysis.verdict
        self.mark.show_label(verdict.label)
        self.word.tell(wording.verdict(verdict.label), verdict.label)
        self.pill.hide()
        sure = say.confidence(verdict, calibrated=say.is_calibrated(analysis.checkpoint))
        self._tell_sure(sure)
        self.scale.tell(verdict.p_fake, limits(analysis))
        self.scale.setVisible(verdict.p_fake is not None)
        self.why.setText(formats.unbroken(say.why(analysis)))
        self.why.show()
        self.reasons.tell(say.reasons(analysis))
        self.warnings.tell([wording.reason(one) for one in analysis.warnings])
        self._buttons.show()
        self.facts.tell(say.examined_rows(analysis))
        self._details.show()
        self._announce(sure, self.why.text())

    def show_comparison(self, analyses: list[Analysis]) -> None:
        """Results with other settings; the first of the list is the one compared with."""
        self._compared = list(analyses)
        self.comparison.tell(self._compared)

    @property
    def analysis(self) -> Analysis | None:
        return self._analysis

    # --- inside -------------------------------------------------------------------------------

    def _forget_result(self) -> None:
        self._analysis = None
        self._preliminary = None
        self._compared = []
        self.comparison.hide()
        self.pill.hide()
        self.scale.hide()
        self._buttons.hide()
        self.reasons.tell([])
        self.warnings.tell([])

    def _say(self, title: str, text: str) -> None:
        self.mark.show_label(None)
        self.word.tell(title, None)
        self._tell_sure("")
        self.why.setText(text)
        self._announce(text)

    def _tell_sure(self, text: str) -> None:
        self.sure.setText(formats.unbroken(text))
        self.sure.setVisible(bool(text))

    def _announce(self, *more: str) -> None:
        parts = [self.word.text, *more]
        self.setAccessibleName(self.tr("Verdict"))
        self.setAccessibleDescription(". ".join(part for part in parts if part))

    def _fold_copy(self) -> None:
        """In a narrow column the second button is an icon."""
        narrow = self.width() < NARROW_PX
        self.copy.setText("" if narrow else self.tr("Copy summary"))
        self.copy.setIcon(icon("copy") if narrow else QIcon())
        self.copy.setToolTip(self.tr("Copy summary") if narrow else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold_copy()
        wide = self.width() >= WIDE_PX
        self._columns.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        for index in (0, 1):
            self._columns.setStretch(index, 1 if wide else index)

    @Slot()
    def _on_save(self) -> None:
        self.saveJsonRequested.emit()

    @Slot()
    def _on_copy(self) -> None:
        self.copySummaryRequested.emit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _retranslate(self) -> None:
        self.pill.setText(self.tr("Preliminary"))
        self.save.setText(self.tr("Save result…"))
        self.copy.setAccessibleName(self.tr("Copy summary"))
        self._fold_copy()
        self._facts_title.setText(self.tr("What was examined"))
        self._limits_title.setText(self.tr("Limits"))
        self.cannot.setText(say.what_it_cannot_say())
        if self._analysis is not None:
            compared = self._compared
            self.show_analysis(self._analysis)
            self.show_comparison(compared)
        elif self._preliminary is not None:
            self.show_preliminary(self._preliminary)
        elif self._opened is not None:
            self.show_opened(self._opened)
        else:
            self.clear()
