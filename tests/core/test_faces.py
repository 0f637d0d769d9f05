from __future__ import annotations

import cv2
import dlib
import numpy as np
import pytest

from deepfake_desktop.core import faces
from deepfake_desktop.core.faces import SURE_SCORE, FaceFinder, FoundFace, encode, overlap
from deepfake_desktop.core.types import FaceBox, Image


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(pytest.importorskip("skimage.data").astronaut(), dtype=np.uint8)


def _finds(detector: object, image: Image) -> list[tuple[int, int, int, int, float]]:
    rectangles, scores, _ = detector.run(image, 0, -0.5)  # type: ignore[attr-defined]
    return [
        (r.left(), r.top(), r.right(), r.bottom(), score)
        for r, score in zip(rectangles, scores, strict=True)
    ]


def test_the_saved_detector_is_the_installed_one(portrait: Image) -> None:
    found = _finds(faces._hog(), portrait)
    assert len(found) > 1
    assert found == _finds(dlib.get_frontal_face_detector(), portrait)


def test_a_face_is_found_everywhere_and_again_near_where_it_was(portrait: Image) -> None:
    finder = FaceFinder()
    best = max(finder.everywhere(portrait), key=lambda found: found.score)
    assert finder.is_sure(best)
    again = finder.near(portrait, best.box)
    assert again is not None
    assert overlap(again, best.box) > 0.6
    assert finder.near(portrait, FaceBox(300, 380, 380, 460)) is None
    assert finder.near(portrait, FaceBox(505, 100, 590, 190)) is None


def test_the_cnn_finds_the_same_face_and_needs_no_second_opinion(portrait: Image) -> None:
    finder = FaceFinder("cnn")
    small = np.ascontiguousarray(portrait[:300:2, 50:350:2])
    (found,) = finder.everywhere(small)
    assert finder.is_sure(found)
    assert overlap(found.box, FaceBox(67, 43, 110, 87)) > 0.5


def test_only_a_low_score_of_hog_is_unsure() -> None:
    box = FaceBox(0, 0, 100, 100)
    assert FaceFinder().is_sure(FoundFace(box, SURE_SCORE))
    assert not FaceFinder().is_sure(FoundFace(box, SURE_SCORE - 0.01))


def test_a_face_is_confirmed_at_any_size_and_at_the_picture_s_edge(portrait: Image) -> None:
    finder = FaceFinder()
    box = FaceBox(178, 83, 266, 170)
    assert finder.confirms(portrait, box)
    small = np.ascontiguousarray(portrait[::2, ::2])
    assert finder.confirms(small, FaceBox(89, 41, 133, 85))
    assert finder.confirms(np.ascontiguousarray(portrait[70:, 170:]), FaceBox(8, 13, 96, 100))
    assert not finder.confirms(portrait, FaceBox(20, 20, 110, 110))


def test_an_encoding_tells_a_face_and_not_its_surroundings(portrait: Image) -> None:
    box = FaceBox(178, 83, 266, 170)
    whole = encode(portrait, box)
    assert whole.shape == (128,)
    part = portrait[0:260, 90:360].copy()
    moved = FaceBox(box.left_px - 90, box.top_px, box.right_px - 90, box.bottom_px)
    assert np.linalg.norm(whole - encode(part, moved)) < 0.05
    with pytest.raises(ValueError, match="outside"):
        encode(portrait, FaceBox(600, 600, 700, 700))


@pytest.mark.parametrize("size", [1.0, 1.15, 1.3])
def test_as_published_a_box_is_face_recognition_s_own_also_near_where_it_was(size: float) -> None:
    """In a part of a small picture, against all of it at twice its size: a step of size or two of
    place would show."""
    import face_recognition

    portrait = np.asarray(pytest.importorskip("skimage.data").astronaut(), dtype=np.uint8)
    grown = cv2.getRotationMatrix2D((220, 130), 3, size)
    image = np.asarray(cv2.warpAffine(portrait, grown, (640, 512)), dtype=np.uint8)
    top, right, bottom, left = face_recognition.face_locations(image)[0]
    theirs = FaceBox(left, top, right, bottom)
    finder = FaceFinder(published=True)
    everywhere = [found.box for found in finder.everywhere(image)]
    assert max(overlap(box, theirs) for box in everywhere) > 0.95
    before = FaceBox(left + 9, top - 7, right + 3, bottom - 13)
    near = finder.near(image, before)
    assert near is not None
    assert near.width_px == pytest.approx(theirs.width_px, rel=0.02)
    assert overlap(near, theirs) > 0.85
