"""Scores of many clips, made by the product's engine and kept in a file.

The results file is JSON lines. A line is keyed by everything that changes a score: the
checkpoint's sha256 and how its card says to read it, the analysis settings, the video's sha256
and what was done to it. Calibration and thresholds are not in the key: what is kept are the
windows' logits, and ``judge`` turns them into a verdict under any calibration, by the engine's
own rules. A run that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.errors import DeepfakeDesktopError, OutputError
from deepfake_desktop.core.types import (
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Finished,
    FrameCounts,
    Reason,
    Thresholds,
    TrackResult,
    Verdict,
    WindowScore,
)
from deepfake_desktop.core.verdict import decide, pool
from deepfake_desktop.training.code_version import code_version

log = logging.getLogger(__name__)

KEYED_SETTINGS = ("frames", "sampling", "budget_frames", "detector")
KEYED_CARD = (
    "classes", "color", "crop_margin", "crop_margin_px", "image_size", "backbone", "temporal",
    "readout", "trace_kinds", "patches",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """What the engine found in one video. ``error`` says why there is nothing."""

    tracks: tuple[TrackResult, ...]
    frames_examined: int
    frames_with_face: int
    wall_s: float
    error: str | None = None


def score_key(checkpoint_sha256: str, card: Card, settings: AnalysisSettings, video_id: str) -> str:
    """A name for one score, 32 hexadecimal digits."""
    facts = {
        "notes": _notes_version(),
        "checkpoint": checkpoint_sha256,
        "card": {name: getattr(card, name) for name in KEYED_CARD},
        "settings": {name: getattr(settings, name) for name in KEYED_SETTINGS},
        "video": video_id,
    }
    text = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _notes_version() -> str:
    """Changes with the code that decides a track's notes, which are kept with its windows."""
    return code_version(["deepfake_desktop.core.verdict"])


class ResultsFile:
    """Append-only; a last line that was cut off by a kill is passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._scores: dict[str, ScoredClip] = {}
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
        except OSError as error:
            raise OutputError(f"cannot be read ({error.strerror}).", path=path) from error
        self._ends_clean = not text or text.endswith("\n")
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                row = json.loads(line)
                self._scores[row["key"]] = clip_from_json(row["score"])
            except (ValueError, KeyError, TypeError):
                log.warning("%s, line %d is damaged: that clip is scored again", path, number)

    def __len__(self) -> int:
        return len(self._scores)

    def get(self, key: str) -> ScoredClip | None:
        return self._scores.get(key)

    def add(self, key: str, score: ScoredClip, *, name: str) -> None:
        """Keep a score, and have it on disk when this returns.

        Raises:
            OutputError: if it cannot be written.
        """
        row = {"key": key, "name": name, "score": clip_to_json(score)}
        line = ("" if self._ends_clean else "\n") + json.dumps(row, ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror}).", path=self.path) from error
        self._ends_clean = True
        self._scores[key] = score


def clip_to_json(score: ScoredClip) -> dict[str, Any]:
    raw = asdict(score)
    for track in raw["tracks"]:
        del track["boxes"]  # large, and no verdict rests on them
        for window in track["windows"]:
            window["frame_times_s"] = [round(t, 4) for t in window["frame_times_s"]]
    return raw


def clip_from_json(raw: Mapping[str, Any]) -> ScoredClip:
    tracks = []
    for track in raw["tracks"]:
        windows = tuple(
            WindowScore(**{**w, "frame_times_s": tuple(w["frame_times_s"])})
            for w in track["windows"]
        )
        notes = tuple(
            Reason(n["code"], n["text"], tuple((key, value) for key, value in n["values"]))
            for n in track["notes"]
        )
        tracks.append(TrackResult(**{**track, "windows": windows, "notes": notes, "boxes": ()}))
    return ScoredClip(**{**raw, "tracks": tuple(tracks)})


def judge(
    tracks: Sequence[TrackResult], calibration: Mapping[str, Any], thresholds: Thresholds
) -> Verdict:
    """The engine's verdict on tracks, under another calibration and other thresholds."""
    again = []
    for track in tracks:
        windows = tuple(
            replace(window, p_fake=calibrated(window.logit, calibration))
            for window in track.windows
        )
        logit, p_fake = pool(windows, calibration)
        again.append(replace(track, windows=windows, logit=logit, p_fake=p_fake))
    return decide(again, thresholds)


_SPAN = 1000.0
_LINEAR = {"method": "isotonic", "logit": [-_SPAN, _SPAN], "p": [0.0, 1.0]}
"""Carries a logit through ``decide`` unharmed, which a sigmoid would not beyond 37."""


def video_logit(tracks: Sequence[TrackResult]) -> float | None:
    """The uncalibrated log-odds of the face that decides; None without a face."""
    carried = judge(tracks, _LINEAR, Thresholds()).p_fake
    return None if carried is None else (2.0 * carried - 1.0) * _SPAN


@dataclass(frozen=True, slots=True)
class Job:
    """One video to score.

    ``video_id`` is its sha256, for a degraded copy that of the original and what was done to it.
    ``path`` is called only when nothing is known of it yet: a degraded copy, say, is then made.
    """

    name: str
    video_id: str
    path: Callable[[], Path]


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination of one video found."""

    tracks: tuple[TrackResult, ...]
    frames: FrameCounts


class Engine(Protocol):
    """Examines the video ``job`` stands for.

    Raises:
        DeepfakeDesktopError: if that cannot be done.
        Cancelled: soon after ``cancel`` was set.
    """

    def __call__(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> Examined: ...


def run_product(job: Job, settings: AnalysisSettings, cancel: CancelToken) -> Examined:
    """The product's one verb, to its end; in 32 bits, so that scores hold on any machine."""
    from deepfake_desktop.core.analysis import analyze

    request = AnalysisRequest(job.path(), replace(settings, precision="exact"))
    for event in analyze(request, cancel=cancel):
        if isinstance(event, Finished):
            return Examined(event.analysis.tracks, event.analysis.frames)
    raise RuntimeError("the engine ended without a result")


def score_all(
    jobs: Iterable[Job],
    *,
    checkpoint_sha256: str,
    card: Card,
    settings: AnalysisSettings,
    results: ResultsFile,
    engine: Engine = run_product,
    cancel: CancelToken | None = None,
    advance: Callable[[str], None] = lambda name: None,
) -> dict[str, ScoredClip]:
    """Every job's score by name: from ``results`` where it is there, from the engine elsewhere.

    What is wrong with one video becomes that clip's ``error``. Failures are not kept, so that the
    next run tries again.

    Raises:
        Cancelled: if ``cancel`` was called; what is done is in ``results``.
    """
    cancel = cancel or CancelToken()
    scores: dict[str, ScoredClip] = {}
    for job in jobs:
        key = score_key(checkpoint_sha256, card, settings, job.video_id)
        score = results.get(key)
        if score is None:
            score = _score(job, settings, engine, cancel)
            if score.error is None:
                results.add(key, score, name=job.name)
            else:
                log.warning("%s", score.error)
        scores[job.name] = score
        advance(job.name)
    return scores


def _score(job: Job, settings: AnalysisSettings, engine: Engine, cancel: CancelToken) -> ScoredClip:
    started = time.perf_counter()
    try:
        found = engine(job, settings, cancel)
    except DeepfakeDesktopError as error:
        return ScoredClip((), 0, 0, time.perf_counter() - started, str(error))
    return ScoredClip(
        tracks=found.tracks,
        frames_examined=found.frames.examined,
        frames_with_face=found.frames.with_face,
        wall_s=time.perf_counter() - started,
    )
