"""The window with the real engine in its process, and how smooth it stays meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer
from pytestqt.qtbot import QtBot

from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.preferences import PreferencesStore
from deepfake_desktop.ui.queue_model import State
from tests.e2e.conftest import Run

TICK_MS = 5
P99_MS, WORST_MS = 16.0, 50.0


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small checkpoint of random weights: its verdicts mean nothing, its work is real."""
    torch = pytest.importorskip("torch")
    from deepfake_desktop.core.cards import Card
    from deepfake_desktop.core.network import FrameSequenceNetwork

    folder = tmp_path_factory.mktemp("models")
    path = folder / "model_50_acc_20_frames_random.pt"
    torch.manual_seed(1)
    torch.save(FrameSequenceNetwork("efficientnet_lite0", hidden=16).state_dict(), path)
    card = Card(classes=("fake", "real"), backbone="efficientnet_lite0", crop_margin=0.3, frames=20)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return folder


class Pulse:
    """A timer of 5 ms on the GUI thread, and the gaps between its ticks.

    ``busy_ms`` is the thread's own CPU time in each gap: how long the window itself worked, which
    a loaded machine does not change. ``gaps_ms`` is what a person would feel.
    """

    def __init__(self) -> None:
        self.gaps_ms: list[float] = []
        self.busy_ms: list[float] = []
        self._last: tuple[float, float] | None = None
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _tick(self) -> None:
        now = time.perf_counter(), time.thread_time()
        if self._last is not None:
            self.gaps_ms.append((now[0] - self._last[0]) * 1e3)
            self.busy_ms.append((now[1] - self._last[1]) * 1e3)
        self._last = now

    def during(self, condition: Callable[[], bool], seconds: float) -> None:
        """Runs the event loop, as ``exec`` does, until the condition holds."""
        loop = QEventLoop()
        watch = QTimer()
        watch.setInterval(50)
        watch.timeout.connect(lambda: condition() and loop.quit())
        watch.start()
        QTimer.singleShot(int(seconds * 1000), loop, loop.quit)
        self._last = None
        self._timer.start()
        loop.exec()
        self._timer.stop()
        assert condition(), "it took too long"


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _use(models_dir: Path) -> None:
    PreferencesStore().update(models_dir=models_dir)


def test_a_real_video_through_the_real_engine(
    run_main: Run, qtbot: QtBot, clip: Path, models_dir: Path
) -> None:
    _use(models_dir)

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        queue = window.controller.queue
        qtbot.waitUntil(lambda: queue.rowCount() == 1, timeout=20_000)
        (entry,) = queue.entries
        qtbot.waitUntil(lambda: entry.state in (State.DONE, State.FAILED), timeout=200_000)
        assert entry.failure is None
        assert entry.analysis is not None
        assert entry.analysis.video.sha256
        assert entry.analysis.tracks
        assert entry.faces
        qtbot.waitUntil(lambda: entry.poster is not None, timeout=60_000)

    run_main(story)


def test_closing_while_the_engine_works_leaves_nothing_behind(
    run_main: Run, qtbot: QtBot, clip: Path, models_dir: Path
) -> None:
    _use(models_dir)
    numbers: list[int] = []

    def story(window: MainWindow) -> None:
        window.take_in([str(clip)])
        queue = window.controller.queue
        qtbot.waitUntil(lambda: any(e.opened is not None for e in queue.entries), timeout=100_000)
        process = window.controller._analyze._remote._process  # type: ignore[attr-defined]
        numbers.append(process.pid)

    run_main(story)
    with pytest.raises(OSError):  # noqa: PT011 - nobody of that number
        os.kill(numbers[0], 0)


def test_the_window_stays_smooth_during_an_analysis(
    run_main: Run, qtbot: QtBot, clip: Path, models_dir: Path
) -> None:
    """p99 under 16 ms and worst under 50 ms, where the machine has a core to spare.

    On a machine without one the wall clock says nothing about the program; the CPU time that the
    GUI thread itself took between two ticks is held to the same limits everywhere.
    """
    _use(models_dir)
    felt: list[bool] = []

    def story(window: MainWindow) -> None:
        quiet = Pulse()
        started = time.monotonic()
        window.controller.warm_up()
        quiet.during(lambda: time.monotonic() - started > 1.5, 10.0)
        window.get_ready()
        before = Pulse()
        started = time.monotonic()
        before.during(lambda: time.monotonic() - started > 1.0, 10.0)
        pulse = Pulse()
        window.take_in([str(clip)])
        queue = window.controller.queue

        def over() -> bool:
            return bool(queue.entries) and queue.entries[0].state in (State.DONE, State.FAILED)

        pulse.during(over, 200.0)
        assert queue.entries[0].state is State.DONE
        print(  # noqa: T201 - shown with -s, for whoever measures
            f"\nevent loop during an analysis, {len(pulse.gaps_ms)} ticks: "
            f"gaps p99 {_p99(pulse.gaps_ms):.1f} worst {max(pulse.gaps_ms):.1f} ms; "
            f"own CPU time p99 {_p99(pulse.busy_ms):.1f} worst {max(pulse.busy_ms):.1f} ms; "
            f"idle gaps p99 {_p99(before.gaps_ms):.1f} ms"
        )
        assert _p99(pulse.busy_ms) < P99_MS
        assert max(pulse.busy_ms) < WORST_MS
        felt.append(_p99(before.gaps_ms) < 8.0 and os.getloadavg()[0] < (os.cpu_count() or 1))
        if felt[0]:
            assert _p99(pulse.gaps_ms) < P99_MS
            assert max(pulse.gaps_ms) < WORST_MS

    run_main(story)
    QCoreApplication.processEvents()
    if not felt[0]:
        pytest.skip("no free core: only the GUI thread's own CPU time was checked")
