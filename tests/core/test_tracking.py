from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfake_desktop.core.faces import Encoding, overlap
from deepfake_desktop.core.tracking import FaceTracker, SeenFace
from deepfake_desktop.core.types import FaceBox, Frame, Image

WIDTH, HEIGHT = 320, 180
SIDE = 40
RATE_HZ = 12.5

Scene = Mapping[int, tuple[float, float]]
"""Who is in a frame, and the upper left corner of each face."""


def _box(corner: tuple[float, float]) -> FaceBox:
    return FaceBox(corner[0], corner[1], corner[0] + SIDE, corner[1] + SIDE)


def _texture(person: int) -> Image:
    pattern = np.random.default_rng(person).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.kron(pattern, np.ones((SIDE // 8, SIDE // 8, 1), dtype=np.uint8))


def _frame(index: int, scene: Scene, background: int = 90) -> Frame:
    image = np.full((HEIGHT, WIDTH, 3), background, dtype=np.uint8)
    for person, (x, y) in scene.items():
        image[int(y) : int(y) + SIDE, int(x) : int(x) + SIDE] = _texture(person)
    return Frame(index / RATE_HZ, image)


class PaintedFaces:
    """Finds the textures that the test painted, and counts how often it was asked."""

    detector = "hog"

    def __init__(self, hidden: Sequence[int] = ()) -> None:
        self.scenes: dict[int, Scene] = {}
        self.hidden = hidden
        self.full_searches = 0
        self.searches = 0

    def paint(self, index: int, scene: Scene, background: int = 90) -> Frame:
        frame = _frame(index, scene, background)
        self.scenes[id(frame.image)] = {} if index in self.hidden else scene
        return frame

    def everywhere(self, image: Image) -> tuple[FaceBox, ...]:
        self.full_searches += 1
        return tuple(_box(corner) for corner in self.scenes[id(image)].values())

    def near(self, image: Image, box: FaceBox) -> FaceBox | None:
        self.searches += 1
        found = [_box(corner) for corner in self.scenes[id(image)].values()]
        best = max(found, key=lambda b: overlap(b, box), default=None)
        return best if best is not None and overlap(best, box) >= 0.2 else None

    def encode(self, image: Image, box: FaceBox) -> Encoding:
        person = min(
            self.scenes[id(image)].items(),
            key=lambda item: abs(item[1][0] - box.left_px) + abs(item[1][1] - box.top_px),
        )[0]
        return np.eye(16)[person]


def _track(
    scenes: Sequence[Scene],
    *,
    hidden: Sequence[int] = (),
    backgrounds: Sequence[int] | None = None,
) -> tuple[list[SeenFace], PaintedFaces]:
    faces = PaintedFaces(hidden)
    tracker = FaceTracker(faces, encoder=faces.encode)  # type: ignore[arg-type]
    frames = [
        faces.paint(index, scene, backgrounds[index] if backgrounds else 90)
        for index, scene in enumerate(scenes)
    ]
    seen = [face for frame in frames for face in tracker.add(frame)]
    return seen + tracker.flush(), faces


def _who(face: SeenFace, scenes: Sequence[Scene]) -> int:
    """The painted person whose face a box covers best."""
    scene = scenes[round(face.place.time_s * RATE_HZ)]
    return max(scene, key=lambda person: overlap(_box(scene[person]), face.place.box))


def test_one_face_is_followed_through_every_frame_on_few_searches() -> None:
    scenes = [{1: (20 + 4 * i, 60)} for i in range(41)]
    seen, faces = _track(scenes)
    times = [face.place.time_s for face in seen]
    assert times == sorted(times)
    assert len(seen) == 41
    assert {face.person for face in seen} == {1}
    assert {face.piece for face in seen} == {1}
    assert faces.full_searches + faces.searches <= 41 / 4 + 5
    for face in seen:
        expected = _box(scenes[round(face.place.time_s * RATE_HZ)][1])
        assert overlap(face.place.box, expected) > 0.9


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_people_are_never_mixed(data: st.DataObject) -> None:
    """However two faces wander in their own halves, come and go, no sequence holds both."""
    count = data.draw(st.integers(2, 30))
    step = st.floats(-8, 8)
    left, right = (40.0, 70.0), (220.0, 70.0)
    scenes: list[Scene] = []
    for _ in range(count):
        left = (
            float(np.clip(left[0] + data.draw(step), 0, 110)),
            float(np.clip(left[1] + data.draw(step), 0, HEIGHT - SIDE)),
        )
        right = (
            float(np.clip(right[0] + data.draw(step), 160, WIDTH - SIDE)),
            float(np.clip(right[1] + data.draw(step), 0, HEIGHT - SIDE)),
        )
        here = data.draw(st.sampled_from([(1, 2), (1, 2), (1, 2), (1,), (2,)]))
        scenes.append({p: {1: left, 2: right}[p] for p in here})
    seen, _ = _track(scenes)
    truth: dict[int, set[int]] = defaultdict(set)
    for face in seen:
        if face.place.detected:
            truth[face.person].add(_who(face, scenes))
    assert all(len(people) == 1 for people in truth.values())
    moments = [(face.person, face.place.time_s) for face in seen]
    assert len(moments) == len(set(moments))


def test_a_cut_ends_a_sequence_and_a_new_face_in_the_same_place_is_another_person() -> None:
    scenes: list[Scene] = [{1: (100, 60)}] * 10 + [{2: (100, 60)}] * 10 + [{1: (100, 60)}] * 10
    backgrounds = [90] * 10 + [180] * 10 + [90] * 10
    seen, _ = _track(scenes, backgrounds=backgrounds)
    people = [face.person for face in sorted(seen, key=lambda face: face.place.time_s)]
    assert people == [1] * 10 + [2] * 10 + [1] * 10
    pieces = {face.piece: face.person for face in seen}
    assert pieces == {1: 1, 2: 2, 3: 1}


def test_a_cut_that_leaves_the_picture_alike_is_seen_in_the_face() -> None:
    scenes: list[Scene] = [{1: (100, 60)}] * 9 + [{2: (100, 60)}] * 12
    seen, _ = _track(scenes)
    for face in seen:
        if face.place.detected:
            assert face.person == _who(face, scenes)
    assert {face.person for face in seen} == {1, 2}


def test_a_gap_in_time_starts_a_new_piece_of_the_same_person() -> None:
    faces = PaintedFaces()
    tracker = FaceTracker(faces, encoder=faces.encode)  # type: ignore[arg-type]
    first = [faces.paint(i, {1: (100, 60)}) for i in range(5)]
    second = [faces.paint(i, {1: (110, 60)}) for i in range(100, 105)]
    seen = [face for frame in first + second for face in tracker.add(frame)] + tracker.flush()
    assert [face.piece for face in seen] == [1] * 5 + [2] * 5
    assert {face.person for face in seen} == {1}


def test_a_face_that_the_detector_misses_for_a_moment_is_followed_by_its_look() -> None:
    scenes: list[Scene] = [{1: (100 + i, 60)} for i in range(24)]
    seen, _ = _track(scenes, hidden=range(6, 16))
    followed = [face for face in seen if face.searched and not face.place.detected]
    assert followed
    assert len(seen) == 24
    for face in followed:
        expected = _box(scenes[round(face.place.time_s * RATE_HZ)][1])
        assert overlap(face.place.box, expected) > 0.8


def test_a_face_that_leaves_ends_and_one_that_enters_begins() -> None:
    scenes: list[Scene] = [{1: (20, 60)} if i < 12 else {} for i in range(24)]
    scenes += [{3: (200, 60)}] * 12
    seen, _ = _track(scenes)
    last_of_first = max(face.place.time_s for face in seen if face.person == 1)
    assert last_of_first < 12 / RATE_HZ
    assert {_who(face, scenes) for face in seen if face.person == 2} == {3}


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_very_short_video_is_settled_by_the_flush(count: int) -> None:
    seen, _ = _track([{1: (100, 60)}] * count)
    assert len(seen) == count
