"""Faces in a picture, through dlib and the models of face_recognition.

dlib is called directly: importing face_recognition reads 100 MB of a landmark model that nothing
here uses.

What HOG finds with a low score may be no face. Such a find counts only if the CNN, asked about its
neighbourhood alone, sees a face there as well. On 173 clips and the benchmark's, false finds scored
up to .19 and true ones from .08 on; the CNN saw a face in all true ones and in no false one
(docs/adr/0014).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.hog_grid import search_near
from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.core.types import AnalysisSettings, Detector, FaceBox, Image

SMALLEST_FACE_PX = 80
"""dlib's HOG window: a face must be this large in the picture it searches."""

SURE_SCORE = 0.8
"""HOG's score from which a find needs no second opinion: 95 % of faces begin above."""

_FULL_SHORT_SIDE_PX = 720
_CNN_SHORT_SIDE_PX = 480
_MOST_ENLARGED = 2.0
_NEAR_FACE_PX = 110.0
_NEAR_MARGIN = 0.6
_OPINION_FACE_PX = 80.0
_OPINION_MARGIN = 0.5
_ENCODED_FACE_PX = 150.0
_ENCODED_MARGIN = 0.5
_SAME_FACE_OVERLAP = 0.2
_SAME_FIND_OVERLAP = 0.5
"""Of finds that overlap by more, the best is taken for all of them."""
_LEAST_CUT_PX = 16

Encoding = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """``score``: the detector's margin. HOG's runs from 0 to about 3, the CNN's to about 1.1."""

    box: FaceBox
    score: float


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Finds every face of a picture, or one face again near where it was.

    ``detector`` is ``hog`` (dlib's histogram of gradients, frontal faces) or ``cnn`` (dlib's
    max-margin CNN: more profiles, some hundred times slower without a GPU).

    ``published``: HOG's boxes are the ones that face_recognition finds (``hog_grid``). Their sizes
    come in steps of a fifth, their places in steps of a tenth.
    """

    detector: Detector = "hog"
    published: bool = False

    @classmethod
    def of(cls, settings: AnalysisSettings) -> FaceFinder:
        """As an analysis looks: opening sampling is to see what the published pipeline sees."""
        return cls(settings.detector, published=settings.sampling == "opening")

    def everywhere(self, image: Image, *, enlarged: bool = False) -> tuple[FoundFace, ...]:
        """All faces of an RGB picture of any size, on a copy of 720 pixels (CNN: 480).

        A 1080p picture shows faces from 120 pixels on; ``enlarged`` from 60 on, at four times the
        cost. At most twice the picture is searched.
        """
        scale = self._scale(image)
        if enlarged:
            scale = min(2.0 * scale, _MOST_ENLARGED)
        found = _Cut(_scaled(image, scale), 0, 0, scale).search(self.detector)
        if not self.published or self.detector == "cnn":
            return found
        return tuple(
            replace(face, box=_near_as_published(image, face.box) or face.box) for face in found
        )

    def can_enlarge(self, image: Image) -> bool:
        """Whether ``enlarged`` would make a difference."""
        return self.detector == "hog" and self._scale(image) < _MOST_ENLARGED

    def near(self, image: Image, box: FaceBox) -> FaceBox | None:
        """The face that covers ``box`` best within its neighbourhood, if there is one."""
        if self.detector == "cnn":
            return _best_match([found.box for found in self.everywhere(image)], box)
        if self.published:
            return _near_as_published(image, box)
        scale = _scale_to(_NEAR_FACE_PX, box)
        cut = _Cut.around(image, box, margin=_NEAR_MARGIN, scale=scale)
        return None if cut is None else cut.best_match(box, "hog")

    def is_sure(self, found: FoundFace) -> bool:
        """Whether the detector's own score suffices."""
        return self.detector == "cnn" or found.score >= SURE_SCORE

    def confirms(self, image: Image, box: FaceBox) -> bool:
        """Whether the CNN sees a face at ``box`` too, in its neighbourhood alone."""
        scale = _scale_to(_OPINION_FACE_PX, box)
        cut = _Cut.around(image, box, margin=_OPINION_MARGIN, scale=scale)
        return cut is not None and cut.best_match(box, "cnn") is not None

    def _scale(self, image: Image) -> float:
        short = _FULL_SHORT_SIDE_PX if self.detector == "hog" else _CNN_SHORT_SIDE_PX
        return min(short / int(min(image.shape[:2])), _MOST_ENLARGED)


def eyes_and_nose(image: Image, box: FaceBox) -> npt.NDArray[np.float32]:
    """dlib's five points of the face at ``box``: float32 (5, 2), pixels of the picture."""
    import dlib

    place = dlib.rectangle(
        *(round(v) for v in (box.left_px, box.top_px, box.right_px, box.bottom_px))
    )
    found = _landmark_model()(image, place)
    return np.asarray([(point.x, point.y) for point in found.parts()], dtype=np.float32)


def encode(image: Image, box: FaceBox) -> Encoding:
    """dlib's 128 numbers of a face; two pictures of one person lie within about 0.6.

    float64, shape (128,). Computed on the face's neighbourhood, scaled to some 150 pixels.

    Raises:
        ValueError: if the box lies outside the picture.
    """
    import dlib

    scale = _scale_to(_ENCODED_FACE_PX, box)
    cut = _Cut.around(image, box, margin=_ENCODED_MARGIN, scale=scale)
    if cut is None:
        raise ValueError(f"{box} lies outside the picture")
    place = dlib.rectangle(
        int((box.left_px - cut.left_px) * cut.scale),
        int((box.top_px - cut.top_px) * cut.scale),
        int((box.right_px - cut.left_px) * cut.scale),
        int((box.bottom_px - cut.top_px) * cut.scale),
    )
    landmarks = _landmark_model()(cut.image, place)
    return np.asarray(_encoding_model().compute_face_descriptor(cut.image, landmarks))


def overlap(a: FaceBox, b: FaceBox) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a.right_px, b.right_px) - max(a.left_px, b.left_px)
    height = min(a.bottom_px, b.bottom_px) - max(a.top_px, b.top_px)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width_px * a.height_px + b.width_px * b.height_px - shared)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """Part of a picture, scaled. ``left_px`` and ``top_px`` are its corner in the picture."""

    image: Image
    left_px: int
    top_px: int
    scale: float

    @classmethod
    def around(cls, image: Image, box: FaceBox, *, margin: float, scale: float) -> _Cut | None:
        """``box`` and ``margin`` times its size on each side.

        None where hardly any of it lies in the picture.
        """
        height, width = image.shape[:2]
        border = margin * max(box.width_px, box.height_px)
        x0, y0 = max(int(box.left_px - border), 0), max(int(box.top_px - border), 0)
        x1, y1 = min(int(box.right_px + border), width), min(int(box.bottom_px + border), height)
        if min(x1 - x0, y1 - y0) < _LEAST_CUT_PX:
            return None
        return cls(_scaled(np.asarray(image[y0:y1, x0:x1]), scale), x0, y0, scale)

    def best_match(self, box: FaceBox, detector: Detector) -> FaceBox | None:
        return _best_match([found.box for found in self.search(detector)], box)

    def search(self, detector: Detector) -> tuple[FoundFace, ...]:
        """The faces that ``detector`` finds in it, in pixels of the whole picture."""
        if detector == "cnn":
            finds = [(find.rect, find.confidence) for find in _cnn()(self.image, 0)]
        else:
            rectangles, scores, _ = _hog().run(self.image, 0, 0.0)
            finds = list(zip(rectangles, scores, strict=True))
        height, width = self.image.shape[:2]
        faces = []
        for rectangle, score in finds:
            left, top = max(rectangle.left(), 0), max(rectangle.top(), 0)
            right, bottom = min(rectangle.right(), width), min(rectangle.bottom(), height)
            if right > left and bottom > top:
                box = FaceBox(
                    self.left_px + left / self.scale,
                    self.top_px + top / self.scale,
                    self.left_px + right / self.scale,
                    self.top_px + bottom / self.scale,
                )
                faces.append(FoundFace(box, score))
        return tuple(faces)


def _scaled(image: Image, scale: float) -> Image:
    if scale != 1.0:
        method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        image = np.asarray(
            cv2.resize(image, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8
        )
    return np.ascontiguousarray(image)


def _near_as_published(image: Image, box: FaceBox) -> FaceBox | None:
    """The face that covers ``box`` best, as face_recognition finds it."""
    found = [place for place, _ in search_near(image, box)]
    match = _best_match(found, box)
    # Of its finds the best is left in all of the picture.
    return next((p for p in found if match and overlap(p, match) > _SAME_FIND_OVERLAP), None)


def _scale_to(face_px: float, box: FaceBox) -> float:
    """That makes ``box`` so wide."""
    return face_px / max(box.width_px, 1.0)


def _best_match(found: Sequence[FaceBox], box: FaceBox) -> FaceBox | None:
    best = max(found, key=lambda b: overlap(b, box), default=None)
    return best if best is not None and overlap(best, box) >= _SAME_FACE_OVERLAP else None


@cache
def _hog() -> Any:
    """dlib's ``get_frontal_face_detector()``, saved: unpacking its own copy takes half a second."""
    import dlib

    return dlib.fhog_object_detector(str(resource_path("dlib_frontal_face.svm")))


@cache
def _cnn() -> Any:
    import dlib

    return dlib.cnn_face_detection_model_v1(_model("mmod_human_face_detector.dat"))


@cache
def _landmark_model() -> Any:
    import dlib

    return dlib.shape_predictor(_model("shape_predictor_5_face_landmarks.dat"))


@cache
def _encoding_model() -> Any:
    import dlib

    return dlib.face_recognition_model_v1(_model("dlib_face_recognition_resnet_model_v1.dat"))


def _model(name: str) -> str:
    """A model's path. face_recognition_models itself is not imported: it needs pkg_resources."""
    package = importlib.util.find_spec("face_recognition_models")
    assert package is not None
    assert package.origin is not None
    return str(Path(package.origin).parent / "models" / name)
