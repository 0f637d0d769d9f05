"""What needs a fresh process: starting, importing, waiting, memory; with the shipped checkpoint.

``python -m benchmarks child KIND ARGUMENT...`` is that process; its last line is JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import clips, ours
from benchmarks.measure import noise_crops

ROOT = Path(__file__).resolve().parent.parent
BUDGETS = (20, 60, 120, 240)
WINDOW_KEYS = ("window_s", "window_first_face_s", "window_second_face_s")


def startup(*, rounds: int) -> dict[str, Any]:
    """Seconds of ``--help``, of the imports, of the first face and of the window, each from a fresh
    process."""

    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return time.perf_counter() - started

    wanted = {
        "python_s": ("-c", "pass"),
        "help_s": ("-m", "deepfake_desktop", "--help"),
        "torch_s": ("-c", "import torch"),
        "network_s": ("-c", "import deepfake_desktop.core.network"),
        "torchvision_s": ("-c", "import torch, torchvision"),
    }
    found: dict[str, list[float]] = {name: [] for name in wanted}
    keys = ("first_face_cold_s", "first_face_warm_s", "cold_s", "warm_s", *WINDOW_KEYS)
    videos = [str(clips.long_clip(1920, 1080, seconds=length_s)) for length_s in (10, 20)]
    for _ in range(rounds):
        for name, arguments in wanted.items():
            found[name].append(seconds(*arguments))
        run = child("analyse", videos[0], "240")
        with tempfile.TemporaryDirectory() as home:
            run |= child("window", str(time.time()), *videos, environment=_at_home(home))
        for name in keys:
            found.setdefault(name, []).append(run[name])
    return {
        **{name: statistics.median(values) for name, values in found.items()},
        "rounds": rounds,
    }


def _at_home(home: str) -> dict[str, str]:
    """The window's settings and history are not the user's, and nobody looks at it."""
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    return {**os.environ, **dict.fromkeys(names, home), "QT_QPA_PLATFORM": "offscreen"}


def waiting(*, rounds: int) -> list[dict[str, Any]]:
    """The network where OpenMP's threads spin and where they sleep, alone and with company."""
    rows = []
    for company in ("alone", "beside one busy program"):
        neighbour = None
        if company != "alone":
            neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            # Sleeping is our default, which leaves alone what is set, be it to nothing.
            for policy, value in (("spinning, OpenMP's default", ""), ("sleeping", "passive")):
                environment = os.environ | {"OMP_WAIT_POLICY": value}
                runs = [child("network", environment=environment) for _ in range(rounds)]
                rows.append(
                    {
                        "engine": policy,
                        "clip": company,
                        "wall_s": statistics.median(run["wall_s"] for run in runs),
                        "processor_s": statistics.median(run["processor_s"] for run in runs),
                        "rounds": rounds,
                    }
                )
        finally:
            if neighbour is not None:
                neighbour.kill()
                neighbour.wait()
    return rows


def video_length(*, lengths_s: tuple[int, ...], rounds: int) -> list[dict[str, Any]]:
    """Time and peak memory of one fresh process per video length, 1080p, default settings."""
    rows = []
    for length_s in lengths_s:
        path = clips.long_clip(1920, 1080, seconds=length_s)
        runs = [child("analyse", str(path), "240") for _ in range(rounds)]
        rows.append(
            {
                "video_s": length_s,
                "seconds": statistics.median(run["warm_s"] for run in runs),
                "hash_s": statistics.median(run["hash_s"] for run in runs),
                "processor_s": statistics.median(run["processor_s"] for run in runs),
                "peak_mb": statistics.median(run["peak_mb"] for run in runs),
                "examined": runs[0]["examined"],
                "file_mb": path.stat().st_size / 1e6,
                "rounds": rounds,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def budgets(*, rounds: int) -> list[dict[str, Any]]:
    """Time over examined frames: the ten-minute clip with growing budgets, one warm process."""
    path = clips.long_clip(1920, 1080, seconds=600)
    rows = child("budgets", str(path), str(rounds), *map(str, BUDGETS))["rows"]
    return list(rows)


def large_frames(*, rounds: int) -> list[dict[str, Any]]:
    """Peak memory over 4K and 8K pictures, beside what the pictures in flight may take."""
    from deepfake_desktop.core.analysis import pictures_in_memory

    rows = []
    for width, height in ((1920, 1080), (3840, 2160), (7680, 4320)):
        path = clips.clip(width, height, seconds=2)
        runs = [child("analyse", str(path), "240") for _ in range(rounds)]
        pictures = pictures_in_memory(width, height)
        rows.append(
            {
                "clip": f"{width}x{height}",
                "seconds": statistics.median(run["warm_s"] for run in runs),
                "peak_mb": statistics.median(run["peak_mb"] for run in runs),
                "examined": runs[0]["examined"],
                "pictures": pictures,
                "pictures_mb": pictures * 3 * width * height / 1e6,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def profile() -> dict[str, Any]:
    """A flame graph of one analysis from the command line, by py-spy where it is on the PATH."""
    spy = shutil.which("py-spy")
    if spy is None:
        print("py-spy is not installed: the old picture stays (pip install py-spy)")
        return {}
    picture = ROOT / "docs" / "images" / "profile.svg"
    command = [spy, "record", "--rate", "20", "--threads", "--function", "-o", str(picture), "--"]
    command += [sys.executable, "-m", "deepfake_desktop", "analyze"]
    path = clips.clip(1920, 1080)
    subprocess.run([*command, str(path)], check=True, capture_output=True)
    text = picture.read_text(encoding="utf-8")
    text = re.sub(r"[^ >]*py-spy record", "py-spy record", text.replace(sys.executable, "python"))
    for folder in (path.parent, picture.parent):
        text = text.replace(f"{folder}{os.sep}", "")
    picture.write_text(text, encoding="utf-8")
    return {"picture": f"images/{picture.name}"}


# --- that side


def child(*arguments: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "child", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def serve(kind: str, *arguments: str) -> dict[str, Any]:
    kinds: dict[str, Callable[..., dict[str, Any]]] = {
        "analyse": _analyse,
        "network": _network,
        "budgets": _budgets,
        "window": _window,
    }
    return kinds[kind](*arguments)


def _analyse(path: str, budget: str) -> dict[str, Any]:
    """The first analysis (cold), a second (warm), and the peak memory of both."""
    from deepfake_desktop.core.hashing import FileHasher
    from deepfake_desktop.core.types import CancelToken

    def run() -> ours.Run:
        return ours.run(Path(path), clips.shipped(), frames=20, mode="spread", budget=int(budget))

    cold = run()
    processor = time.process_time()
    warm = run()
    processor = time.process_time() - processor
    peak_mb = _peak_mb()
    started = time.perf_counter()
    with FileHasher(Path(path)) as hasher:
        hasher.result(CancelToken())
    return {
        "cold_s": cold.seconds,
        "warm_s": warm.seconds,
        "hash_s": time.perf_counter() - started,
        "processor_s": processor,
        "first_face_cold_s": cold.first_face_s,
        "first_face_warm_s": warm.first_face_s,
        "examined": warm.analysis.frames.examined,
        "peak_mb": peak_mb,
    }


def _window(started: str, first: str, second: str) -> dict[str, Any]:
    """The program, started at ``started`` with one video, given a second when that is done: seconds
    to the drawn window, and to the first face in it of each."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QWidget

    from deepfake_desktop.core.types import FaceSeen
    from deepfake_desktop.ui import app as program
    from deepfake_desktop.ui.main_window import MainWindow
    from deepfake_desktop.ui.preferences import PreferencesStore

    found: dict[str, Any] = {}
    drawn, face, second_face = WINDOW_KEYS
    begun = float(started)
    app = program.make_application()
    PreferencesStore().update(notice_seen=True)

    def note(name: str) -> None:
        found.setdefault(name, time.time() - begun)

    class Watch(QObject):
        window: MainWindow | None = None

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            top = watched.window() if isinstance(watched, QWidget) else None
            painted = event.type() == QEvent.Type.Paint
            if self.window is None and painted and isinstance(top, MainWindow):
                self.window = top
                QTimer.singleShot(0, lambda: note(drawn))
                top.controller.eventArrived.connect(self.arrived)
                top.controller.idle.connect(self.idle)
            return False

        def arrived(self, _: int, event: object) -> None:
            if isinstance(event, FaceSeen):
                name = face
                QTimer.singleShot(0, lambda: note(name))

        def idle(self) -> None:
            nonlocal face
            if face == second_face:
                app.quit()
            else:
                face = second_face
                QTimer.singleShot(1000, self.hand_over)

        def hand_over(self) -> None:
            nonlocal begun
            assert self.window is not None
            begun = time.time()
            self.window.take_in([second])

    watch = Watch()
    app.installEventFilter(watch)
    program.main([first])
    return found


def _peak_mb() -> float:
    """The most memory that this process has had resident. Not for Windows."""
    if sys.platform == "linux":  # getrusage would count the parent's memory until exec as ours
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _network() -> dict[str, Any]:
    """Twenty crops at a time through the network, seven times."""
    network = ours.NetworkAlone(clips.shipped())
    crops = noise_crops(20)
    network.seconds(crops)
    wall, processor = [], []
    for _ in range(7):
        started = time.process_time()
        wall.append(network.seconds(crops))
        processor.append(time.process_time() - started)
    return {"wall_s": statistics.median(wall), "processor_s": statistics.median(processor)}


def _budgets(path: str, rounds: str, *budgets: str) -> dict[str, Any]:
    def run(budget: int) -> tuple[ours.Run, float]:
        started = time.process_time()
        done = ours.run(Path(path), clips.shipped(), frames=20, mode="spread", budget=budget)
        return done, time.process_time() - started

    run(20)
    runs: dict[int, list[tuple[ours.Run, float]]] = {int(budget): [] for budget in budgets}
    for _ in range(int(rounds)):
        for budget, done in runs.items():
            done.append(run(budget))
    return {
        "rows": [
            {
                "budget": budget,
                "examined": done[0][0].analysis.frames.examined,
                "seconds": statistics.median(one.seconds for one, _ in done),
                "processor_s": statistics.median(spent for _, spent in done),
                "rounds": int(rounds),
            }
            for budget, done in runs.items()
        ]
    }
