from __future__ import annotations

import cv2
import dlib
import numpy as np
import pytest

from deepfake_desktop.core import faces, hog_grid
from deepfake_desktop.core.faces import SURE_SCORE, FaceFinder, FoundFace, encode, overlap
from deepfake_desktop.core.paths import resource_path
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


def test_the_cnn_has_no_published_places(portrait: Image) -> None:
    small = np.ascontiguousarray(portrait[:300:2, 50:350:2])
    published, plain = FaceFinder("cnn", published=True), FaceFinder("cnn")
    (found,) = published.everywhere(small)
    assert (found,) == plain.everywhere(small)
    assert published.near(small, found.box) == plain.near(small, found.box) == found.box


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


def test_the_detector_of_one_size_is_the_same_but_for_that(portrait: Image) -> None:
    """A thousand copies, each smaller, or one: a number in the file."""
    many = resource_path("dlib_frontal_face.svm").read_bytes()
    one = resource_path("dlib_frontal_face_one_size.svm").read_bytes()
    copies_and_least_sides = bytes([2, 0xE8, 3, 1, 64, 1, 64])
    assert many.count(copies_and_least_sides) == 1
    assert one == many.replace(copies_and_least_sides, bytes([1, 1, 1, 64, 1, 64]))
    large = cv2.resize(portrait, None, fx=2.0, fy=2.0)
    widths = {right - left for left, _, right, _, _ in _finds(hog_grid._hog(), large)}
    assert widths <= {71, 72, 73}
    assert max(right - left for left, _, right, _, _ in _finds(faces._hog(), large)) > 160


def _pictures(size: float, *, moves: int) -> list[Image]:
    """A portrait that moves and turns a little in a wider picture."""
    portrait = np.asarray(pytest.importorskip("skimage.data").astronaut(), dtype=np.uint8)
    pictures = []
    for k in range(moves):
        placed = cv2.getRotationMatrix2D((220, 130), 3 + k, size * 1.01**k)
        placed[:, 2] += (7 * k * size, 4 * k * size)
        shape = (round(640 * max(size, 1)), round(512 * max(size, 1)))
        pictures.append(np.asarray(cv2.warpAffine(portrait, placed, shape), dtype=np.uint8))
    return pictures


def test_as_published_boxes_are_face_recognition_s_own_to_the_pixel() -> None:
    """In parts of the picture, against all of it at twice its size. Where two windows stand about
    as well, the noise of scaling decides between them."""
    import face_recognition

    finder = FaceFinder(published=True)
    same, compared = 0, 0
    for size in (0.6, 1.0, 1.15, 1.3, 2.6):
        face = FaceBox(160 * size, 40 * size, 300 * size, 260 * size)
        before: FaceBox | None = None
        for picture in _pictures(size, moves=9):
            found = [
                FaceBox(left, top, right, bottom)
                for top, right, bottom, left in face_recognition.face_locations(picture)
            ]
            face = max(found, key=lambda box: overlap(box, face))
            if before is None:
                near = max(
                    (found.box for found in finder.everywhere(picture)),
                    key=lambda box: overlap(box, face),
                )
            else:
                near = finder.near(picture, before)
            before = face
            same += near == face
            compared += 1
    assert compared == 45
    assert same >= 36


def test_as_published_no_face_is_made_up_and_no_place_is_too_far_out(portrait: Image) -> None:
    finder = FaceFinder(published=True)
    assert finder.near(portrait, FaceBox(300, 380, 380, 460)) is None
    for box in (FaceBox(505, 100, 590, 190), FaceBox(-90, -80, 10, 20), FaceBox(0, 0, 9, 9)):
        assert finder.near(portrait, box) is None
    tiny = np.ascontiguousarray(portrait[:12, :20])
    assert finder.near(tiny, FaceBox(0, 0, 20, 12)) is None
