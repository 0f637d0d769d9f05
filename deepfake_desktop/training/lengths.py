"""Shorter windows out of long ones: every sequence length from one decoding.

A clip's faces are found once, in windows of the longest length. ``recut`` cuts these into windows
of N frames, as many as ``sampling`` would take and each in the middle of its share. They differ
from the engine's own windows of N only in where exactly they begin.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepfake_desktop.core.patches import PATCH_EVERY, PatchPair
from deepfake_desktop.core.sampling import SECONDS_PER_WINDOW
from deepfake_desktop.core.stages import TRACE_EVERY_S, FaceSequence, WindowOfFaces
from deepfake_desktop.core.traces import Floats
from deepfake_desktop.core.types import AnalysisSettings, CancelToken
from deepfake_desktop.training.crop_store import ClipFaces, StoredEngine
from deepfake_desktop.training.scoring import Examined, Job


def recut(faces: ClipFaces, frames: int) -> ClipFaces:
    """The same clip in windows of ``frames`` frames.

    Raises:
        ValueError: if ``frames`` is below 1.
    """
    if frames < 1:
        raise ValueError(f"a window holds at least one frame, not {frames}")
    windows: list[WindowOfFaces] = []
    times: list[float] = []
    start = 0
    for window in faces.windows:
        seen = faces.end.frame_times_s[start : start + window.frames]
        start += window.frames
        for first in _starts(seen, frames):
            chosen = seen[first : first + frames]
            times += chosen
            windows.append(_part(window, chosen))
    with_face = {
        box.time_s for window in windows for sequence in window.sequences for box in sequence.boxes
    }
    end = replace(faces.end, frame_times_s=tuple(times), frames_with_face=len(with_face))
    return ClipFaces(tuple(windows), end)


def _starts(times_s: tuple[float, ...], frames: int) -> list[int]:
    """Where the windows begin, as indices into ``times_s``."""
    count = len(times_s)
    if count <= frames:
        return [0] if count else []
    length_s = (times_s[-1] - times_s[0]) * count / (count - 1)
    wanted = max(1, round(length_s / SECONDS_PER_WINDOW))
    windows = min(count // frames, wanted)
    share = count / windows
    return [int(index * share + (share - frames) / 2) for index in range(windows)]


def _part(window: WindowOfFaces, times_s: tuple[float, ...]) -> WindowOfFaces:
    low, high = times_s[0], times_s[-1]
    parts = []
    for whole in window.sequences:
        kept = [k for k, box in enumerate(whole.boxes) if low <= box.time_s <= high]
        if kept:
            parts.append(
                FaceSequence(
                    whole.person,
                    [whole.crops[k] for k in kept],
                    [whole.boxes[k] for k in kept],
                    [whole.sharpness[k] for k in kept],
                    round(whole.searched * len(kept) / len(whole.boxes)),
                    *_native(whole, low, high),
                )
            )
    return WindowOfFaces(len(times_s), tuple(parts))


def _native(
    whole: FaceSequence, low_s: float, high_s: float
) -> tuple[list[Floats], list[PatchPair]]:
    """The traces measured and the patches cut within a part. Its first frame has no traces of a
    change; its patches are those of the whole, which may begin a few frames later."""
    if not whole.traces:
        return [], []
    measured, last = [], float("-inf")
    for box in whole.boxes:  # as FaceSequence.measure chose them
        if box.time_s - last >= TRACE_EVERY_S:
            measured.append(box.time_s)
            last = box.time_s
    inside = [low_s <= time_s <= high_s for time_s in measured]
    traces = [trace.copy() for trace, kept in zip(whole.traces, inside, strict=True) if kept]
    if traces:
        traces[0][np.isnan(whole.traces[0])] = np.nan  # as the sequence's own first frame
    starts = range(0, PATCH_EVERY * len(whole.patches), PATCH_EVERY)
    patches = [
        pair for pair, k in zip(whole.patches, starts, strict=True) if inside[k] and inside[k + 1]
    ]
    return traces, patches


class RecutEngine:
    """An ``Engine`` for any length up to ``longest``, on faces found once."""

    def __init__(self, stored: StoredEngine, longest: int) -> None:
        self._stored = stored
        self._longest = longest
        self._suffix = f":cut from {longest}"

    def job(self, job: Job) -> Job:
        """The job under which a recut score is kept: it is not quite the engine's own."""
        return replace(job, video_id=job.video_id + self._suffix)

    def __call__(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> Examined:
        whole = replace(job, video_id=job.video_id.removesuffix(self._suffix))
        faces = self._stored.faces(whole, replace(settings, frames=self._longest), cancel)
        return self._stored.score(recut(faces, settings.frames), cancel)
