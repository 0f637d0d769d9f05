from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.errors import DeviceMemoryError, NoCheckpointError, NotAVideoError
from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.preferences import PreferencesStore
from deepfake_desktop.ui.queue_model import Entry, State
from deepfake_desktop.ui.welcome import WelcomeDialog
from tests.e2e.conftest import Run
from tests.ui.fake_engine import Engine


def _mime(paths: Iterable[Path]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _drag(window: MainWindow, data: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(
        QPoint(200, 200),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dragEnterEvent(event)
    return event


def _drop(window: MainWindow, data: QMimeData) -> None:
    window.dropEvent(
        QDropEvent(
            QPointF(200, 200),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def _entries(window: MainWindow) -> list[Entry]:
    return list(window.controller.queue.entries)


def _over(qtbot: QtBot, window: MainWindow, count: int) -> list[Entry]:
    """Waits until ``count`` files are in the queue and none waits or runs."""
    ends = (State.DONE, State.FAILED, State.CANCELLED)

    def ended() -> bool:
        entries = _entries(window)
        return len(entries) == count and all(e.state in ends for e in entries)

    qtbot.waitUntil(ended, timeout=20_000)
    return _entries(window)


def test_opens_empty_and_invites(run_main: Run) -> None:
    def story(window: MainWindow) -> None:
        assert window.views.stage.currentWidget() is window.views.drop_area
        assert not window.queue_panel.isVisible()
        assert not window.views.timeline.isVisible()
        assert not window.views.verdict.isVisible()

    assert run_main(story, analyze=Engine()) == 0


def test_drop_watch_and_read_the_verdict(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    engine = Engine("FAKE")
    engine.gate = threading.Event()

    def story(window: MainWindow) -> None:
        data = _mime([clip])
        assert _drag(window, data).isAccepted()
        _drop(window, data)
        qtbot.waitUntil(lambda: bool(_entries(window)), timeout=10_000)
        (entry,) = _entries(window)
        qtbot.waitUntil(lambda: bool(entry.windows), timeout=10_000)
        assert entry.state is State.RUNNING
        assert window.views.stage.currentWidget() is window.views.player
        assert window.views.verdict.pill.isVisible()  # preliminary
        assert entry.faces
        assert window.queue_panel.isVisible()
        assert engine.gate is not None
        engine.gate.set()
        _over(qtbot, window, 1)
        assert window.presenter.analysis is entry.analysis
        assert not window.views.verdict.pill.isVisible()
        assert window.actions_.save_json.isEnabled()
        assert entry.status().startswith("FAKE")
        assert clip.name in window.windowTitle()

    run_main(story, analyze=engine)


def test_boxes_and_scores_show_before_the_result(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    engine = Engine("FAKE")
    engine.gate = threading.Event()

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        qtbot.waitUntil(lambda: any(e.windows for e in _entries(window)), timeout=10_000)
        player = window.views.player
        qtbot.waitUntil(lambda: player.frame is not None, timeout=20_000)
        moment = _entries(window)[0].faces[0].time_s
        player.seek(moment)
        qtbot.waitUntil(lambda: bool(player.view.boxes), timeout=10_000)
        assert _entries(window)[0].state is State.RUNNING
        assert player.view.boxes[0].p_fake is not None

    run_main(story, analyze=engine)


def test_a_run_given_up_leaves_the_result_with_its_faces(
    run_main: Run, qtbot: QtBot, clip: Path
) -> None:
    engine = Engine("FAKE")

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        (entry,) = _over(qtbot, window, 1)

        def faces() -> dict[int, int]:
            strips = window.views.faces._strips
            return {person: len(strip.model.faces) for person, strip in strips.items()}

        before = faces()
        assert all(before.values())
        engine.gate = threading.Event()
        window.actions_.again.trigger()
        qtbot.waitUntil(lambda: bool(entry.windows), timeout=10_000)
        window.actions_.cancel.trigger()
        assert entry.state is State.DONE
        assert faces() == before
        assert window.views.verdict.analysis is entry.analysis
        assert not window.views.verdict.pill.isVisible()

    run_main(story, analyze=engine)


def test_files_on_the_command_line(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    run_main(
        lambda window: [None for _ in _over(qtbot, window, 1)] and None,  # type: ignore[func-returns-value]
        argv=[str(clip)],
        analyze=Engine(),
    )


def test_a_folder_is_scanned_and_the_rest_is_named(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    (clip.parent / "b.mp4").write_bytes(clip.read_bytes())
    note = clip.parent / "notes.txt"
    note.write_text("words")

    def story(window: MainWindow) -> None:
        window.take_in([str(clip.parent), str(note)])
        _over(qtbot, window, 2)
        assert "notes.txt" in window.notice.text()
        assert window.notice.isVisible()

    run_main(story, analyze=Engine())


def test_a_drag_without_a_video_is_refused(run_main: Run, tmp_path: Path) -> None:
    def story(window: MainWindow) -> None:
        event = _drag(window, _mime([tmp_path / "notes.txt"]))
        assert event.dropAction() == Qt.DropAction.IgnoreAction
        assert "notes.txt" in window.views.drop_area._line.text()

    run_main(story, analyze=Engine())


def test_a_drag_over_work_lights_up_the_whole_window(
    run_main: Run, qtbot: QtBot, clip: Path
) -> None:
    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        _drag(window, _mime([clip]))
        assert window._overlay.isVisible()
        window._settle_drop()
        assert not window._overlay.isVisible()

    run_main(story, analyze=Engine())


def test_a_second_file_while_the_first_runs(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    other = clip.parent / "b.mp4"
    other.write_bytes(clip.read_bytes())
    engine = Engine("FAKE")
    engine.labels["b.mp4"] = "REAL"
    engine.gate = threading.Event()

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        qtbot.waitUntil(lambda: any(e.windows for e in _entries(window)), timeout=10_000)
        window.take_in([str(other)])
        qtbot.waitUntil(lambda: len(_entries(window)) == 2, timeout=10_000)
        first, second = _entries(window)
        assert second.state is State.WAITING
        assert window.presenter.entry is first  # what a person looks at is not taken away
        assert engine.gate is not None
        engine.gate.set()
        _over(qtbot, window, 2)
        window.actions_.next_file.trigger()
        assert window.presenter.entry is second
        assert window.presenter.analysis is second.analysis
        assert window.views.player.path == other

    run_main(story, analyze=engine)


def test_a_file_dropped_after_a_result_is_shown(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    other = clip.parent / "b.mp4"
    other.write_bytes(clip.read_bytes())

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        window.take_in([str(other)])
        _over(qtbot, window, 2)
        assert window.presenter.entry is _entries(window)[1]

    run_main(story, analyze=Engine())


def test_a_face_and_the_timeline_seek_the_player(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        player = window.views.player
        qtbot.waitUntil(lambda: player.frame is not None, timeout=20_000)
        for signal, moment in (
            (window.views.faces.seekRequested, 2.0),
            (window.views.timeline.seekRequested, 1.0),
        ):
            signal.emit(moment)
            qtbot.waitUntil(
                lambda moment=moment: (
                    player.frame is not None and abs(player.frame.start_s - moment) < 0.1
                ),
                timeout=20_000,
            )

    run_main(story, analyze=Engine())


def test_cancel_answers_at_once(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    engine = Engine()
    engine.gate = threading.Event()

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        qtbot.waitUntil(lambda: any(e.windows for e in _entries(window)), timeout=10_000)
        started = time.perf_counter()
        window.actions_.cancel.trigger()
        took_s = time.perf_counter() - started
        (entry,) = _entries(window)
        assert entry.state is State.CANCELLED
        assert took_s < 0.1
        assert window.actions_.again.isEnabled()
        window.actions_.again.trigger()
        assert engine.gate is not None
        engine.gate.set()
        _over(qtbot, window, 1)
        assert entry.state is State.DONE

    run_main(story, analyze=engine)


def test_closing_during_an_analysis(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    engine = Engine()
    engine.gate = threading.Event()
    windows: list[MainWindow] = []

    def story(window: MainWindow) -> None:
        windows.append(window)
        window.take_in([str(clip)])
        qtbot.waitUntil(lambda: any(e.windows for e in _entries(window)), timeout=10_000)

    assert run_main(story, analyze=engine) == 0
    assert engine.closed == 1  # the engine's own clean-up ran: nothing was terminated


@pytest.mark.parametrize(
    ("error", "offers"),
    [
        (NoCheckpointError("no checkpoint was found"), {"models", "retry"}),
        (DeviceMemoryError("the GPU ran out of memory"), {"cpu", "fewer frames"}),
        (RuntimeError("CUDA out of memory"), {"cpu", "fewer frames"}),
        (NotAVideoError("no container"), {"remove"}),
        (ValueError("nobody expected this"), {"retry", "remove"}),
    ],
)
def test_error_cards(
    run_main: Run, qtbot: QtBot, clip: Path, error: Exception, offers: set[str]
) -> None:
    engine = Engine()
    engine.errors[clip.name] = error

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        card = window.views.error_card
        assert window.views.stage.currentWidget() is card
        assert set(card.offer_keys()) == offers
        card.copy_details()
        copied = QGuiApplication.clipboard().text()
        assert str(error) in copied
        assert "Traceback" in copied

    run_main(story, analyze=engine)


def test_the_memory_card_runs_again_on_the_cpu(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    engine = Engine()
    engine.errors[clip.name] = DeviceMemoryError("the GPU ran out of memory")

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        del engine.errors[clip.name]
        window.views.error_card.offered.emit("cpu")
        (entry,) = _over(qtbot, window, 1)
        assert entry.state is State.DONE
        assert engine.requests[-1].settings.device == "cpu"
        assert window.views.stage.currentWidget() is window.views.player

    run_main(story, analyze=engine)


def test_an_uncaught_error_is_shown_and_survived(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def fail() -> None:
        raise ArithmeticError("in a slot of nobody")

    def story(window: MainWindow) -> None:
        with qtbot.captureExceptions() as caught:
            QTimer.singleShot(0, fail)
            qtbot.waitUntil(
                lambda: (
                    window.views.stage.currentWidget() is window.views.error_card or bool(caught)
                ),
                timeout=5_000,
            )
        if caught:  # pytest-qt has its own hook in place of the program's
            import sys

            kind, problem, trace = caught[0]
            sys.excepthook(kind, problem, trace)
        card = window.views.error_card
        assert card.failure is not None
        assert card.failure.code == "ArithmeticError"
        card.offered.emit("dismiss")
        assert window.views.stage.currentWidget() is window.views.drop_area
        window.take_in([str(clip)])
        _over(qtbot, window, 1)

    run_main(story, analyze=Engine())


def test_a_thread_that_dies_is_shown(run_main: Run, qtbot: QtBot) -> None:
    def die() -> None:
        raise ArithmeticError("on a thread")

    def story(window: MainWindow) -> None:
        thread = threading.Thread(target=die)
        thread.start()
        thread.join()
        qtbot.waitUntil(
            lambda: window.views.stage.currentWidget() is window.views.error_card, timeout=5_000
        )
        window.views.error_card.offered.emit("dismiss")

    run_main(story, analyze=Engine())


def test_the_notice_comes_once(run_main: Run, qtbot: QtBot) -> None:
    PreferencesStore().update(notice_seen=False)
    seen: list[bool] = []

    def story(window: MainWindow) -> None:
        QApplication.processEvents()
        qtbot.wait(50)
        dialog = window.commands.open_dialog(WelcomeDialog)
        seen.append(dialog is not None)
        if dialog is not None:
            dialog.accept()

    run_main(story, analyze=Engine())
    run_main(story, analyze=Engine())
    assert seen == [True, False]


def test_choices_are_remembered(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    engine = Engine()

    def choose(window: MainWindow) -> None:
        window.top_bar.framesChosen.emit(60)
        window.commands.set_appearance("dark")

    def look(window: MainWindow) -> None:
        assert window.top_bar._group.checkedId() == 60
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        assert engine.requests[-1].settings == AnalysisSettings(frames=60)

    run_main(choose, analyze=engine)
    assert PreferencesStore().current.appearance == "dark"
    run_main(look, analyze=engine)


def test_saves_the_result(
    run_main: Run, qtbot: QtBot, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    target = clip.parent / "result.json"

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        (entry,) = _over(qtbot, window, 1)
        window.actions_.save_json.trigger()
        from PySide6.QtWidgets import QFileDialog

        dialog = window.findChild(QFileDialog)
        assert dialog is not None
        dialog.fileSelected.emit(str(target))
        dialog.reject()
        qtbot.waitUntil(target.is_file, timeout=5_000)
        assert json.loads(target.read_text("utf-8"))["verdict"]["label"] == "FAKE"
        qtbot.waitUntil(lambda: "result.json" in window.notice.text(), timeout=5_000)
        window.actions_.copy_summary.trigger()
        assert clip.name in QGuiApplication.clipboard().text()
        assert entry.analysis is not None

    run_main(story, analyze=Engine())


def test_a_full_disk_offers_another_place(
    run_main: Run, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        window.actions_.save_json.trigger()
        from PySide6.QtWidgets import QFileDialog

        dialog = window.findChild(QFileDialog)
        assert dialog is not None
        dialog.fileSelected.emit(str(tmp_path / "no such folder" / "x.json"))
        dialog.reject()
        qtbot.waitUntil(window.notice.isVisible, timeout=5_000)
        assert window.notice._button.isVisible()

    run_main(story, analyze=Engine())


def test_narrow_windows_fold(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        window.resize(1440, 900)
        QApplication.processEvents()
        window.resize(960, 600)
        QApplication.processEvents()
        assert window.area.compact
        assert window.queue_panel.width() <= 100
        assert window.views.verdict.isVisible()
        assert not window.views.timeline.isVisible()
        window.actions_.timeline.trigger()
        assert window.views.timeline.isVisible()
        assert not window.views.verdict.isVisible()
        window.resize(1440, 900)
        QApplication.processEvents()
        assert not window.area.compact
        assert window.views.verdict.isVisible()
        assert window.views.faces.isVisible()

    run_main(story, analyze=Engine())


def test_removing_the_last_file_invites_again(run_main: Run, qtbot: QtBot, clip: Path) -> None:
    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        _over(qtbot, window, 1)
        window.actions_.remove.trigger()
        assert window.views.stage.currentWidget() is window.views.drop_area
        assert window.presenter.entry is None
        assert window.views.player.path is None

    run_main(story, analyze=Engine())
