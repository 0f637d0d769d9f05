"""Which face boxes belong to a moment, and which moments are worth jumping to. No widgets here."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deepfake_desktop.core.types import FaceBox, Thresholds, TimedBox, TrackResult, WindowScore

MEASURED_GAP_S = 0.25
"""Up to this distance between two examined frames, a box between them counts as known."""

GUESSED_GAP_S = 2.0
"""Up to this distance it is drawn as a guess (dashed); beyond it nothing is drawn."""

HOLD_S = 0.1
"""How long a box without a neighbour is held: about one sampling step."""

MOMENT_SPACING_S = 0.25


@dataclass(frozen=True, slots=True)
class BoxAtTime:
    """One face at one moment. ``known`` is false where the box is guessed between far samples.

    ``p_fake`` is the score of the window around that moment, None where none was made.
    """

    track_id: int
    box: FaceBox
    known: bool
    p_fake: float | None


class TrackBoxes:
    """The boxes and windows of one person by time, ready to be asked for any moment.

    They may all be known from the start, or come one by one while an analysis runs.
    """

    def __init__(
        self, track_id: int, boxes: Iterable[TimedBox] = (), windows: Iterable[WindowScore] = ()
    ) -> None:
        self.track_id = track_id
        self._boxes: list[TimedBox] = sorted(boxes, key=_time)
        self._windows: list[WindowScore] = sorted(windows, key=_start)

    @classmethod
    def of(cls, track: TrackResult) -> TrackBoxes:
        return cls(track.id, track.boxes, track.windows)

    def add_box(self, timed: TimedBox) -> None:
        insort(self._boxes, timed, key=_time)

    def add_window(self, window: WindowScore) -> None:
        insort(self._windows, window, key=_start)

    def score_at(self, time_s: float) -> float | None:
        """The calibrated score of the latest window that covers ``time_s``."""
        index = bisect_right(self._windows, time_s + 1e-6, key=_start) - 1
        while index >= 0 and self._windows[index].start_s > time_s - 60.0:
            if self._windows[index].end_s >= time_s - 1e-6:
                return self._windows[index].p_fake
            if index < bisect_right(self._windows, time_s, key=_start) - 4:
                break
            index -= 1
        return None

    def at(self, time_s: float) -> BoxAtTime | None:
        """The face at ``time_s``, or None outside the track and in long gaps inside it."""
        right = bisect_right(self._boxes, time_s + 1e-6, key=_time)
        before = self._boxes[right - 1] if right > 0 else None
        after = self._boxes[right] if right < len(self._boxes) else None
        found = _between(before, after, time_s)
        if found is None:
            return None
        box, known = found
        return BoxAtTime(self.track_id, box, known, self.score_at(time_s))


def _time(timed: TimedBox) -> float:
    return timed.time_s


def _start(window: WindowScore) -> float:
    return window.start_s


def _between(
    before: TimedBox | None, after: TimedBox | None, time_s: float
) -> tuple[FaceBox, bool] | None:
    if before is not None and abs(before.time_s - time_s) < 1e-3:
        return before.box, True
    if before is not None and after is not None:
        gap = after.time_s - before.time_s
        if gap <= GUESSED_GAP_S:
            weight = (time_s - before.time_s) / gap
            return _blend(before.box, after.box, weight), gap <= MEASURED_GAP_S
    if before is not None and time_s - before.time_s <= HOLD_S:
        return before.box, True
    if after is not None and after.time_s - time_s <= HOLD_S:
        return after.box, True
    return None


def _blend(one: FaceBox, other: FaceBox, weight: float) -> FaceBox:
    def mix(a: float, b: float) -> float:
        return a + (b - a) * weight

    return FaceBox(
        mix(one.left_px, other.left_px),
        mix(one.top_px, other.top_px),
        mix(one.right_px, other.right_px),
        mix(one.bottom_px, other.bottom_px),
    )


def boxes_at(tracks: Iterable[TrackBoxes], time_s: float) -> tuple[BoxAtTime, ...]:
    """All faces on screen at ``time_s``."""
    found = (track.at(time_s) for track in tracks)
    return tuple(box for box in found if box is not None)


def suspicious_moments(tracks: Sequence[TrackResult], thresholds: Thresholds) -> tuple[float, ...]:
    """Starts of all windows that score as fake, sorted, none closer than ``MOMENT_SPACING_S``."""
    starts = sorted(
        window.start_s
        for track in tracks
        for window in track.windows
        if window.p_fake >= thresholds.fake
    )
    moments: list[float] = []
    for start in starts:
        if not moments or start - moments[-1] >= MOMENT_SPACING_S:
            moments.append(start)
    return tuple(moments)


def next_moment(moments: Sequence[float], time_s: float) -> float | None:
    """The first moment after ``time_s``; after the last one it begins again."""
    if not moments:
        return None
    index = bisect_right(moments, time_s + 1e-3)
    return moments[index] if index < len(moments) else moments[0]


def previous_moment(moments: Sequence[float], time_s: float) -> float | None:
    """The last moment before ``time_s``; before the first one it begins again from the end."""
    earlier = [moment for moment in moments if moment < time_s - 1e-3]
    if earlier:
        return earlier[-1]
    return moments[-1] if moments else None
