"""Which frames are looked at: windows of N frames, placed over the video.

Pure: a ``VideoInfo``, the times of its keyframes and the user's choice go in, times come out.
Whoever reads the video (``media.Video.read``) asks a ``FrameChooser`` about every presentation time
in increasing order. The answer depends on the times alone, so it is the same whether the reader
arrived by decoding from the start or by seeking.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deepfake_desktop.core.types import Sampling, VideoInfo

INTERVAL_S = 0.08
"""Frames of a window lie about this far apart (``spread``): a face moves between two of them."""

SECONDS_PER_WINDOW = 2.5
"""``spread`` takes one window per so many seconds of video, as far as the budget goes."""

FALLBACK_RATE_HZ = 25.0
"""Assumed where neither the container nor a count of its frames tells a rate."""

_WORTH_MOVING = 0.1
"""A window moves to a keyframe where this share of the way is saved in seconds to decode."""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """``frames`` slots of ``interval_s``, the first around ``start_s``.

    Each slot takes the first frame shown in it; a slot without one stays empty. An ``interval_s``
    of 0 means consecutive frames: the first ``frames`` shown from ``start_s`` on.
    ``tolerance_s``, half a frame, lets rounded timestamps stay in their slot. A window
    ``at_keyframe`` takes nothing before ``start_s``: what lies there costs more to decode.
    """

    start_s: float
    frames: int
    interval_s: float
    tolerance_s: float = 0.0
    at_keyframe: bool = False

    @property
    def opens_s(self) -> float:
        """No frame before this time belongs to the window."""
        return self.start_s if self.at_keyframe else self.start_s - self.tolerance_s

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


def plan(
    info: VideoInfo,
    *,
    mode: Sampling,
    frames: int,
    budget_frames: int,
    keyframes_s: Sequence[float] = (),
) -> SamplingPlan:
    """Place the windows.

    ``spread``: about one window per ``SECONDS_PER_WINDOW``, at most ``budget_frames // frames``,
    at least one, each in the middle of its share of the video, or at a keyframe near by where
    fewer frames are decoded for it (``_at_keyframes``). Frames within a window lie about
    ``INTERVAL_S`` apart: a whole number of frames, at least one. A video shorter than one window
    yields the frames it has. ``opening``: the first ``frames`` frames. ``every``: all of them.

    Args:
        info: what the container says; an unknown duration starts windows from the beginning.
        mode: see above.
        frames: N, the network's sequence length, at least 1.
        budget_frames: at most this many frames in ``spread``, unless one window is longer.
        keyframes_s: when keyframes are shown, increasing; empty where that is not known.

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
    windows = _spread(info, frames=frames, budget_frames=budget_frames, keyframes_s=keyframes_s)
    return SamplingPlan(
        mode=mode,
        frames=frames,
        windows=windows,
        open_ended=False,
        expected_frames=sum(window.frames for window in windows),
    )


def _spread(
    info: VideoInfo, *, frames: int, budget_frames: int, keyframes_s: Sequence[float]
) -> tuple[WindowPlan, ...]:
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
    middles = tuple(
        WindowPlan(
            math.floor((index * share_s + (share_s - span_s) / 2) * rate_hz + 1e-6) / rate_hz,
            frames,
            interval_s,
            tolerance_s,
        )
        for index in range(count)
    )
    dense = len(keyframes_s) * 1.5 > duration_s * rate_hz  # every frame, or nearly
    if dense or len(keyframes_s) <= count:
        return middles
    return _at_keyframes(middles, keyframes_s, share_s=share_s, frame_s=1 / rate_hz)


@dataclass(frozen=True, slots=True)
class _Chain:
    """Windows up to ``window``, and what they cost together."""

    cost_s: float
    window: WindowPlan
    before: _Chain | None


def _at_keyframes(
    middles: Sequence[WindowPlan], keyframes_s: Sequence[float], *, share_s: float, frame_s: float
) -> tuple[WindowPlan, ...]:
    """Move windows so that little is decoded between them.

    The decoder starts at the last keyframe before a window, or goes on from the window before. A
    window may stay, or move to the nearest keyframe on either side as long as its middle stays in
    its share of the video. Of all such choices without overlap, the one that leaves the least to
    decode, plus ``_WORTH_MOVING`` of the way.
    """
    span_s = middles[0].frames * middles[0].interval_s
    last_s = share_s * len(middles) - span_s
    chains = [_Chain(0.0, replace(middles[0], start_s=-span_s), None)]
    for index, middle in enumerate(middles):
        earliest_s = max(0.0, index * share_s - span_s / 2)
        latest_s = min((index + 1) * share_s - span_s / 2, last_s)
        nearest = bisect_left(keyframes_s, middle.start_s)
        choices = [middle] + [
            replace(middle, start_s=key_s, at_keyframe=True)
            for key_s in keyframes_s[max(0, nearest - 1) : nearest + 1]
            if earliest_s <= key_s <= latest_s
        ]
        longer = []
        for window in choices:
            moved_s = abs(window.start_s - middle.start_s)
            reached = [
                _Chain(
                    chain.cost_s
                    + _lead_s(chain.window, window, keyframes_s, frame_s)
                    + _WORTH_MOVING * moved_s,
                    window,
                    chain,
                )
                for chain in chains
                if chain.window.closes_s <= window.opens_s + 1e-9
            ]
            if reached:
                longer.append(min(reached, key=lambda chain: chain.cost_s))
        chains = longer
    chain = min(chains, key=lambda chain: chain.cost_s)
    windows = []
    while chain.before is not None:
        windows.append(chain.window)
        chain = chain.before
    return tuple(reversed(windows))


def _lead_s(
    before: WindowPlan, window: WindowPlan, keyframes_s: Sequence[float], frame_s: float
) -> float:
    """Seconds that are decoded for nothing between two windows."""
    at = bisect_right(keyframes_s, window.opens_s)
    from_s = max(before.closes_s, keyframes_s[at - 1] if at else 0.0)
    lead_s = window.opens_s - from_s
    return lead_s if lead_s > frame_s else 0.0


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
                offset_s = time_s - window_plan.start_s + window_plan.tolerance_s
                slot = math.floor(offset_s / window_plan.interval_s)
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
