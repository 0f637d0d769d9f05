from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfake_desktop.core.patches import PATCH_EVERY
from deepfake_desktop.core.stages import EndOfFaces, FaceSequence, WindowOfFaces
from deepfake_desktop.core.types import FaceBox, TimedBox
from deepfake_desktop.training.crop_store import ClipFaces
from deepfake_desktop.training.lengths import recut

BOX = FaceBox(0.0, 0.0, 10.0, 10.0)


def _sequence(person: int, times_s: list[float]) -> FaceSequence:
    crops = [np.full((2, 2, 3), round(t / 0.08) % 256, np.uint8) for t in times_s]
    boxes = [TimedBox(t, BOX, True) for t in times_s]
    return FaceSequence(person, crops, boxes, [50.0] * len(times_s), len(times_s) // 4)


def _clip(frames: int) -> ClipFaces:
    """One window; person 1 in all of it, person 2 in its second half."""
    times = [round(0.08 * k, 4) for k in range(frames)]
    sequences = (_sequence(1, times), _sequence(2, times[frames // 2 :]))
    return ClipFaces((WindowOfFaces(frames, sequences),), EndOfFaces(tuple(times), frames, 0.0))


def test_eight_seconds_give_as_many_windows_as_sampling_takes() -> None:
    clip = _clip(100)
    counts = {n: [w.frames for w in recut(clip, n).windows] for n in (1, 10, 20, 40, 60, 80, 100)}
    assert counts == {
        1: [1] * 3, 10: [10] * 3, 20: [20] * 3, 40: [40] * 2, 60: [60], 80: [80], 100: [100],
    }  # fmt: skip


def test_a_window_is_placed_in_the_middle_of_its_share() -> None:
    cut = recut(_clip(100), 20)
    starts = [window.sequences[0].boxes[0].time_s for window in cut.windows]
    assert starts == pytest.approx([0.48, 3.2, 5.84], abs=0.081)


def test_people_stay_apart_and_only_where_they_were_seen() -> None:
    first, middle, last = recut(_clip(100), 20).windows
    assert [s.person for s in first.sequences] == [1]
    assert [s.person for s in last.sequences] == [1, 2]
    assert [len(s.crops) for s in last.sequences] == [20, 20]
    assert [s.person for s in middle.sequences] == [1, 2]
    assert len(middle.sequences[1].crops) < 20


def test_a_short_clip_is_one_window_of_what_it_has() -> None:
    cut = recut(_clip(12), 40)
    assert [w.frames for w in cut.windows] == [12]
    assert cut.end.frames_with_face == 12


def test_no_face_stays_no_face() -> None:
    clip = ClipFaces((WindowOfFaces(30, ()),), EndOfFaces(tuple(np.arange(30) * 0.08), 0, 0.0))
    cut = recut(clip, 10)
    assert all(not window.sequences for window in cut.windows)
    assert cut.end.frames_with_face == 0


@given(st.integers(1, 120), st.integers(1, 120))
def test_windows_are_full_in_order_and_do_not_overlap(held: int, frames: int) -> None:
    cut = recut(_clip(held), frames)
    times = cut.end.frame_times_s
    assert list(times) == sorted(set(times))
    assert all(window.frames == min(frames, held) for window in cut.windows)
    for window in cut.windows:
        for sequence in window.sequences:
            for crop, box in zip(sequence.crops, sequence.boxes, strict=True):
                assert crop[0, 0, 0] == round(box.time_s / 0.08) % 256


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        recut(_clip(10), 0)


def test_traces_are_cut_with_their_frames_and_begin_without_a_difference() -> None:
    whole = _clip(40)
    sequence = whole.windows[0].sequences[0]
    sequence.traces = [np.full((3, 9), k, np.float32) for k in range(40)]
    sequence.traces[0][:, 6:] = np.nan
    for window in recut(whole, 10).windows:
        part = window.sequences[0]
        first = round(part.boxes[0].time_s / 0.08)
        assert len(part.traces) == 10
        assert np.isnan(part.traces[0][:, 6:]).all()
        assert (part.traces[0][:, :6] == first).all()
        assert [int(t[0, 0]) for t in part.traces] == list(range(first, first + 10))
        assert not np.isnan(part.traces[1]).any()
    assert not np.isnan(sequence.traces[0][:, :6]).any()


def test_patches_go_with_the_two_frames_they_are_made_of() -> None:
    whole = _clip(40)
    sequence = whole.windows[0].sequences[0]
    sequence.traces = [np.full((3, 9), k, np.float32) for k in range(40)]
    sequence.patches = [np.full((2, 2, 1, 1, 4), k, np.uint8) for k in range(0, 40, PATCH_EVERY)]
    for window in recut(whole, 20).windows:
        part = window.sequences[0]
        first = round(part.boxes[0].time_s / 0.08)
        expected = [k for k in range(0, 40, PATCH_EVERY) if first <= k and k + 1 < first + 20]
        assert [int(pair[0, 0, 0, 0, 0]) for pair in part.patches] == expected
        assert expected
