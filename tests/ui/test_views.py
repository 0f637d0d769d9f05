"""Queue, drop area, error card, notice, top bar: what they show, and what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.checkpoints import CheckpointFile, CheckpointName
from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui.drop_area import DropArea
from deepfake_desktop.ui.error_card import OFFERS, ErrorCard, details_text
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.intake import Glance, Refused
from deepfake_desktop.ui.model_files import ModelEntry
from deepfake_desktop.ui.notice_bar import NoticeBar
from deepfake_desktop.ui.queue_delegate import QueueDelegate
from deepfake_desktop.ui.queue_model import QueueModel, State
from deepfake_desktop.ui.queue_panel import STRIP_WIDTH, QueuePanel
from deepfake_desktop.ui.theme import Theme
from deepfake_desktop.ui.top_bar import TopBar
from deepfake_desktop.ui.widgets import ElidedLabel
from tests.ui import sample_results as made

pytestmark = pytest.mark.usefixtures("look")


@pytest.fixture
def model() -> QueueModel:
    queue = QueueModel()
    queue.add([Path(f"/v/{name}.mp4") for name in "abc"])
    return queue


@pytest.fixture
def panel(qtbot: QtBot, model: QueueModel) -> QueuePanel:
    made_panel = QueuePanel(model)
    qtbot.addWidget(made_panel)
    made_panel.resize(252, 600)
    made_panel.show()
    qtbot.waitExposed(made_panel)
    return made_panel


# --- the model


def test_rows_move_where_they_are_told(model: QueueModel) -> None:
    a, b, c = model.entries
    assert model.move(a.id, 2)
    assert model.entries == (b, c, a)
    assert model.move(a.id, 0)
    assert model.entries == (a, b, c)
    assert not model.move(a.id, 0)
    assert not model.move(a.id, -5)
    assert model.move(a.id, 99)
    assert model.entries == (b, c, a)


@pytest.mark.parametrize(
    ("rows", "at", "result"),
    [([0], 3, "bca"), ([2], 0, "cab"), ([0, 1], 3, "cab"), ([1], 1, "abc")],
)
def test_dragged_rows_land_between(
    model: QueueModel, rows: list[int], at: int, result: str
) -> None:
    data = model.mimeData([model.index(row) for row in rows])
    model.dropMimeData(data, Qt.DropAction.MoveAction, at, 0, model.index(-1))
    assert "".join(e.path.stem for e in model.entries) == result


def test_two_files_of_one_name_are_told_apart() -> None:
    model = QueueModel()
    paths = ["/a/monday/clip.mp4", "/b/monday/clip.mp4", "/a/tuesday/clip.mp4", "/a/other.mp4"]
    entries = model.add([Path(path) for path in paths])
    names = [model.data(model.index(row)) for row in range(4)]
    assert names == ["a/monday/clip.mp4", "b/monday/clip.mp4", "tuesday/clip.mp4", "other.mp4"]
    model.remove(entries[1].id)
    assert entries[0].name == "monday/clip.mp4"
    model.remove(entries[2].id)
    assert entries[0].name == "clip.mp4"


def test_a_dragged_row_is_a_file_elsewhere(model: QueueModel) -> None:
    data = model.mimeData([model.index(1)])
    assert [Path(u.toLocalFile()).name for u in data.urls()] == ["b.mp4"]


def test_a_screen_reader_hears_name_and_state(model: QueueModel) -> None:
    entry = model.entries[0]
    entry.state = State.DONE
    entry.analyses.append(made.analysis("FAKE"))
    said = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert said == "a.mp4, FAKE · 96 %"


# --- the panel


def test_choosing_a_row_tells_its_entry(qtbot: QtBot, panel: QueuePanel, model: QueueModel) -> None:
    with qtbot.waitSignal(panel.selected) as told:
        panel.select(model.entries[1].id)
    assert told.args == [model.entries[1].id]


def test_the_row_button_cancels_retries_removes(
    qtbot: QtBot, panel: QueuePanel, model: QueueModel
) -> None:
    states = (
        (State.RUNNING, panel.cancelRequested),
        (State.FAILED, panel.retryRequested),
        (State.DONE, panel.removeRequested),
    )
    entry = model.entries[0]
    for state, signal in states:
        entry.state = state
        cell = panel.view.visualRect(model.index(0))
        spot = QueueDelegate.button_rect(cell, Qt.LayoutDirection.LeftToRight).center()
        with qtbot.waitSignal(signal) as told:
            qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        assert told.args == [entry.id]


def test_keys_do_what_the_mouse_does(qtbot: QtBot, panel: QueuePanel, model: QueueModel) -> None:
    entry = model.entries[1]
    panel.select(entry.id)
    panel.view.setFocus()
    with qtbot.waitSignal(panel.moveRequested) as told:
        qtbot.keyClick(panel.view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert told.args == [entry.id, 0]
    with qtbot.waitSignal(panel.removeRequested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    entry.state = State.RUNNING
    with qtbot.waitSignal(panel.cancelRequested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    with qtbot.waitSignal(panel.retryRequested):
        qtbot.keyClick(panel.view, Qt.Key.Key_R)


def test_counts_what_is_done(panel: QueuePanel, model: QueueModel) -> None:
    model.entries[0].state = State.DONE
    model.touch(model.entries[0])
    assert panel._count.text() == "1 of 3 done"
    panel.set_strip(True)
    assert panel._count.text() == "1/3"
    assert panel.maximumWidth() == STRIP_WIDTH


def test_every_state_is_painted(panel: QueuePanel, model: QueueModel, look: Theme) -> None:
    a, b, c = model.entries
    a.state, b.state, c.state = State.RUNNING, State.FAILED, State.DONE
    b.failure = Failure("NotAVideoError", "x")
    c.analyses.append(made.analysis("INCONCLUSIVE"))
    c.poster = made.face(1, 0.0).thumbnail
    seen = set()
    for strip in (False, True):
        panel.set_strip(strip)
        for appearance in ("light", "dark"):
            look.set_appearance(appearance)  # type: ignore[arg-type]
            seen.add(bytes(panel.view.grab().toImage().constBits()))
    assert len(seen) == 4


# --- the drop area


def test_hover_lights_up_and_names_what_stays(qtbot: QtBot) -> None:
    area = DropArea()
    qtbot.addWidget(area)
    area.show()
    area.hover(Glance(2, 1, 0, (Refused("notes.txt", "not a video"),)))
    assert area._lit
    area.hover(Glance(0, 0, 0, (Refused("notes.txt", "not a video"),)))
    assert not area._lit
    assert "notes.txt" in area._line.text()
    area.settle()
    assert "mp4" in area._line.text()


@pytest.mark.parametrize("width", [700, 1400])
def test_a_longer_language_has_room(qtbot: QtBot, width: int) -> None:
    area = DropArea()
    qtbot.addWidget(area)
    area._line.setText("mp4 · mov · mkv · webm · avi · gif und die meisten anderen Formate " * 2)
    area.resize(width, 800)
    area.show()
    qtbot.waitExposed(area)
    assert area._line.height() >= area._line.heightForWidth(area._line.width())


def test_asks_to_open_and_offers_both_samples(qtbot: QtBot) -> None:
    area = DropArea()
    qtbot.addWidget(area)
    buttons = area.findChildren(QPushButton)
    with qtbot.waitSignal(area.openRequested):
        qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    offered = []
    for each in buttons:
        if each.property("sample"):
            with qtbot.waitSignal(area.sampleRequested) as told:
                qtbot.mouseClick(each, Qt.MouseButton.LeftButton)
            offered.append(told.args[0])
    assert [path.name for path in offered] == ["authentic.mp4", "manipulated.mp4"]
    assert all(path.is_file() for path in offered)


# --- the error card


@pytest.mark.parametrize("code", [*OFFERS, "RuntimeError"])
def test_a_card_offers_ways_on(qtbot: QtBot, code: str) -> None:
    card = ErrorCard()
    qtbot.addWidget(card)
    card.show_failure(Failure(code, "this and that", "Do so.", Path("/v/a.mp4"), "Traceback"))
    keys = card.offer_keys()
    assert keys == list(OFFERS.get(code, ("retry", "remove")))
    buttons = [b for b in card.findChildren(QPushButton) if b.property("offer")]
    for key, each in zip(keys, buttons[-len(keys) :] if keys else [], strict=True):
        with qtbot.waitSignal(card.offered) as told:
            each.click()
        assert told.args == [key]


def test_what_a_self_test_found_is_a_line_each(qtbot: QtBot) -> None:
    card = ErrorCard()
    qtbot.addWidget(card)
    found = ("a.mp4: 0.65 fake, released with 0.41", "b.mp4: 0.37 fake, released with 0.68")
    card.show_failure(Failure("SelfTestError", f"the self-test failed: {'; '.join(found)}."))
    assert card._reason.text().splitlines() == [found[0], f"{found[1]}."]


def test_details_can_be_copied(qtbot: QtBot) -> None:
    card = ErrorCard()
    qtbot.addWidget(card)
    failure = Failure("X", "why", "so", Path("/v/a.mp4"), "Traceback: here")
    card.show_failure(failure)
    card.copy_details()
    assert QGuiApplication.clipboard().text() == details_text(failure)
    for part in ("X", "why", "so", "/v/a.mp4", "Traceback: here"):
        assert part in details_text(failure)


# --- notice and top bar


def test_many_refusals_are_counted(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.refused([(f"{n}.txt", "not a video") for n in range(9)])
    assert "0.txt (not a video)" in bar.text()
    assert "5" in bar.text()
    assert "8.txt" not in bar.text()


def test_a_notice_acts_once(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.say("Saved", action=("reveal:/v", "Show"))
    with qtbot.waitSignal(bar.acted) as told:
        bar._button.click()
    assert told.args == ["reveal:/v"]
    assert bar.isHidden()


def _entry(name: str) -> ModelEntry:
    parsed = CheckpointName.parse(name)
    assert parsed is not None
    return ModelEntry(CheckpointFile(Path("/m") / name, parsed), True, 1)


def test_the_top_bar_shows_what_will_be_used(qtbot: QtBot) -> None:
    bar = TopBar()
    qtbot.addWidget(bar)
    models = [_entry("model_84_acc_10_frames_x.pt"), _entry("model_95.5_acc_40_frames_y.pt")]
    bar.show_settings(AnalysisSettings(frames=40), models)
    assert bar._group.checkedId() == 40
    assert "40" in bar._checkpoint.toolTip()
    assert "95.5" in bar._checkpoint.toolTip()
    bar.show_settings(AnalysisSettings(frames=33, checkpoint=models[0].file.path), models)
    assert bar._custom.isChecked()
    assert bar._custom.text() == "33"
    assert "model_84_acc_10_frames_x" in bar._checkpoint.toolTip()
    bar.show_settings(AnalysisSettings(), [])
    assert bar._checkpoint.text() == "No checkpoint installed"


def test_choosing_in_the_top_bar(qtbot: QtBot) -> None:
    bar = TopBar()
    qtbot.addWidget(bar)
    model = _entry("model_84_acc_10_frames_x.pt")
    bar.show_settings(AnalysisSettings(), [model])
    with qtbot.waitSignal(bar.framesChosen) as told:
        bar._group.button(60).click()
    assert told.args == [60]
    actions = bar._checkpoint.menu().actions()
    chosen = next(a for a in actions if a.text() == "model_84_acc_10_frames_x")
    with qtbot.waitSignal(bar.checkpointChosen) as told:
        chosen.trigger()
    assert told.args == [model.file.path]
    with qtbot.waitSignal(bar.checkpointChosen) as told:
        bar._checkpoint.menu().actions()[0].trigger()
    assert told.args == [None]
    with qtbot.waitSignal(bar.customFramesRequested):
        bar._custom.click()


def test_long_names_lose_their_middle(qtbot: QtBot) -> None:
    name = ElidedLabel("a very long name of a file that nobody would type.mp4")
    qtbot.addWidget(name)
    name.resize(120, 20)
    name.show()
    shown = QLabel.text(name)
    assert "…" in shown
    assert shown.endswith(".mp4")
    assert name.toolTip() == name.full_text()
    name.resize(900, 20)
    assert QLabel.text(name) == name.full_text()
    assert name.toolTip() == ""


def test_every_button_has_a_name(qtbot: QtBot, panel: QueuePanel) -> None:
    notice = NoticeBar()
    notice.say("Saved", action=("reveal:/v", "Show"))
    views: list[QWidget] = [panel, DropArea(), TopBar(), notice, ErrorCard()]
    for view in views:
        qtbot.addWidget(view)
        for each in view.findChildren(QAbstractButton):
            if each.objectName().startswith("qt_"):
                continue
            assert each.accessibleName() or each.text(), (view, each)
