"""Which box belongs to which moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfake_desktop.core.types import FaceBox, Thresholds, TimedBox, TrackResult
from deepfake_desktop.ui.player_boxes import (
    GUESSED_GAP_S,
    HOLD_S,
    MEASURED_GAP_S,
    TrackBoxes,
    boxes_at,
    next_moment,
    previous_moment,
    suspicious_moments,
)
from tests.ui import sample_results as sample


def track_of(*places: tuple[float, float]) -> TrackResult:
    """A track whose box starts at ``left`` at each time."""
    boxes = tuple(
        TimedBox(time_s, FaceBox(left, 10.0, left + 50, 70.0), detected=True)
        for time_s, left in places
    )
    one = sample.track(1, [0.9])
    return replace(one, boxes=boxes, first_s=boxes[0].time_s, last_s=boxes[-1].time_s)


def test_an_examined_frame_has_exactly_its_own_box() -> None:
    track = TrackBoxes.of(track_of((1.0, 100.0), (1.08, 140.0)))
    found = track.at(1.08)
    assert found is not None
    assert found.known
    assert found.box.left_px == 140.0


def test_between_two_samples_the_box_moves_on_a_straight_line() -> None:
    found = TrackBoxes.of(track_of((1.0, 100.0), (1.1, 200.0))).at(1.025)
    assert found is not None
    assert found.known
    assert found.box.left_px == pytest.approx(125.0)
    assert found.box.width_px == pytest.approx(50.0)


def test_over_a_longer_gap_the_box_is_a_guess() -> None:
    gap = (MEASURED_GAP_S + GUESSED_GAP_S) / 2
    found = TrackBoxes.of(track_of((1.0, 100.0), (1.0 + gap, 200.0))).at(1.0 + gap / 2)
    assert found is not None
    assert not found.known


def test_over_a_long_gap_there_is_no_box() -> None:
    track = TrackBoxes.of(track_of((1.0, 100.0), (6.0, 200.0)))
    assert track.at(3.0) is None
    assert track.at(1.0 + HOLD_S / 2) is not None
    assert track.at(6.0 - HOLD_S / 2) is not None


def test_outside_the_track_there_is_no_box() -> None:
    track = TrackBoxes.of(track_of((1.0, 100.0), (1.1, 100.0)))
    assert track.at(1.0 - 2 * HOLD_S) is None
    assert track.at(1.1 + 2 * HOLD_S) is None


@given(st.floats(0.0, 12.0))
def test_a_box_is_never_outside_what_was_seen(time_s: float) -> None:
    track = track_of((1.0, 100.0), (1.2, 180.0), (2.5, 20.0), (9.0, 60.0))
    for found in boxes_at([TrackBoxes.of(track)], time_s):
        assert 20.0 <= found.box.left_px <= 180.0
        assert 1.0 - HOLD_S <= time_s <= 9.0 + HOLD_S


def test_the_score_is_that_of_the_window_around_the_moment() -> None:
    track = sample.track(1, [0.2, 0.9], pitch_s=3.0, length_s=1.6)
    boxes = TrackBoxes.of(track)
    assert boxes.score_at(0.5) == 0.2
    assert boxes.score_at(3.5) == 0.9
    assert boxes.score_at(2.2) is None


def test_suspicious_moments_are_the_windows_on_the_fake_side() -> None:
    tracks = (
        sample.track(1, [0.9, 0.2, 0.8], pitch_s=3.0),
        sample.track(2, [0.95], first_s=0.1),
    )
    limits = Thresholds(real=0.4, fake=0.75)
    assert suspicious_moments(tracks, limits) == (0.0, 6.0)
    assert suspicious_moments(tracks, Thresholds(real=0.4, fake=0.99)) == ()


def test_moments_are_walked_in_both_directions_and_around() -> None:
    moments = (1.0, 4.0, 9.0)
    assert next_moment(moments, 1.0) == 4.0
    assert next_moment(moments, 9.0) == 1.0
    assert previous_moment(moments, 4.0) == 1.0
    assert previous_moment(moments, 1.0) == 9.0
    assert next_moment((), 1.0) is None
    assert previous_moment((), 1.0) is None


def test_boxes_that_come_one_by_one_are_those_of_the_whole() -> None:
    track = sample.track(1, [0.2, 0.9, 0.5])
    whole, grown = TrackBoxes.of(track), TrackBoxes(1)
    for timed in reversed(track.boxes):
        grown.add_box(timed)
    for window in reversed(track.windows):
        grown.add_window(window)
    for step in range(80):
        assert grown.at(step * 0.1) == whole.at(step * 0.1)
