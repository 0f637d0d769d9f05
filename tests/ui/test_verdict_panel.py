"""The verdict panel: every state, its words, and that it never sounds surer than it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.types import (
    AnalysisSettings,
    Label,
    Reason,
    SelfTest,
    Thresholds,
    Verdict,
)
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui import verdict_panel_text as say
from deepfake_desktop.ui.verdict_mark import draw_mark
from deepfake_desktop.ui.verdict_panel import VerdictPanel
from tests.ui import sample_results as sample

LABELS: tuple[Label, ...] = ("FAKE", "REAL", "INCONCLUSIVE", "NO FACE")


@pytest.fixture
def panel(qtbot: QtBot) -> VerdictPanel:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.install(app)  # its paddings decide what fits
    widget = VerdictPanel()
    qtbot.addWidget(widget)
    widget.resize(344, 760)
    widget.show()
    return widget


def all_text(panel: VerdictPanel) -> str:
    labels = [one.text() for one in panel.findChildren(QLabel) if one.isVisibleTo(panel)]
    return "\n".join([panel.word.text, *labels])


# --- states --------------------------------------------------------------------------------------


def test_empty_it_says_what_to_do(panel: VerdictPanel) -> None:
    assert "No result yet" in all_text(panel)
    assert not panel.save.isVisible()
    assert not panel.scale.isVisible()


def test_opened_it_shows_the_video_and_the_model_but_no_verdict(panel: VerdictPanel) -> None:
    panel.show_opened(sample.opened())
    text = all_text(panel)
    assert "Examining" in text
    assert "1920\u00d71080" in text
    assert not any(word in panel.word.text for word in ("FAKE", "REAL"))
    assert not panel.save.isVisible()


def test_warnings_of_the_model_show_at_once(panel: VerdictPanel) -> None:
    opened = replace(sample.opened(), warnings=(Reason("odd", "The class order is assumed."),))
    panel.show_opened(opened)
    assert panel.warnings.texts == ["The class order is assumed."]


def test_a_preliminary_verdict_is_marked_and_cannot_be_saved(panel: VerdictPanel) -> None:
    panel.show_opened(sample.opened())
    panel.show_preliminary(Verdict("FAKE", 0.81, 0.81, (Reason("x", "9 of 11 windows."),)))
    assert panel.pill.isVisible()
    assert "may change" in panel.why.text()
    assert not panel.save.isVisible()
    assert "Preliminary" in panel.accessibleDescription()
    panel.show_analysis(sample.analysis())
    assert not panel.pill.isVisible()
    assert panel.save.isVisible()
    assert "Preliminary" not in panel.accessibleDescription()


@pytest.mark.parametrize("verdict", LABELS)
def test_each_verdict_says_its_word_and_why(panel: VerdictPanel, verdict: Label) -> None:
    panel.show_analysis(sample.analysis(verdict))
    assert panel.word.text == verdict
    assert panel.why.text()
    assert verdict in panel.accessibleDescription()
    assert panel.save.isVisible()
    assert panel.scale.isVisible() == (verdict != "NO FACE")


def test_the_reading_order_is_verdict_why_facts_limits(panel: VerdictPanel) -> None:
    panel.show_analysis(sample.analysis())
    widgets = (panel.word, panel.scale, panel.why, panel.reasons, panel.save, panel.facts)
    tops = [one.mapTo(panel, QPoint(0, 0)).y() for one in (*widgets, panel.cannot)]
    assert tops == sorted(tops)


def test_clearing_forgets_the_result(panel: VerdictPanel) -> None:
    panel.show_analysis(sample.analysis())
    panel.show_comparison([sample.analysis(), sample.analysis("REAL")])
    panel.clear()
    assert panel.analysis is None
    assert not panel.comparison.isVisible()
    assert not panel.save.isVisible()
    assert not panel.facts.isVisible()


def test_every_button_asks(qtbot: QtBot, panel: VerdictPanel) -> None:
    panel.show_analysis(sample.analysis())
    with qtbot.waitSignal(panel.saveJsonRequested):
        qtbot.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.copySummaryRequested):
        panel.copy.setFocus()
        qtbot.keyClick(panel.copy, Qt.Key.Key_Space)


def test_the_handle_drags_the_result_out(qtbot: QtBot, panel: VerdictPanel) -> None:
    panel.show_analysis(sample.analysis())
    center = panel.drag.rect().center()
    with qtbot.waitSignal(panel.dragJsonRequested):
        qtbot.mousePress(panel.drag, Qt.MouseButton.LeftButton, pos=center)
        qtbot.mouseMove(panel.drag, center + QPoint(40, 0))
    with qtbot.waitSignal(panel.saveJsonRequested):  # for those who cannot drag
        panel.drag.setFocus()
        qtbot.keyClick(panel.drag, Qt.Key.Key_Space)


def test_other_settings_stand_beside_the_first(panel: VerdictPanel) -> None:
    first = sample.analysis()
    other = sample.analysis(
        "INCONCLUSIVE", settings=AnalysisSettings(frames=40, sampling="opening")
    )
    panel.show_analysis(first)
    panel.show_comparison([first, other])
    assert panel.comparison.isVisible()
    assert panel.comparison.lines[0].startswith("FAKE 96")
    assert panel.comparison.lines[1].startswith("INCONCLUSIVE")
    assert "40 frames" in panel.comparison.lines[1]
    assert "Opening frames" in panel.comparison.lines[1]
    panel.show_analysis(first)
    assert not panel.comparison.isVisible()


@pytest.mark.parametrize("width", [280, 344, 860])
@pytest.mark.parametrize("verdict", LABELS)
def test_no_verdict_widens_the_column(
    qtbot: QtBot, panel: VerdictPanel, width: int, verdict: Label
) -> None:
    name = "model_90_acc_20_frames_a_very_long_name_that_somebody_gave_their_file_once.pt"
    panel.show_analysis(sample.analysis(verdict, checkpoint=sample.checkpoint(name=name)))
    panel.resize(width, 700)
    assert panel.width() == width
    page = panel._scroll.widget()
    qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= width)
    qtbot.waitUntil(lambda: page.width() <= width)


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.97, "high confidence, 97"), (0.85, "moderate"), (0.6, "low confidence, 60")],
)
def test_confidence_in_words_and_percent(share: float, words: str) -> None:
    verdict = Verdict("FAKE", share, share, ())
    assert words in say.confidence(verdict, calibrated=True)


def test_an_uncalibrated_figure_is_called_so() -> None:
    text = say.confidence(Verdict("FAKE", 0.97, 0.97, ()), calibrated=False)
    assert "not calibrated" in text
    assert "confidence" not in text


@pytest.mark.parametrize("share", [0.996, 0.9999, 0.99999999])
def test_nothing_is_ever_a_hundred_percent_sure(share: float) -> None:
    for calibrated in (True, False):
        text = say.confidence(Verdict("REAL", share, 1 - share, ()), calibrated=calibrated)
        assert "100" not in text


def test_without_a_verdict_there_is_no_confidence() -> None:
    assert "confidence" not in say.confidence(
        Verdict("INCONCLUSIVE", None, 0.5, ()), calibrated=True
    )
    assert "%" not in say.confidence(Verdict("NO FACE", None, None, ()), calibrated=True)


def test_why_names_the_person_and_the_time() -> None:
    assert say.why(sample.analysis()) == (
        "Person 1 looks manipulated between 0:12 and 1:09; Person 2 shows no sign of it."
    )


def test_why_of_an_authentic_video_stays_within_what_the_model_knows() -> None:
    one = sample.analysis("REAL", tracks=(sample.track(1, [0.1, 0.2]),))
    assert "that this checkpoint knows" in say.why(one)


def test_a_reason_is_not_said_twice() -> None:
    result = sample.analysis("INCONCLUSIVE")
    assert say.why(result) not in say.reasons(result)
    assert len(say.reasons(result)) == 1


def test_figures_of_a_card_come_by_kind_of_fake() -> None:
    metrics = {
        "measured": {
            "talking_head": {"auc": {"value": 0.33, "low": 0.2, "high": 0.5}},
            "face_swap": {"auc": {"value": 0.71, "low": 0.6, "high": 0.8}},
            "all": {"auc": {"value": 0.52, "low": 0.4, "high": 0.6}},
        }
    }
    assert say.measured_figures(metrics) == "AUC: all 0.52, face swap 0.71, talking head 0.33"
    assert say.measured_figures({"auc": 0.9}) == "AUC 0.90"
    assert say.measured_figures({"auc": None, "note": "x"}) == ""


def test_without_figures_the_panel_says_so() -> None:
    rows = say.checkpoint_rows(sample.checkpoint(metrics={}), Thresholds())
    measured = next(row for row in rows if row.name == "Measured")
    assert "no figures in its card" in measured.value


def test_a_checkpoint_that_reads_traces_says_which() -> None:
    plain = say.checkpoint_rows(sample.checkpoint(), Thresholds())
    assert "Traces" not in [row.name for row in plain]
    traced = sample.checkpoint(trace_kinds=("lip sync", "face swap"))
    row = next(r for r in say.checkpoint_rows(traced, Thresholds()) if r.name == "Traces")
    assert row.value == "lip sync, face swap"
    patched = sample.checkpoint(trace_kinds=("lip sync",), patches=True)
    row = next(r for r in say.checkpoint_rows(patched, Thresholds()) if r.name == "Traces")
    assert row.value == "lip sync, texture"


def test_the_thresholds_are_those_that_were_used() -> None:
    settings = AnalysisSettings(threshold_real=0.2)
    rows = say.examined_rows(sample.analysis(settings=settings))
    used = next(row for row in rows if row.name == "Thresholds")
    assert used.value == "REAL up to 20 %, FAKE from 75 %"


def test_the_limits_are_always_told(panel: VerdictPanel) -> None:
    panel.show_analysis(sample.analysis())
    assert "no proof" in panel.cannot.text()
    assert panel.cannot.isVisible()


# --- shape ---------------------------------------------------------------------------------------


def marks() -> dict[Label, QImage]:
    """Each mark in black on white, without its colour."""
    result: dict[Label, QImage] = {}
    for verdict in LABELS:
        image = QImage(48, 48, QImage.Format.Format_Grayscale8)
        image.fill(QColor("white"))
        painter = QPainter(image)
        draw_mark(painter, QRectF(0, 0, 48, 48), verdict, color=QColor("black"), on=QColor("white"))
        painter.end()
        result[verdict] = image
    return result


def test_the_marks_differ_without_colour(qtbot: QtBot) -> None:
    drawn = marks()
    for one, other in combinations(LABELS, 2):
        differing = sum(
            abs(drawn[one].pixelColor(x, y).lightness() - drawn[other].pixelColor(x, y).lightness())
            > 128
            for x in range(48)
            for y in range(48)
        )
        assert differing > 0.08 * 48 * 48, (one, other)


@pytest.mark.parametrize("c", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_verdicts_words_meet_aa(c: theme.Colors) -> None:
    for verdict in LABELS:
        assert theme.contrast(c.verdict(verdict), c.panel) >= 4.5


def test_a_preliminary_mark_is_paler(panel: VerdictPanel) -> None:
    def middle() -> QColor:
        image = panel.mark.grab().toImage()
        ratio = image.devicePixelRatio()
        return image.pixelColor(round(24 * ratio), round(6 * ratio))

    panel.show_preliminary(Verdict("FAKE", 0.8, 0.8, ()))
    pale = middle()
    panel.show_analysis(sample.analysis())
    assert middle() == theme.LIGHT.fake
    assert pale.lightness() > theme.LIGHT.fake.lightness() + 60


def test_the_self_test_stands_among_the_facts(panel: VerdictPanel) -> None:
    outcome = SelfTest("passed", "2026-11-22T13:05:05+00:00", ("one line", "another"))
    rows = say.examined_rows(replace(sample.analysis("FAKE"), self_test=outcome))
    (row,) = [row for row in rows if row.name == "Self-test"]
    assert row.value.startswith("passed")
    assert row.detail == "one line\nanother"


def test_no_verdict_while_the_self_test_is_due(panel: VerdictPanel) -> None:
    panel.show_opened(sample.opened())
    panel.show_waiting()
    assert "self-test" in panel.why.text()
    assert panel.word.text == "Examining…"
    assert not panel.pill.isVisible()


def test_a_figure_keeps_its_unit() -> None:
    assert formats.unbroken("given, score 0.30 of 1") == "given, score\u00a00.30\u00a0of\u00a01"
    text = formats.unbroken("86 % \u00b7 25 Bilder/s \u00b7 244.5 KiB, 2 of 3 windows")
    assert text.split(" ") == [
        "86\u00a0%\u00a0\u00b7",
        "25\u00a0Bilder/\u2060s\u00a0\u00b7",
        "244.5\u00a0KiB,",
        "2",
        "of",
        "3",
        "windows",
    ]
