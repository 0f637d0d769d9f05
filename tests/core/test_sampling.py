"""Windows: where they lie, and which frames they take."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfake_desktop.core.sampling import FrameChooser, SamplingPlan, plan
from deepfake_desktop.core.types import VideoInfo


def info(
    *, duration_s: float | None, rate_hz: float | None, frame_count: int | None = None
) -> VideoInfo:
    return VideoInfo(
        path=Path("x.mp4"),
        container="mov",
        codec="h264",
        pixel_format="yuv420p",
        width_px=640,
        height_px=360,
        rotation_deg=0,
        duration_s=duration_s,
        frame_rate_hz=rate_hz,
        frame_count=frame_count,
        audio=(),
        metadata=(),
        file_size_bytes=1,
    )


def spread(duration_s: float, rate_hz: float, *, frames: int, budget: int) -> SamplingPlan:
    video = info(duration_s=duration_s, rate_hz=rate_hz)
    return plan(video, mode="spread", frames=frames, budget_frames=budget)


def taken(sampling: SamplingPlan, times: list[float]) -> list[tuple[int, float]]:
    chooser = FrameChooser(sampling)
    chosen = ((chooser.choose(time_s), time_s) for time_s in times)
    return [(window, time_s) for window, time_s in chosen if window is not None]


durations = st.floats(0.02, 8000)
rates = st.sampled_from([1.0, 5.0, 12.5, 15.0, 23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0, 120.0])
lengths = st.integers(1, 150)
budgets = st.integers(1, 1000)


@given(durations, rates, lengths, budgets)
def test_spread_windows_increase_without_overlap_inside_the_video(
    duration_s: float, rate_hz: float, frames: int, budget: int
) -> None:
    sampling = spread(duration_s, rate_hz, frames=frames, budget=budget)
    windows = sampling.windows
    assert windows
    assert windows[0].start_s >= 0
    for before, after in itertools.pairwise(windows):
        assert before.closes_s <= after.opens_s + 1e-9
    if len(windows) > 1:
        assert windows[-1].closes_s <= duration_s + 1e-6
    assert windows[-1].start_s < duration_s


@given(durations, rates, lengths, budgets)
def test_spread_keeps_the_budget_unless_one_window_is_longer(
    duration_s: float, rate_hz: float, frames: int, budget: int
) -> None:
    sampling = spread(duration_s, rate_hz, frames=frames, budget=budget)
    total = sum(window.frames for window in sampling.windows)
    assert total == sampling.expected_frames
    assert total <= max(budget, frames)
    assert all(1 <= window.frames <= frames for window in sampling.windows)


@given(st.floats(1.0, 400), rates, st.integers(1, 40), budgets)
def test_steady_video_fills_every_slot_once(
    duration_s: float, rate_hz: float, frames: int, budget: int
) -> None:
    sampling = spread(duration_s, rate_hz, frames=frames, budget=budget)
    count = max(1, int(duration_s * rate_hz + 1e-6))
    # Matroska rounds to milliseconds
    times = [round(index / rate_hz, 3) for index in range(count)]
    chosen = taken(sampling, times)
    assert [time_s for _, time_s in chosen] == sorted({time_s for _, time_s in chosen})
    per_window = [
        len(list(group)) for _, group in itertools.groupby(chosen, key=lambda item: item[0])
    ]
    # a video shorter than a window may lack the last frame
    slack = 1 if len(sampling.windows) == 1 else 0
    assert len(per_window) == len(sampling.windows)
    for got, window in zip(per_window, sampling.windows, strict=True):
        assert window.frames - slack <= got <= window.frames


@given(
    st.lists(st.floats(0.001, 3.0), min_size=1, max_size=300),
    st.integers(1, 30),
    st.integers(1, 300),
)
def test_uneven_times_never_overfill_a_window(gaps: list[float], frames: int, budget: int) -> None:
    times = [0.0, *itertools.accumulate(gaps)]
    sampling = spread(times[-1], len(times) / times[-1], frames=frames, budget=budget)
    chosen = taken(sampling, times)
    assert [time_s for _, time_s in chosen] == sorted({time_s for _, time_s in chosen})
    for index, window in enumerate(sampling.windows):
        inside = [time_s for at, time_s in chosen if at == index]
        assert len(inside) <= window.frames
        edge = 1e-9  # a time on the edge may round to either side
        assert all(window.opens_s - edge <= time_s < window.closes_s + edge for time_s in inside)


def test_one_window_per_two_and_a_half_seconds_until_the_budget_ends() -> None:
    counts = {
        duration_s: len(spread(duration_s, 25.0, frames=20, budget=240).windows)
        for duration_s in (1, 2, 5, 10, 30, 60, 3600)
    }
    assert counts == {1: 1, 2: 1, 5: 2, 10: 4, 30: 12, 60: 12, 3600: 12}


def test_frames_of_a_window_lie_eighty_milliseconds_apart() -> None:
    for rate_hz, stride in ((10.0, 1), (25.0, 2), (30.0, 2), (50.0, 4), (60.0, 5)):
        sampling = spread(60.0, rate_hz, frames=20, budget=240)
        assert sampling.windows[0].interval_s == pytest.approx(stride / rate_hz)


def test_windows_reach_into_every_part_of_a_long_video() -> None:
    sampling = spread(3600.0, 25.0, frames=20, budget=240)
    assert [int(window.start_s // 300) for window in sampling.windows] == list(range(12))


def test_a_window_longer_than_the_budget_is_still_one_window() -> None:
    sampling = spread(60.0, 25.0, frames=100, budget=30)
    assert [window.frames for window in sampling.windows] == [100]


def test_short_video_yields_what_it_has() -> None:
    sampling = spread(1.0, 25.0, frames=100, budget=240)
    assert len(taken(sampling, [index / 25 for index in range(25)])) == 13


def test_unknown_duration_starts_at_the_beginning_and_keeps_the_budget() -> None:
    sampling = spread(None, None, frames=20, budget=60)
    assert [window.start_s for window in sampling.windows] == [0.0, 2.5, 5.0]


def spread_at(
    keyframes_s: Sequence[float],
    *,
    duration_s: float = 10.0,
    rate_hz: float = 25.0,
    frames: int = 10,
    budget: int = 240,
) -> SamplingPlan:
    video = info(duration_s=duration_s, rate_hz=rate_hz)
    return plan(video, mode="spread", frames=frames, budget_frames=budget, keyframes_s=keyframes_s)


def lead_s(sampling: SamplingPlan, keyframes_s: Sequence[float]) -> float:
    """Seconds decoded before and between windows: from the last keyframe, or the last window."""
    total, decoded_s = 0.0, 0.0
    for window in sampling.windows:
        from_s = max([decoded_s, *(key_s for key_s in keyframes_s if key_s <= window.opens_s)])
        total += max(0.0, window.opens_s - from_s)
        decoded_s = window.closes_s
    return total


@given(
    st.floats(0.5, 300),
    rates,
    st.integers(1, 60),
    budgets,
    st.lists(st.floats(0.02, 12), min_size=1, max_size=150),
    st.floats(-0.5, 1.0),
)
def test_keyframes_move_windows_within_their_shares_and_save_decoding(
    duration_s: float, rate_hz: float, frames: int, budget: int, gaps: list[float], first_s: float
) -> None:
    keyframes_s = list(itertools.accumulate(gaps, initial=first_s))
    choice = {"duration_s": duration_s, "rate_hz": rate_hz, "frames": frames, "budget": budget}
    before = spread_at((), **choice)
    after = spread_at(keyframes_s, **choice)
    assert len(after.windows) == len(before.windows)
    assert after.expected_frames == before.expected_frames
    share_s = duration_s / len(after.windows)
    for index, (window, middle) in enumerate(zip(after.windows, before.windows, strict=True)):
        assert window.frames == middle.frames
        if window.at_keyframe:
            assert window.start_s in keyframes_s
            centre_s = window.start_s + window.frames * window.interval_s / 2
            assert index * share_s - 1e-9 <= centre_s <= (index + 1) * share_s + 1e-9
        else:
            assert window == middle
    assert after.windows[0].start_s >= 0
    for one, other in itertools.pairwise(after.windows):
        assert one.closes_s <= other.opens_s + 1e-9
    if len(after.windows) > 1:
        assert after.windows[-1].closes_s <= duration_s + 1e-6
    frame_s = 1 / rate_hz  # a lead of less than a frame holds none
    slack_s = 2 * frame_s * len(after.windows)
    assert lead_s(after, keyframes_s) <= lead_s(before, keyframes_s) + slack_s


def test_windows_go_to_the_nearest_keyframe() -> None:
    sampling = spread_at([0.0, 2.0, 4.0, 6.0, 8.0], rate_hz=30.0, frames=20)
    assert [window.start_s for window in sampling.windows] == [0.0, 4.0, 6.0, 8.0]
    sampling = spread_at([2.0 * index for index in range(150)], duration_s=300.0, frames=20)
    middles = [window.start_s for window in spread_at((), duration_s=300.0, frames=20).windows]
    moved = [window.start_s for window in sampling.windows]
    assert all(abs(one - other) <= 1.0 for one, other in zip(moved, middles, strict=True))
    assert all(start_s % 2 == 0 for start_s in moved)


@pytest.mark.parametrize(
    "keyframes_s",
    [[0.0], [0.0, 8.0], [index / 25 for index in range(250)], [-1.0, -0.5, 11.0, 12.0, 13.0]],
    ids=["one", "far apart", "every frame", "outside"],
)
def test_windows_stay_where_keyframes_save_nothing(keyframes_s: list[float]) -> None:
    assert spread_at(keyframes_s) == spread_at(())


def test_a_window_at_a_keyframe_takes_nothing_before_it() -> None:
    sampling = spread_at([0.0, 1.99, 4.01, 6.0, 8.0], rate_hz=10.0)
    window = next(window for window in sampling.windows if window.at_keyframe and window.start_s)
    times = [window.start_s + (index - 1) * 0.1 + 0.06 for index in range(6)]
    index = sampling.windows.index(window)
    chooser = FrameChooser(
        SamplingPlan("spread", 10, sampling.windows[index:], open_ended=False, expected_frames=None)
    )
    assert [chooser.choose(time_s) for time_s in times][:2] == [None, 0]


def test_opening_takes_the_first_frames_whatever_their_times() -> None:
    sampling = plan(info(duration_s=9.0, rate_hz=25.0), mode="opening", frames=4, budget_frames=2)
    assert taken(sampling, [0.0, 0.5, 0.51, 4.0, 8.0]) == [(0, 0.0), (0, 0.5), (0, 0.51), (0, 4.0)]


@given(st.integers(1, 50), st.integers(1, 200))
def test_every_takes_all_frames_in_windows_of_n(frames: int, count: int) -> None:
    sampling = plan(
        info(duration_s=9.0, rate_hz=25.0, frame_count=count),
        mode="every",
        frames=frames,
        budget_frames=1,
    )
    chosen = taken(sampling, [index / 25 for index in range(count)])
    assert [window for window, _ in chosen] == [index // frames for index in range(count)]
    assert sampling.expected_frames == count


@pytest.mark.parametrize(("frames", "budget"), [(0, 240), (-1, 240), (20, 0)])
def test_counts_below_one_are_refused(frames: int, budget: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        spread(9.0, 25.0, frames=frames, budget=budget)
