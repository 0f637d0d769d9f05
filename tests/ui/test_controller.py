"""The thread boundary: one outcome per job, then finished; stale words dropped; a clean end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.errors import NotAVideoError
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Event,
    Opened,
    Progress,
)
from deepfake_desktop.ui.controller import Controller
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.queue_model import Entry, State
from deepfake_desktop.ui.remote import RemoteError
from deepfake_desktop.ui.worker import (
    AnalysisWorker,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobSucceeded,
)
from tests.ui import sample_results as made
from tests.ui.fake_engine import Engine

Make = Callable[..., Controller]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    controllers: list[Controller] = []

    def build(engine: Any, settings: AnalysisSettings | None = None) -> Controller:
        controller = Controller(
            settings=lambda: settings or AnalysisSettings(),
            models_dir=lambda: None,
            analyze=engine,
        )
        controllers.append(controller)
        return controller

    yield build
    for controller in controllers:
        controller.shutdown()


def _ends(qtbot: QtBot, controller: Controller, *entries: Entry) -> None:
    over = (State.DONE, State.FAILED, State.CANCELLED)
    qtbot.waitUntil(lambda: all(entry.state in over for entry in entries), timeout=10_000)


def _running(
    qtbot: QtBot, make: Make, engine: Engine, *paths: Path
) -> tuple[Controller, list[Entry]]:
    """Files of which the first one runs: it scored, and goes on when ``engine.gate`` is set."""
    engine.gate = threading.Event()
    controller = make(engine)
    entries = controller.add(list(paths))
    qtbot.waitUntil(lambda: bool(entries[0].windows), timeout=10_000)
    return controller, entries


# --- the worker alone


def _messages(engine: Any, token: CancelToken | None = None) -> list[object]:
    worker = AnalysisWorker(engine)
    sent: list[object] = []
    worker.messageSent.connect(sent.append)
    worker.run(AnalysisRequest(Path("clip.mp4"), job_id=7), token or CancelToken())
    return sent


def test_success_is_one_outcome_and_finished() -> None:
    engine = Engine()
    sent = _messages(engine)
    assert all(isinstance(m, JobEvent) for m in sent[:-2])
    assert isinstance(sent[-2], JobSucceeded)
    assert sent[-1] == JobFinished(7)
    assert engine.closed == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotAVideoError("no container", path="clip.mp4"), "NotAVideoError"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "DeviceMemoryError"),
        (MemoryError(), "DeviceMemoryError"),
        (FileNotFoundError(2, "gone"), "FileUnreadableError"),
        (ZeroDivisionError("x"), "ZeroDivisionError"),
    ],
)
def test_any_error_is_one_outcome_and_finished(error: Exception, code: str) -> None:
    engine = Engine()
    engine.errors["clip.mp4"] = error
    sent = _messages(engine)
    assert isinstance(sent[-2], JobFailed)
    assert sent[-2].failure.code == code
    assert "Traceback" in sent[-2].failure.details
    assert sent[-1] == JobFinished(7)
    assert engine.closed == 1


def test_cancel_is_one_outcome_and_finished() -> None:
    token = CancelToken()
    token.cancel()
    assert _messages(Engine(), token) == [JobCancelled(7), JobFinished(7)]


def test_an_error_after_a_cancel_counts_as_cancelled() -> None:
    token = CancelToken()

    def engine(request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        cancel.cancel()
        raise RuntimeError("the decoder was closed under me")
        yield  # pragma: no cover

    assert _messages(engine, token) == [JobCancelled(7), JobFinished(7)]


def test_an_engine_without_a_result_is_an_error() -> None:
    def engine(request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        yield made.opened()

    sent = _messages(engine)
    assert isinstance(sent[-2], JobFailed)
    assert sent[-1] == JobFinished(7)


# --- the controller


def test_runs_one_file_after_the_other_off_the_gui_thread(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = Engine()
    controller = make(engine)
    order: list[tuple[str, int]] = []
    controller.succeeded.connect(lambda i, _: order.append(("succeeded", i)))
    controller.finished.connect(lambda i: order.append(("finished", i)))
    first, second = controller.add([tmp_path / "a.mp4", tmp_path / "b.mp4"])
    _ends(qtbot, controller, first, second)
    assert order == [
        ("succeeded", first.id),
        ("finished", first.id),
        ("succeeded", second.id),
        ("finished", second.id),
    ]
    assert threading.get_ident() not in engine.threads
    assert [r.path.name for r in engine.requests] == ["a.mp4", "b.mp4"]
    assert len({r.job_id for r in engine.requests}) == 2
    assert first.analysis is not None
    assert len(first.windows) == 48


def test_events_arrive_on_the_gui_thread_in_order(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    controller = make(Engine())
    events: list[Event] = []
    threads: set[QThread] = set()

    def listen(_: int, event: Event) -> None:
        events.append(event)
        threads.add(QThread.currentThread())

    controller.eventArrived.connect(listen)
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    assert isinstance(events[0], Opened)
    assert threads == {controller.thread()}
    fractions = [e.fraction for e in events if isinstance(e, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_settings_are_those_of_the_moment_it_starts(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = Engine()
    controller = make(engine, AnalysisSettings(frames=40))
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    assert engine.requests[0].settings == AnalysisSettings(frames=40)


def test_cancel_shows_at_once_and_the_rest_is_silent(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = Engine()
    controller, (entry,) = _running(qtbot, make, engine, tmp_path / "a.mp4")
    heard: list[object] = []
    controller.eventArrived.connect(lambda *a: heard.append(a))
    controller.succeeded.connect(lambda *a: heard.append(a))
    controller.cancel(entry.id)
    assert entry.state is State.CANCELLED
    assert controller.running is None
    engine.gate.set()
    qtbot.waitUntil(lambda: engine.closed == 1, timeout=10_000)
    qtbot.wait(50)
    assert heard == []
    assert entry.analysis is None


def test_the_next_file_runs_after_a_cancel(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = Engine()
    files = (tmp_path / "a.mp4", tmp_path / "b.mp4")
    controller, (first, second) = _running(qtbot, make, engine, *files)
    controller.cancel(first.id)
    engine.gate.set()
    _ends(qtbot, controller, second)
    assert (first.state, second.state) == (State.CANCELLED, State.DONE)


def test_an_error_is_kept_and_the_next_file_runs(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = Engine()
    engine.errors["a.mp4"] = NotAVideoError("no container", path=tmp_path / "a.mp4")
    controller = make(engine)
    failures: list[tuple[int, Failure]] = []
    controller.failed.connect(lambda i, f: failures.append((i, f)))
    first, second = controller.add([tmp_path / "a.mp4", tmp_path / "b.mp4"])
    _ends(qtbot, controller, first, second)
    assert (first.state, second.state) == (State.FAILED, State.DONE)
    assert [(i, f.code) for i, f in failures] == [(first.id, "NotAVideoError")]
    assert first.failure is failures[0][1]


def test_other_settings_come_beside_the_first_result(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = Engine()
    controller = make(engine)
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    controller.analyse_again(entry.id, AnalysisSettings(frames=100))
    assert entry.state in (State.WAITING, State.RUNNING)
    _ends(qtbot, controller, entry)
    assert [a.settings.frames for a in entry.analyses] == [20, 100]
    controller.retry(entry.id)
    _ends(qtbot, controller, entry)
    assert engine.requests[-1].settings.frames == 20  # the one run's settings were its own


def test_a_cancelled_second_run_keeps_the_first_result(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = Engine()
    controller = make(engine)
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    engine.gate = threading.Event()
    controller.retry(entry.id)
    qtbot.waitUntil(lambda: entry.state is State.RUNNING and bool(entry.windows), timeout=10_000)
    controller.cancel(entry.id)
    assert entry.state is State.DONE
    assert entry.analysis is not None
    engine.gate.set()


def test_the_same_file_is_queued_once(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    controller = make(Engine())
    (entry,) = controller.add([tmp_path / "a.mp4", tmp_path / "a.mp4"])
    assert controller.add([tmp_path / "a.mp4"]) == []
    _ends(qtbot, controller, entry)


def test_removing_the_running_file_cancels_it(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = Engine()
    files = (tmp_path / "a.mp4", tmp_path / "b.mp4")
    controller, (first, second) = _running(qtbot, make, engine, *files)
    controller.remove(first.id)
    engine.gate.set()
    _ends(qtbot, controller, second)
    assert [entry.id for entry in controller.queue.entries] == [second.id]


def test_the_order_of_the_queue_is_the_order_of_the_runs(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = Engine()
    engine.gate = threading.Event()
    controller = make(engine)
    entries = controller.add([tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4")])
    controller.move(entries[2].id, 1)
    engine.gate.set()
    _ends(qtbot, controller, *entries)
    assert [r.path.name for r in engine.requests] == ["a.mp4", "c.mp4", "b.mp4"]


def test_shutdown_in_the_middle_ends_the_thread(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = Engine()
    controller, _ = _running(qtbot, make, engine, tmp_path / "a.mp4")
    controller.shutdown()
    assert engine.closed == 1
    assert controller._thread.isFinished()


# --- the self-test in idle time


class SelfTesting(Engine):
    """An engine that can test itself: until the gate opens, or until it is cancelled."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.tested: list[AnalysisRequest] = []
        self.test_gate = threading.Event()
        self.ended: list[str] = []

    def self_test(self, request: AnalysisRequest, *, cancel: CancelToken) -> None:
        self.tested.append(request)
        self.threads.add(threading.get_ident())
        while not self.test_gate.wait(0.005):
            if cancel.is_cancelled:
                self.ended.append("cancelled")
            cancel.raise_if_cancelled()
        self.ended.append("done")
        if self.error is not None:
            raise self.error


def _refusal(code: str) -> RemoteError:
    return RemoteError(Failure(code, "0.523 fake, released with 0.408", "", None, ""))


def test_a_failed_self_test_is_told(qtbot: QtBot, make: Make) -> None:
    engine = SelfTesting(_refusal("SelfTestError"))
    engine.test_gate.set()
    controller = make(engine, AnalysisSettings(frames=40))
    with qtbot.waitSignal(controller.selfTestFailed, timeout=10_000) as told:
        controller.self_test()
    assert told.args is not None
    assert "released with 0.408" in told.args[0].reason
    assert engine.tested[0].settings.frames == 40
    assert threading.get_ident() not in engine.threads


def test_no_model_at_start_is_no_alarm(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = SelfTesting(_refusal("NoCheckpointError"))
    engine.test_gate.set()
    controller = make(engine)
    told: list[object] = []
    controller.selfTestFailed.connect(told.append)
    controller.self_test()
    qtbot.waitUntil(lambda: engine.ended == ["done"], timeout=10_000)
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    assert entry.state is State.DONE
    assert told == []


def test_a_file_does_not_wait_for_the_self_test(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = SelfTesting()
    controller = make(engine)
    controller.self_test()
    qtbot.waitUntil(lambda: bool(engine.tested), timeout=10_000)
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    assert engine.ended == ["cancelled"]
    assert entry.state is State.DONE


def test_no_self_test_while_a_file_runs(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    engine = SelfTesting()
    controller, (entry,) = _running(qtbot, make, engine, tmp_path / "a.mp4")
    controller.self_test()
    engine.gate.set()
    _ends(qtbot, controller, entry)
    qtbot.wait(50)
    assert engine.tested == []


def test_a_flood_of_events_leaves_the_window_its_turn(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    def flood(request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        yield made.opened()
        for number in range(20_000):
            yield Progress("frames", number, 20_000, number / 20_000)
        yield from Engine()._events(request, cancel)

    controller = make(flood)
    touched: list[int] = []
    controller.queue.dataChanged.connect(lambda *_: touched.append(1))
    (entry,) = controller.add([tmp_path / "a.mp4"])
    _ends(qtbot, controller, entry)
    assert entry.state is State.DONE
    assert len(touched) < 10_000  # progress that nobody saw was left out


def test_faces_kept_for_later_are_bounded() -> None:
    entry = Entry(1, Path("a.mp4"))
    for number in range(5000):
        entry.remember_face(made.face(1, number / 10, side=8))
    assert len(entry.faces) <= 600
    assert entry.faces[0].time_s == 0.0
    assert entry.faces[-1].time_s == pytest.approx(499.9)


def test_status_lines() -> None:
    entry = Entry(1, Path("a.mp4"))
    assert entry.status() == "Waiting"
    entry.state = State.RUNNING
    assert entry.status() == "Starting"
    entry.progress = Progress("faces", 1, 2, 0.5, 67.2)
    assert entry.status() == "Finding faces · 1:07 left"
    entry.state = State.DONE
    entry.analyses.append(made.analysis("FAKE"))
    assert entry.status() == "FAKE · 96 %"
    no_face: Analysis = replace(made.analysis("NO FACE"))
    entry.analyses.append(no_face)
    assert entry.status() == "NO FACE"
