"""This program on the same clips, and the limits it runs against."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    FaceSeen,
    Finished,
    Image,
    Precision,
    Sampling,
)


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    first_face_s: float | None
    analysis: Analysis


def run(
    path: Path,
    checkpoint: Path,
    *,
    frames: int,
    mode: Sampling,
    budget: int = 240,
    precision: Precision = "auto",
) -> Run:
    """``analyze`` from the request to the verdict, everything included."""
    from deepfake_desktop.core.analysis import analyze

    settings = AnalysisSettings(
        frames=frames,
        sampling=mode,
        budget_frames=budget,
        checkpoint=checkpoint,
        device="cpu",
        precision=precision,
    )
    started = time.perf_counter()
    first_face_s = None
    for event in analyze(AnalysisRequest(path, settings)):
        if isinstance(event, FaceSeen) and first_face_s is None:
            first_face_s = time.perf_counter() - started
        if isinstance(event, Finished):
            return Run(time.perf_counter() - started, first_face_s, event.analysis)
    raise AssertionError("analyze ended without a result")


def decode_alone(path: Path, *, frames: int, mode: Sampling) -> float:
    """Seconds to get the pictures that the plan asks for, and do nothing with them."""
    from deepfake_desktop.core.media import open_video

    started = time.perf_counter()
    with open_video(path) as video:
        plan = video.plan(mode=mode, frames=frames, budget_frames=240)
        for _ in video.read(plan, CancelToken()):
            pass
    return time.perf_counter() - started


class NetworkAlone:
    """The network over crops that lie ready, with the engine that analyses use."""

    def __init__(self, checkpoint: Path, precision: Precision = "auto") -> None:
        from deepfake_desktop.core import threads
        from deepfake_desktop.core.checkpoints import file_for_path
        from deepfake_desktop.core.inference import open_scorer

        threads.set_once()
        self._scorer = open_scorer(file_for_path(checkpoint), "cpu", precision)

    def seconds(self, crops: list[Image]) -> float:
        started = time.perf_counter()
        self._scorer.logit(crops)
        return time.perf_counter() - started
