"""Makes every picture in docs/screenshots: each state of the window, on the bundled samples.

    python scripts/make_screenshots.py [--out DIR] [--only NAME ...]

The faces, boxes and frames are the engine's, from the bundled clips. Pictures named in MEASURED
show what the engine said with the checkpoint at hand; all others show states that a person should
see once, with scores that are staged (their checkpoint is called "staged").
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QUrl  # noqa: E402
from PySide6.QtGui import QDragEnterEvent  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from deepfake_desktop.core.cards import calibrated  # noqa: E402
from deepfake_desktop.core.errors import DeviceMemoryError, NoCheckpointError, SelfTestError  # noqa: E402
from deepfake_desktop.core.paths import resource_path  # noqa: E402
from deepfake_desktop.core.types import (  # noqa: E402
    AnalysisRequest,
    CancelToken,
    Event,
    Finished,
    Opened,
    Progress,
    Thresholds,
    TrackResult,
    WindowScore,
    WindowScored,
)
from deepfake_desktop.core.verdict import decide, pool  # noqa: E402
from deepfake_desktop.ui import multimedia, theme, translations  # noqa: E402
from deepfake_desktop.ui.app import make_application  # noqa: E402
from deepfake_desktop.ui.main_window import MainWindow  # noqa: E402
from deepfake_desktop.ui.preferences import Preferences, PreferencesStore  # noqa: E402

Curve = Callable[[float], float]

#: Pictures whose figures are the engine's own.
MEASURED = ("measured-manipulated", "measured-authentic", "measured-dark")
_LIMITS = Thresholds(real=0.35, fake=0.75)
_CALIBRATION = {"method": "platt", "scale": 1.0, "offset": 0.0}


# --- recordings: what the engine says of a clip, and what is staged from it --------------------


def record(path: Path, models_dir: Path | None) -> list[Event]:
    """All events of a real analysis, by an engine that has passed its self-test."""
    from deepfake_desktop.core.assurance import Assurance

    request = AnalysisRequest(path=path, models_dir=models_dir)
    assurance, cancel = Assurance(), CancelToken()
    assurance.prepare(request, cancel=cancel)
    return list(assurance.analyze(request, cancel=cancel))


def corridor(path: Path) -> Path:
    """A clip in which there is nobody: an empty passage, drawn."""
    import av
    import numpy as np

    height, width = 480, 640
    y, x = np.mgrid[0:height, 0:width]
    deep = np.maximum(abs(x - 320) / 320, abs(y - 210) / 270)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(125):
            doors = np.sin(14 * np.log(deep + 0.06) - number * 0.03) > 0.55
            light = 60 + 130 * deep - 25 * doors
            image = np.stack([light * 0.92, light * 0.96, light], axis=-1).clip(0, 255)
            frame = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def random_checkpoint(folder: Path) -> Path:
    """For a checkout without checkpoints: weights that mean nothing, to find real faces with."""
    import torch

    from deepfake_desktop.core.cards import Card
    from deepfake_desktop.core.network import FrameSequenceNetwork

    torch.manual_seed(0)
    path = folder / "model_50_acc_20_frames_staged.pt"
    torch.save(FrameSequenceNetwork("efficientnet_lite0", hidden=64).state_dict(), path)
    card = Card(classes=("fake", "real"), backbone="efficientnet_lite0", crop_margin=0.3, frames=20)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return folder


def stage(events: list[Event], curve: Curve, *, name: str, faces: bool = True) -> list[Event]:
    """The same clip and faces with windows that score as ``curve`` says of their middle."""
    analysis = next(e.analysis for e in events if isinstance(e, Finished))
    summary = replace(
        analysis.checkpoint,
        name="staged.pt",
        thresholds=_LIMITS,
        calibration=_CALIBRATION,
        metrics={"staged": "yes"},
    )
    video = replace(analysis.video, path=analysis.video.path.with_name(name))

    def scored(window: WindowScore) -> WindowScore:
        p = curve((window.start_s + window.end_s) / 2)
        logit = math.log(p / (1 - p))
        return replace(window, logit=logit, p_fake=calibrated(logit, _CALIBRATION))

    def track(each: TrackResult) -> TrackResult:
        windows = tuple(scored(w) for w in _split(each.windows))
        logit, p_fake = pool(windows, _CALIBRATION)
        return replace(each, windows=windows, logit=logit, p_fake=p_fake)

    tracks = tuple(track(each) for each in analysis.tracks) if faces else ()
    final = replace(
        analysis,
        video=video,
        checkpoint=summary,
        tracks=tracks,
        verdict=decide(tracks, _LIMITS),
        warnings=(),
        frames=analysis.frames if faces else replace(analysis.frames, with_face=0),
    )
    result: list[Event] = []
    for event in events:
        if isinstance(event, Opened):
            result.append(Opened(video, summary))
        elif isinstance(event, WindowScored):
            for window in map(scored, _split((event.window,))):
                known = [e.window for e in result if isinstance(e, WindowScored)] + [window]
                logit, p_fake = pool(known, _CALIBRATION)
                so_far = [replace(t, windows=(*known,), logit=logit, p_fake=p_fake) for t in tracks]
                result.append(WindowScored(window, decide(so_far, _LIMITS)))
        elif isinstance(event, Finished):
            result.append(Finished(final))
        elif faces or isinstance(event, Progress):
            result.append(event)
    return result


def _split(windows: tuple[WindowScore, ...], parts: int = 4) -> list[WindowScore]:
    """Several shorter windows from each, so that a short clip has a curve to show."""
    result = []
    for window in windows:
        step = (window.end_s - window.start_s) / parts
        share = max(1, len(window.frame_times_s) // parts)
        for part in range(parts):
            start = window.start_s + part * step
            times = window.frame_times_s[part * share : (part + 1) * share]
            result.append(replace(window, start_s=start, end_s=start + step, frame_times_s=times))
    return result


class Replay:
    """An engine that says again what was recorded; it can stop part of the way."""

    def __init__(self) -> None:
        self.tapes: dict[str, list[Event] | Exception] = {}
        self.stop_at: dict[str, float] = {}

    def __call__(self, request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        tape = self.tapes[request.path.name]
        if isinstance(tape, Exception):
            raise tape
        limit = self.stop_at.get(request.path.name)
        for number, event in enumerate(tape):
            if limit is not None and number >= limit * len(tape):
                yield Progress("network", number, len(tape), limit, 7.0)
                while True:
                    cancel.raise_if_cancelled()
                    time.sleep(0.02)
            yield event


# --- the studio --------------------


@dataclass
class Studio:
    """One window, its files and its pictures."""

    app: QApplication
    window: MainWindow
    replay: Replay
    look: theme.Theme
    out: Path
    folder: Path
    only: tuple[str, ...]

    def settle(self, seconds: float = 0.35) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents()
            # Outside exec() nobody else deletes what was given to deleteLater.
            self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            time.sleep(0.005)

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the window never came into the state wanted")
            self.app.processEvents()
            time.sleep(0.005)

    def shoot(self, name: str, widget: QWidget | None = None) -> None:
        if self.only and name not in self.only:
            return
        self.settle()
        picture = (widget or self.window).grab()
        picture.save(str(self.out / f"{name}.png"))
        print(f"{name}.png {picture.width()}x{picture.height()}")  # noqa: T201

    def clear(self) -> None:
        for entry in self.window.controller.queue.entries:
            self.window.controller.remove(entry.id)
        self.window.notice.hide()
        self.settle(0.1)

    def put(self, name: str, tape: list[Event] | Exception, *, clip: Path) -> Path:
        """A file of that name in the studio's folder, which the replay knows."""
        path = self.folder / name
        if not path.exists():
            path.write_bytes(clip.read_bytes())
        self.replay.tapes[name] = tape
        return path

    def run(self, *paths: Path, seek_s: float | None = None) -> None:
        """Drops files and waits for their ends, or for where the replay stops."""
        self.window.take_in([str(path) for path in paths])
        queue = self.window.controller.queue
        self.until(lambda: queue.rowCount() == len(paths))
        self.until(
            lambda: all(
                e.state.value in ("done", "failed")
                or (e.progress is not None and e.path.name in self.replay.stop_at)
                or self._stopped()
                for e in queue.entries
            )
        )
        self.until(lambda: all(e.poster is not None for e in queue.entries))
        self.window.queue_panel.select(queue.entries[0].id)
        self.settle()
        if seek_s is not None:
            player = self.window.views.player
            self.until(lambda: player.frame is not None)
            player.seek(seek_s)
            self.until(lambda: abs(player.frame.start_s - seek_s) < 0.1)

    def _stopped(self) -> bool:
        running = self.window.controller.running
        return (
            running is not None
            and running.path.name in self.replay.stop_at
            and running.progress is not None
            and running.progress.remaining_s == 7.0
        )


def drag_over(window: MainWindow, names: list[str]) -> None:
    """Sends the window a drag as a file manager would."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(f"/home/you/Videos/{name}") for name in names])
    window.dragEnterEvent(
        QDragEnterEvent(
            QPoint(300, 300),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def suspicious(t: float) -> float:
    return min(0.97, max(0.2, 0.93 - 0.5 * math.exp(-((t - 0.6) ** 2) / 0.4)))


def harmless(t: float) -> float:
    return 0.09 + 0.05 * math.sin(3 * t)


def wavering(t: float) -> float:
    return 0.54 + 0.16 * math.sin(4 * t)


def all_states(studio: Studio, models_dir: Path | None) -> None:
    window, look = studio.window, studio.look
    manipulated, authentic = (
        resource_path(f"samples/{name}.mp4") for name in ("manipulated", "authentic")
    )
    studio.settle(1.0)
    studio.shoot("empty-light")
    drag_over(window, ["interview.mov", "webcam 14.11.webm", "notes.txt"])
    studio.shoot("hover")
    window._settle_drop()
    drag_over(window, ["notes.txt"])
    studio.shoot("hover-refused")
    window._settle_drop()
    look.set_appearance("dark")
    studio.shoot("empty-dark")
    look.set_appearance("light")

    tape, calm_tape = record(manipulated, models_dir), record(authentic, models_dir)
    fake = studio.put(
        "press_conference_final.mp4",
        stage(tape, suspicious, name="press_conference_final.mp4"),
        clip=manipulated,
    )
    real = studio.put(
        "webcam 14.11.mp4", stage(calm_tape, harmless, name="webcam 14.11.mp4"), clip=authentic
    )
    unclear = studio.put(
        "forwarded many times.mp4",
        stage(calm_tape, wavering, name="forwarded many times.mp4"),
        clip=authentic,
    )
    nobody = studio.put(
        "CCTV_gate_north.mp4",
        stage(calm_tape, harmless, name="CCTV_gate_north.mp4", faces=False),
        clip=corridor(studio.folder / "corridor.mp4"),
    )
    long_name = studio.put(
        "a very long file name, as phones and messengers like to make them (2026-11-22 14.03).mp4",
        stage(calm_tape, harmless, name="long.mp4"),
        clip=authentic,
    )
    waiting = studio.put("phone_clip_0421.mp4", calm_tape, clip=authentic)

    studio.replay.stop_at["webcam 14.11.mp4"] = 0.7
    studio.run(fake, real, waiting, seek_s=2.0)
    studio.shoot("queue-running")
    window.queue_panel.select(window.controller.queue.entries[1].id)
    studio.until(lambda: window.views.player.frame is not None)
    studio.shoot("running")
    studio.clear()
    studio.replay.stop_at.clear()

    for name, path in (
        ("fake", fake),
        ("real", real),
        ("inconclusive", unclear),
        ("no-face", nobody),
        ("long-name", long_name),
    ):
        studio.run(path, seek_s=2.0)
        studio.shoot(f"verdict-{name}" if name != "long-name" else name)
        studio.clear()

    studio.run(fake, real, unclear, nobody, seek_s=2.0)
    studio.shoot("queue-light")
    look.set_appearance("dark")
    studio.shoot("queue-dark")
    window.resize(960, 600)
    studio.shoot("small-dark")
    look.set_appearance("light")
    studio.shoot("small-light")
    for tab, name in ((1, "timeline"), (2, "people")):
        window.area.show_tab(tab)
        studio.shoot(f"small-{name}")
    window.area.show_tab(0)
    window.resize(1440, 900)
    drag_over(window, ["interview.mov"])
    studio.shoot("hover-over-work")
    window._settle_drop()
    studio.clear()

    for name, error in (
        (
            "error-no-model",
            NoCheckpointError("no checkpoint was found", remedy="Add one in Models."),
        ),
        (
            "error-memory",
            DeviceMemoryError("the GPU ran out of memory", path=fake, remedy="Use the CPU."),
        ),
        (
            "error-self-test",
            SelfTestError(
                "the self-test failed: staged.pt, authentic.mp4: 0.523 fake (logit +0.07), "
                "released with 0.408 (logit -3.73), tolerance 0.03; staged.pt, manipulated.mp4: "
                "0.561 fake (logit +1.92), released with 0.685 (logit +4.91), tolerance 0.03."
            ),
        ),
        ("error-unexpected", RuntimeError("a stage of the engine answered nothing")),
    ):
        broken = studio.put(f"{name}.mp4", error, clip=authentic)
        studio.run(broken)
        studio.shoot(name)
        studio.clear()

    studio.replay.tapes["manipulated.mp4"], studio.replay.tapes["authentic.mp4"] = tape, calm_tape
    studio.run(manipulated, authentic, seek_s=2.0)
    studio.shoot("measured-manipulated")
    look.set_appearance("dark")
    studio.shoot("measured-dark")
    look.set_appearance("light")
    window.queue_panel.select(window.controller.queue.entries[1].id)
    studio.shoot("measured-authentic")
    dialogs(studio)
    studio.clear()


def dialogs(studio: Studio) -> None:
    """Each dialog by itself, light; settings and models also dark."""
    window = studio.window
    openers: tuple[tuple[str, Callable[[], object]], ...] = (
        ("welcome", window.commands.show_welcome),
        ("settings", window.commands.show_settings),
        ("analyse-again", window.commands.analyse_again_with),
        ("models", window.commands.show_models),
        ("shortcuts", window.show_shortcuts),
        ("about", window.commands.show_about),
    )
    for name, opener in openers:
        opener()
        studio.settle(0.5)
        studio.until(lambda: not window.chores.busy)
        for dialog in window.commands.open_dialogs():
            studio.shoot(name, dialog)
            if name in ("settings", "models"):
                studio.look.set_appearance("dark")
                studio.shoot(f"{name}-dark", dialog)
                studio.look.set_appearance("light")
            dialog.reject()
        studio.settle(0.1)


def scaled_states(studio: Studio, models_dir: Path | None) -> None:
    """For the child process at 200 % or in another language."""
    suffix = os.environ["SCREENSHOT_SUFFIX"]
    clip = resource_path("samples/manipulated.mp4")
    tape = stage(record(clip, models_dir), suspicious, name="press_conference_final.mp4")
    studio.settle(0.8)
    studio.shoot(f"empty-{suffix}")
    studio.run(studio.put("press_conference_final.mp4", tape, clip=clip), seek_s=2.0)
    studio.shoot(f"result-{suffix}")
    studio.clear()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--language", default="en")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory(prefix="screenshots-") as name:
        home = Path(name)
        for variable in (
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
        ):
            os.environ[variable] = name
        (home / "Videos").mkdir()
        from deepfake_desktop.core.checkpoints import list_checkpoints

        models_dir = None if list_checkpoints() else random_checkpoint(home)
        app = make_application()
        multimedia.prepare()
        held = translations.install(app, args.language)
        look = theme.install(app)
        look.set_appearance("light")
        store = PreferencesStore(home / "preferences.json")
        store.update(**_fields(Preferences(models_dir=models_dir, appearance="light")))
        replay = Replay()
        window = MainWindow(store, look, analyze=replay)
        window.resize(1440, 900)
        window.show()
        studio = Studio(app, window, replay, look, args.out, home / "Videos", tuple(args.only))
        if "SCREENSHOT_SUFFIX" in os.environ:
            scaled_states(studio, models_dir)
        else:
            all_states(studio, models_dir)
        window.close()
        translations.remove(app, held)
    if "SCREENSHOT_SUFFIX" not in os.environ:
        for suffix, environment, extra in (
            ("200-percent", {"QT_SCALE_FACTOR": "2"}, ()),
            ("german", {}, ("--language", "de")),
        ):
            if args.only and not any(suffix in only for only in args.only):
                continue
            command = [sys.executable, __file__, "--out", str(args.out), *extra]
            if args.only:
                command += ["--only", *args.only]
            subprocess.run(  # noqa: S603
                command,
                check=True,
                env={**os.environ, **environment, "SCREENSHOT_SUFFIX": suffix},
            )
    return 0


def _fields(preferences: Preferences) -> dict[str, object]:
    return {
        "models_dir": preferences.models_dir,
        "appearance": preferences.appearance,
        "notice_seen": True,
    }


if __name__ == "__main__":
    sys.exit(main())
