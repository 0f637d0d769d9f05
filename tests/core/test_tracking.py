from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfake_desktop.core.faces import SURE_SCORE, Encoding, FaceFinder, FoundFace, overlap
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
    """Finds the textures that the test painted, and counts how often it was asked.

    ``unsure``: people whom the detector finds with a low score. ``ghosts``: of those, which are
    no faces. ``small``: found in an enlarged picture only.
    """

    published = False

    def __init__(
        self,
        hidden: Sequence[int] = (),
        *,
        unsure: Sequence[int] = (),
        ghosts: Sequence[int] = (),
        small: Sequence[int] = (),
    ) -> None:
        self.scenes: dict[int, Scene] = {}
        self.hidden = hidden
        self.unsure = {*unsure, *ghosts}
        self.ghosts = ghosts
        self.small = small
        self.full_searches = 0
        self.enlarged_searches = 0
        self.searches = 0
        self.second_opinions = 0
        self.encoded = 0

    def paint(self, index: int, scene: Scene, background: int = 90) -> Frame:
        frame = _frame(index, scene, background)
        self.scenes[id(frame.image)] = {} if index in self.hidden else scene
        return frame

    def everywhere(self, image: Image, *, enlarged: bool = False) -> tuple[FoundFace, ...]:
        self.full_searches += 1
        self.enlarged_searches += enlarged
        return tuple(
            FoundFace(_box(corner), SURE_SCORE - 0.1 if person in self.unsure else SURE_SCORE)
            for person, corner in self.scenes[id(image)].items()
            if enlarged or person not in self.small
        )

    def can_enlarge(self, image: Image) -> bool:
        return bool(self.small)

    def is_sure(self, found: FoundFace) -> bool:
        return FaceFinder().is_sure(found)

    def confirms(self, image: Image, box: FaceBox) -> bool:
        self.second_opinions += 1
        return any(
            person not in self.ghosts and overlap(_box(corner), box) > 0.2
            for person, corner in self.scenes[id(image)].items()
        )

    def near(self, image: Image, box: FaceBox) -> FaceBox | None:
        self.searches += 1
        found = [_box(corner) for corner in self.scenes[id(image)].values()]
        best = max(found, key=lambda b: overlap(b, box), default=None)
        return best if best is not None and overlap(best, box) >= 0.2 else None

    def encode(self, image: Image, box: FaceBox) -> Encoding:
        """Known by its pixels: the picture may be a part of a painted one."""
        self.encoded += 1
        left, top = round(box.left_px), round(box.top_px)
        patch = image[top : top + SIDE, left : left + SIDE].astype(float)
        height, width = patch.shape[:2]
        people = range(1, 5)
        differences = [np.abs(patch - _texture(p)[:height, :width]).mean() for p in people]
        return np.eye(16)[people[int(np.argmin(differences))]]


def _track(
    scenes: Sequence[Scene],
    *,
    hidden: Sequence[int] = (),
    backgrounds: Sequence[int] | None = None,
    unsure: Sequence[int] = (),
    ghosts: Sequence[int] = (),
    small: Sequence[int] = (),
) -> tuple[list[SeenFace], PaintedFaces]:
    faces = PaintedFaces(hidden, unsure=unsure, ghosts=ghosts, small=small)
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


def _across_a_gap(first: Scene, second: Scene) -> tuple[list[SeenFace], PaintedFaces]:
    faces = PaintedFaces()
    tracker = FaceTracker(faces, encoder=faces.encode)  # type: ignore[arg-type]
    frames = [faces.paint(i, first) for i in range(5)]
    frames += [faces.paint(i, second) for i in range(100, 105)]
    return [face for frame in frames for face in tracker.add(frame)] + tracker.flush(), faces


def test_a_gap_in_time_starts_a_new_piece_of_the_same_person() -> None:
    seen, faces = _across_a_gap({1: (100, 60)}, {1: (110, 60)})
    assert [face.piece for face in seen] == [1] * 5 + [2] * 5
    assert {face.person for face in seen} == {1}
    assert faces.encoded == 0


def test_after_a_gap_a_face_far_away_is_encoded_to_be_known() -> None:
    seen, faces = _across_a_gap({1: (100, 60)}, {1: (240, 60)})
    assert {face.person for face in seen} == {1}
    assert faces.encoded == 2


def test_after_a_gap_another_face_in_the_same_place_is_another_person() -> None:
    seen, faces = _across_a_gap({1: (100, 60)}, {2: (100, 60)})
    assert [face.person for face in seen] == [1] * 5 + [2] * 5
    assert faces.encoded == 2


def test_a_face_that_comes_back_larger_than_a_step_of_the_detector_is_not_encoded() -> None:
    """Between these sizes HOG's box grows by a fifth."""
    portrait = np.asarray(pytest.importorskip("skimage.data").astronaut())
    encoded = 0

    def encoder(image: Image, box: FaceBox) -> Encoding:
        nonlocal encoded
        encoded += 1
        return np.zeros(128)

    tracker = FaceTracker(FaceFinder(), encoder=encoder)
    seen: list[SeenFace] = []
    for start_s, size in ((0.0, 1.0), (2.0, 1.1), (4.0, 1.0)):
        grown = cv2.getRotationMatrix2D((220, 130), 0, size)
        image = np.asarray(cv2.warpAffine(portrait, grown, (512, 512)), dtype=np.uint8)
        for i in range(5):
            seen += tracker.add(Frame(start_s + i / RATE_HZ, image))
    seen += tracker.flush()
    assert {face.person for face in seen} == {1}
    assert len({face.piece for face in seen}) == 3
    widths = [face.place.box.width_px for face in seen[::5]]
    assert max(widths) > 1.15 * min(widths)
    assert encoded == 0


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


def test_a_find_with_a_low_score_counts_once_a_second_look_confirms_it() -> None:
    seen, faces = _track([{1: (100, 60)}] * 30, unsure=[1])
    assert len(seen) == 30
    assert faces.second_opinions == 1


def test_a_find_that_a_second_look_denies_is_no_person() -> None:
    scenes: list[Scene] = [{1: (40 + i, 60), 2: (220 + i / 2, 100)} for i in range(60)]
    seen, faces = _track(scenes, ghosts=[2])
    assert {_who(face, scenes) for face in seen} == {1}
    assert len(seen) == 60
    # the same thing is not examined again at every search, nor after a gap
    assert faces.second_opinions == 1


def test_a_high_score_needs_no_second_look() -> None:
    _, faces = _track([{1: (100, 60)}] * 30)
    assert faces.second_opinions == 0


def test_something_else_is_found_though_one_find_was_denied() -> None:
    scenes: list[Scene] = [{2: (40, 60)}] * 12 + [{2: (40, 60), 3: (220, 60)}] * 24
    seen, faces = _track(scenes, unsure=[3], ghosts=[2])
    assert {_who(face, scenes) for face in seen} == {3}
    assert faces.second_opinions == 2


def test_a_denied_find_does_not_keep_small_faces_from_being_looked_for() -> None:
    scenes: list[Scene] = [{1: (100, 60), 2: (220, 100)}] * 12
    seen, faces = _track(scenes, ghosts=[2], small=[1])
    assert {_who(face, scenes) for face in seen} == {1}
    assert len(seen) == 12
    assert faces.enlarged_searches == 1


def test_a_mission_patch_on_a_space_suit_is_no_person() -> None:
    """HOG finds two faces on this portrait: the astronaut's and the patch on her sleeve."""
    portrait = np.asarray(pytest.importorskip("skimage.data").astronaut())
    finder = FaceFinder()
    found = finder.everywhere(portrait)
    assert len(found) == 2
    face, patch = sorted((find.box for find in found), key=lambda box: box.top_px)
    assert finder.confirms(portrait, face)
    assert not finder.confirms(portrait, patch)
    tracker = FaceTracker(finder)
    seen = [face for i in range(5) for face in tracker.add(Frame(i / RATE_HZ, portrait))]
    assert len(seen) == 5
    assert all(overlap(one.place.box, face) > 0.5 for one in seen)


def test_a_video_without_faces_is_searched_seldom_and_enlarged_once() -> None:
    _, faces = _track([{}] * 41, small=[1])
    assert faces.searches == 0
    assert faces.enlarged_searches == 1
    assert faces.full_searches - faces.enlarged_searches <= 41 / 8 + 1


def test_a_face_that_enters_an_empty_scene_is_found_within_eight_frames() -> None:
    for start in range(1, 12):
        scenes: list[Scene] = [{}] * start + [{1: (100, 60)}] * 20
        seen, _ = _track(scenes)
        first = round(min(face.place.time_s for face in seen) * RATE_HZ)
        assert start <= first <= start + 8


def test_a_face_that_is_lost_is_looked_for_at_once() -> None:
    scenes: list[Scene] = [{1: (40, 60)}] * 5 + [{1: (240, 120)}] * 20
    seen, _ = _track(scenes)
    later = [face for face in seen if face.place.time_s * RATE_HZ >= 5]
    assert len(later) >= 16


def test_one_person_is_encoded_only_to_be_told_from_another() -> None:
    _, alone = _track([{1: (100, 60)}] * 60)
    assert alone.encoded == 0
    people: list[Scene] = [{1: (40, 60)}] * 13 + [{2: (220, 60)}] * 13
    seen, both = _track(people)
    assert {_who(face, people) for face in seen if face.person == 2} == {2}
    assert both.encoded == 2


def test_as_published_every_frame_is_searched_and_a_box_stays_as_it_was_found() -> None:
    scenes = [{1: (20 + 3 * i + 2 * (i % 3), 60)} for i in range(30)]
    faces = PaintedFaces()
    faces.published = True
    tracker = FaceTracker(faces, encoder=faces.encode)  # type: ignore[arg-type]
    frames = [faces.paint(index, scene) for index, scene in enumerate(scenes)]
    seen = [face for frame in frames for face in tracker.add(frame)] + tracker.flush()
    assert faces.searches == 29
    assert [face.place.box for face in seen] == [_box(scene[1]) for scene in scenes]
    assert all(face.place.detected and face.searched for face in seen)
