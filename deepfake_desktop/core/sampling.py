"""Which frames are looked at: windows of N frames, placed over the video.

Pure: a ``VideoInfo`` and the user's choice go in, times come out. Whoever reads the video
(``media.Video.read``) asks a ``FrameChooser`` about every presentation time in increasing order.
The answer depends on the times alone, so it is the same whether the reader arrived by decoding
from the start or by seeking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from deepfake_desktop.core.types import Sampling, VideoInfo

INTERVAL_S = 0.08
"""Frames of a window lie about this far apart (``spread``): a face moves between two of them."""

SECONDS_PER_WINDOW = 2.5
"""``spread`` takes one window per so many seconds of video, as far as the budget goes."""

FALLBACK_RATE_HZ = 25.0
"""Assumed where neither the container nor a count of its frames tells a rate."""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """``frames`` slots of ``interval_s``, the first around ``start_s``.

    Each slot takes the first frame shown in it; a slot without one stays empty. An ``interval_s``
    of 0 means consecutive frames: the first ``frames`` shown from ``start_s`` on.
    ``tolerance_s``, half a frame, lets rounded timestamps stay in their slot.
    """

    start_s: float
    frames: int
    interval_s: float
    tolerance_s: float = 0.0

    @property
    def opens_s(self) -> float:
        """No frame before this time belongs to the window."""
        return self.start_s - self.tolerance_s

    @property
    def closes_s(self) -> float:
        """No frame from this time on belongs to the window; infinite for consecutive frames."""
        if self.interval_s <= 0:
            return math.inf
        return self.start_s - self.tolerance_s + self.frames * self.interval_s


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """Windows in increasing time, without overlap.

    ``open_ended`` (``every``): no list of windows, but consecutive windows of ``frames`` frames
    until the video ends.
    """

    mode: Sampling
    frames: int
    windows: tuple[WindowPlan, ...]
    open_ended: bool
    expected_frames: int | None
    """How many frames at most; None where the container does not tell."""


def plan(info: VideoInfo, *, mode: Sampling, frames: int, budget_frames: int) -> SamplingPlan:
    """Place the windows.

    ``spread``: about one window per ``SECONDS_PER_WINDOW``, at most ``budget_frames // frames``,
    at least one, each in the middle of its share of the video. Frames within a window lie about
    ``INTERVAL_S`` apart: a whole number of frames, at least one. A video shorter than one window
    yields the frames it has. ``opening``: the first ``frames`` frames. ``every``: all of them.

    Args:
        info: what the container says; an unknown duration starts windows from the beginning.
        mode: see above.
        frames: N, the network's sequence length, at least 1.
        budget_frames: at most this many frames in ``spread``, unless one window is longer.

    Raises:
        ValueError: if ``frames`` or ``budget_frames`` is below 1.
    """
    if frames < 1 or budget_frames < 1:
        raise ValueError(f"frames and budget must be at least 1, got {frames}, {budget_frames}")
    if mode == "every":
        return SamplingPlan(
            mode=mode, frames=frames, windows=(), open_ended=True, expected_frames=info.frame_count
        )
    if mode == "opening":
        known = info.frame_count
        return SamplingPlan(
            mode=mode,
            frames=frames,
            windows=(WindowPlan(start_s=0.0, frames=frames, interval_s=0.0),),
            open_ended=False,
            expected_frames=frames if known is None else min(frames, known),
        )
    windows = _spread(info, frames=frames, budget_frames=budget_frames)
    return SamplingPlan(
        mode=mode,
        frames=frames,
        windows=windows,
        open_ended=False,
        expected_frames=sum(window.frames for window in windows),
    )


def _spread(info: VideoInfo, *, frames: int, budget_frames: int) -> tuple[WindowPlan, ...]:
    rate_hz = info.frame_rate_hz or FALLBACK_RATE_HZ
    interval_s = max(1, round(rate_hz * INTERVAL_S)) / rate_hz
    span_s = frames * interval_s
    tolerance_s = 0.5 / rate_hz
    affordable = max(1, budget_frames // frames)
    duration_s = info.duration_s
    if duration_s is None or duration_s <= 0:
        pitch_s = max(span_s, SECONDS_PER_WINDOW)
        return tuple(
            WindowPlan(index * pitch_s, frames, interval_s, tolerance_s)
            for index in range(affordable)
        )
    if duration_s <= span_s:
        held = min(frames, max(1, math.ceil(duration_s / interval_s - 0.25)))
        return (WindowPlan(0.0, held, interval_s, tolerance_s),)
    fitting = max(1, math.floor(duration_s / span_s))
    wanted = max(1, round(duration_s / SECONDS_PER_WINDOW))
    count = min(fitting, wanted, affordable)
    share_s = duration_s / count
    # Whole frames, rounded down: windows keep their distance, the last ends inside the video.
    return tuple(
        WindowPlan(
            math.floor((index * share_s + (share_s - span_s) / 2) * rate_hz + 1e-6) / rate_hz,
            frames,
            interval_s,
            tolerance_s,
        )
        for index in range(count)
    )


class FrameChooser:
    """Says of each presentation time, asked in increasing order, which window takes the frame."""

    def __init__(self, sampling: SamplingPlan) -> None:
        self._plan = sampling
        self._window = 0
        self._next_slot = 0

    def choose(self, time_s: float) -> int | None:
        """Index of the window that takes the frame at ``time_s``, or None."""
        if self._plan.open_ended:
            window = self._window
            self._next_slot += 1
            if self._next_slot == self._plan.frames:
                self._window, self._next_slot = window + 1, 0
            return window
        while (window_plan := self.current) is not None:
            if time_s < window_plan.opens_s:
                return None
            if window_plan.interval_s > 0:
                slot = math.floor((time_s - window_plan.opens_s) / window_plan.interval_s)
            else:
                slot = self._next_slot
            if slot >= window_plan.frames:
                self._window, self._next_slot = self._window + 1, 0
                continue
            if slot < self._next_slot:
                return None
            window = self._window
            self._next_slot = slot + 1
            if self._next_slot >= window_plan.frames:
                self._window, self._next_slot = window + 1, 0
            return window
        return None

    @property
    def current(self) -> WindowPlan | None:
        """The window that still waits for frames; None when all are served or it is open-ended."""
        if self._plan.open_ended or self._window >= len(self._plan.windows):
            return None
        return self._plan.windows[self._window]

    @property
    def is_done(self) -> bool:
        return not self._plan.open_ended and self._window >= len(self._plan.windows)
