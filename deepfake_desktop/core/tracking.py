"""Faces through time: who is where in every frame, found on few of them.

Frames come in order. Every fourth is searched: each known face near where it was, the whole
picture every 24th frame, when the last face is lost, and every eighth frame while there is none.
In between a box moves on a straight line. A finder that looks as published is asked in every frame
and its boxes stay as they are. A cut or a gap in time ends all tracks. A face that comes back is
known by its look where that has hardly changed, else by dlib's encoding (docs/adr/0017), so that
windows of one person are scored together and two people never share a sequence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.crops import crop_face
from deepfake_desktop.core.faces import Encoding, FaceFinder, FoundFace, encode, overlap
from deepfake_desktop.core.types import FaceBox, Frame, Image, TimedBox

SEARCH_EVERY_FRAMES = 4
SEARCH_EVERYWHERE_FRAMES = 24
SEARCH_AGAIN_FRAMES = 8
"""Against 12 and 4, on 173 clips: 7,118 faces in place of 7,120 in 7,148 frames, in 85 s of
processor time in place of 117. The two: a blurred passer-by, and a face found in a window's last
frame."""

_CUT_MEAN_DIFFERENCE = 28.0
_GAP_S = 0.5
_SAME_PERSON_DISTANCE = 0.6
_SAME_PLACE_DISTANCE = 0.7
_SAME_PLACE_OVERLAP = 0.4
_TEMPLATE_WIDTH_PX = 32
_TEMPLATE_MATCH = 0.55
_LOOK_MARGIN_PX = 4
_LOOK_SLACK_PX = 6
_LOOKS_CHANGED = 0.7
_LOOKS_THE_SAME = 0.8
_NOT_FAR = 1.5
_LONGEST_UNSEEN_FRAMES = 24
_ENCODINGS_KEPT = 8
_REFUSED_AGAIN = 0.8
_REFUSED_KEPT = 16

Gray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SeenFace:
    """One face in one frame. ``piece`` numbers stretches without a cut; ``person`` joins them.

    ``searched``: the detector looked here; where it then found nothing, the box was followed.
    """

    person: int
    piece: int
    frame: Frame
    place: TimedBox
    searched: bool


@dataclass(slots=True)
class _Track:
    """``look``: when the detector last saw it, with a margin of ``_LOOK_MARGIN_PX``."""

    piece: int
    person: int
    box: FaceBox
    time_s: float
    look: Gray
    unseen: int = 0


@dataclass(slots=True)
class _Person:
    """``box`` and ``look``: those of the last track. ``unencoded``: a first picture, encoded when
    there is somebody to compare with."""

    id: int
    box: FaceBox
    look: Gray
    encodings: list[Encoding] = field(default_factory=list)
    unencoded: tuple[Image, FaceBox] | None = None


class FaceTracker:
    """``add`` frames in order of time; each call returns the faces that it settled."""

    def __init__(
        self,
        finder: FaceFinder,
        *,
        encoder: Callable[[Image, FaceBox], Encoding] = encode,
    ) -> None:
        self._finder = finder
        self._encode = encoder
        self._tracks: list[_Track] = []
        self._people: list[_Person] = []
        self._pending: list[Frame] = []
        self._settled: Frame | None = None
        self._thumbnail: Gray | None = None
        self._pieces = 0
        self._since_everywhere = SEARCH_EVERYWHERE_FRAMES
        self._in_vain = False
        self._refused: deque[Gray] = deque(maxlen=_REFUSED_KEPT)

    def add(self, frame: Frame) -> list[SeenFace]:
        """Take the next frame; returns the faces of all frames that are settled by it."""
        seen: list[SeenFace] = []
        thumbnail = _thumbnail(frame.image)
        if self._breaks(frame, thumbnail):
            seen += self.flush()
            self._tracks.clear()
            self._since_everywhere = SEARCH_EVERYWHERE_FRAMES
            self._in_vain = False
            self._settled = None
        self._thumbnail = thumbnail
        self._pending.append(frame)
        every = 1 if self._finder.published else SEARCH_EVERY_FRAMES
        if self._settled is None or len(self._pending) >= every:
            seen += self.flush()
        return seen

    def flush(self) -> list[SeenFace]:
        """Settle what is pending, by searching its last frame."""
        if not self._pending:
            return []
        frames, self._pending = self._pending, []
        last = frames[-1]
        self._settled = last
        self._since_everywhere += len(frames)
        seen = self._follow(frames)
        if self._should_search_everywhere():
            self._since_everywhere = 0
            seen += self._welcome(last)
            self._in_vain = not self._tracks
        return seen

    def _should_search_everywhere(self) -> bool:
        if self._tracks:
            return self._since_everywhere >= SEARCH_EVERYWHERE_FRAMES
        return not self._in_vain or self._since_everywhere >= SEARCH_AGAIN_FRAMES

    def _breaks(self, frame: Frame, thumbnail: Gray) -> bool:
        previous = self._pending[-1] if self._pending else self._settled
        if previous is None or self._thumbnail is None:
            return False
        if frame.time_s - previous.time_s > _GAP_S:
            return True
        difference = cv2.absdiff(thumbnail, self._thumbnail)
        return float(difference.mean()) > _CUT_MEAN_DIFFERENCE

    def _follow(self, frames: Sequence[Frame]) -> list[SeenFace]:
        last = frames[-1]
        kept: list[_Track] = []
        seen: list[SeenFace] = []
        for track in self._tracks:
            found = self._finder.near(last.image, track.box)
            box = found if found is not None else _match_template(last.image, track)
            if box is None or any(overlap(box, other.box) > 0.5 for other in kept):
                continue
            track.unseen = 0 if found is not None else track.unseen + len(frames)
            if track.unseen > _LONGEST_UNSEEN_FRAMES:
                continue
            if found is not None:
                likeness = _likeness_there(track.look, track.box, last.image, found)
                if likeness < _LOOKS_CHANGED and not self._is_same_person(
                    last.image, found, track.person
                ):
                    continue
                box = found if self._finder.published else _steadied(found, track.box)
                track.look = _look(last.image, box, margin_px=_LOOK_MARGIN_PX)
            seen += [
                SeenFace(
                    track.person,
                    track.piece,
                    frame,
                    TimedBox(
                        frame.time_s,
                        _between(track, box, last.time_s, frame.time_s),
                        detected=found is not None and frame is last,
                    ),
                    searched=frame is last,
                )
                for frame in frames
            ]
            track.box, track.time_s = box, last.time_s
            person = self._person(track.person)
            person.box, person.look = box, track.look
            kept.append(track)
        self._tracks = kept
        return seen

    def _welcome(self, frame: Frame) -> list[SeenFace]:
        """Start a track for every face of the picture that no track holds yet."""
        image = frame.image
        seen = [
            self._begin(frame, found.box)
            for found in self._finder.everywhere(image)
            if self._is_new_face(image, found)
        ]
        if not self._tracks and not self._in_vain and self._finder.can_enlarge(image):
            seen = [
                self._begin(frame, found.box)
                for found in self._finder.everywhere(image, enlarged=True)
                if self._is_new_face(image, found)
            ]
        return seen

    def _is_new_face(self, image: Image, found: FoundFace) -> bool:
        """False for a face that is held, and for what only looks like one to the detector.

        What was refused once is known by its look and not examined again.
        """
        if any(overlap(found.box, track.box) > 0.3 for track in self._tracks):
            return False
        if self._finder.is_sure(found):
            return True
        look = _look(image, found.box)
        if any(_likeness(look, refused) > _REFUSED_AGAIN for refused in self._refused):
            return False
        if self._finder.confirms(image, found.box):
            return True
        self._refused.append(look)
        return False

    def _begin(self, frame: Frame, box: FaceBox) -> SeenFace:
        self._pieces += 1
        look = _look(frame.image, box, margin_px=_LOOK_MARGIN_PX)
        person = self._recognise(frame.image, box, look)
        person.box, person.look = box, look
        track = _Track(self._pieces, person.id, box, frame.time_s, look)
        self._tracks.append(track)
        place = TimedBox(frame.time_s, box, detected=True)
        return SeenFace(person.id, track.piece, frame, place, searched=True)

    def _recognise(self, image: Image, box: FaceBox, look: Gray) -> _Person:
        present = {track.person for track in self._tracks}
        absent = [person for person in self._people if person.id not in present]
        for person in absent:
            if _likeness_there(person.look, person.box, image, box) > _LOOKS_THE_SAME:
                return person
        encoding = self._encode(image, box) if absent else None
        if encoding is not None:
            person = min(absent, key=lambda p: self._distance(p, encoding))
            is_there = overlap(person.box, box) > _SAME_PLACE_OVERLAP
            limit = _SAME_PLACE_DISTANCE if is_there else _SAME_PERSON_DISTANCE
            if self._distance(person, encoding) <= limit:
                if len(person.encodings) < _ENCODINGS_KEPT:
                    person.encodings.append(encoding)
                return person
        person = _Person(len(self._people) + 1, box, look)
        if encoding is None:
            person.unencoded = _cut_out(image, box)
        else:
            person.encodings.append(encoding)
        self._people.append(person)
        return person

    def _is_same_person(self, image: Image, box: FaceBox, person: int) -> bool:
        distance = self._distance(self._person(person), self._encode(image, box))
        return distance <= _SAME_PLACE_DISTANCE

    def _distance(self, person: _Person, encoding: Encoding) -> float:
        if person.unencoded is not None:
            person.encodings.append(self._encode(*person.unencoded))
            person.unencoded = None
        return float(min(np.linalg.norm(known - encoding) for known in person.encodings))

    def _person(self, number: int) -> _Person:
        return self._people[number - 1]


def _cut_out(image: Image, box: FaceBox) -> tuple[Image, FaceBox]:
    """A copy of what lies within a face's size around it, and where the face is in that."""
    x0, y0 = max(int(box.left_px - box.width_px), 0), max(int(box.top_px - box.height_px), 0)
    x1, y1 = int(box.right_px + box.width_px) + 1, int(box.bottom_px + box.height_px) + 1
    place = FaceBox(box.left_px - x0, box.top_px - y0, box.right_px - x0, box.bottom_px - y0)
    return image[y0:y1, x0:x1].copy(), place


def _thumbnail(image: Image) -> Gray:
    # By way of some of its pixels: averaging all of a 1080p picture takes twenty times as long.
    some = cv2.resize(image, (320, 180), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(some, (32, 18), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _between(track: _Track, box: FaceBox, end_s: float, time_s: float) -> FaceBox:
    span = end_s - track.time_s
    share = 1.0 if span <= 0 else (time_s - track.time_s) / span
    old = track.box
    return FaceBox(
        old.left_px + share * (box.left_px - old.left_px),
        old.top_px + share * (box.top_px - old.top_px),
        old.right_px + share * (box.right_px - old.right_px),
        old.bottom_px + share * (box.bottom_px - old.bottom_px),
    )


def _steadied(found: FaceBox, before: FaceBox) -> FaceBox:
    """The found place at the mean of both sizes: HOG's sizes come in steps of a fifth."""
    x = (found.left_px + found.right_px) / 2
    y = (found.top_px + found.bottom_px) / 2
    half_width = (found.width_px + before.width_px) / 4
    half_height = (found.height_px + before.height_px) / 4
    return FaceBox(x - half_width, y - half_height, x + half_width, y + half_height)


def _look(image: Image, box: FaceBox, *, margin_px: int = 0) -> Gray:
    """A gray picture of a box at 32 x 32, with so many pixels more on each side, for comparing."""
    side = _TEMPLATE_WIDTH_PX + 2 * margin_px
    patch = crop_face(image, box, margin=margin_px / _TEMPLATE_WIDTH_PX, size=side)
    return np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _likeness(a: Gray, b: Gray) -> float:
    """Normalised cross-correlation of two looks, -1 to 1."""
    return float(cv2.matchTemplate(a, b, cv2.TM_CCOEFF_NORMED)[0, 0])


def _likeness_there(look: Gray, before: FaceBox, image: Image, box: FaceBox) -> float:
    """How much what is at ``box`` is like ``look``, which was at ``before``: -1 to 1, and -1 where
    that is far away. Compared at the size of before, a little to each side: HOG's come in steps."""
    dx = (box.left_px + box.right_px - before.left_px - before.right_px) / 2
    dy = (box.top_px + box.bottom_px - before.top_px - before.bottom_px) / 2
    if max(abs(dx), abs(dy)) > _NOT_FAR * before.width_px:
        return -1.0
    there = FaceBox(
        before.left_px + dx, before.top_px + dy, before.right_px + dx, before.bottom_px + dy
    )
    around = _look(image, there, margin_px=_LOOK_MARGIN_PX + _LOOK_SLACK_PX)
    return float(cv2.matchTemplate(around, look, cv2.TM_CCOEFF_NORMED).max())


def _match_template(image: Image, track: _Track) -> FaceBox | None:
    """Where the face's last look appears again nearby, for frames the detector misses."""
    height, width = image.shape[:2]
    box = track.box
    margin_x, margin_y = 0.5 * box.width_px, 0.5 * box.height_px
    x0, y0 = max(int(box.left_px - margin_x), 0), max(int(box.top_px - margin_y), 0)
    x1 = min(int(box.right_px + margin_x), width)
    y1 = min(int(box.bottom_px + margin_y), height)
    scale_x = _TEMPLATE_WIDTH_PX / max(box.width_px, 1.0)
    scale_y = _TEMPLATE_WIDTH_PX / max(box.height_px, 1.0)
    size = (round((x1 - x0) * scale_x), round((y1 - y0) * scale_y))
    if min(size) < _TEMPLATE_WIDTH_PX:
        return None
    patch = cv2.cvtColor(
        cv2.resize(image[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
    )
    face = track.look[_LOOK_MARGIN_PX:-_LOOK_MARGIN_PX, _LOOK_MARGIN_PX:-_LOOK_MARGIN_PX]
    _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(patch, face, cv2.TM_CCOEFF_NORMED))
    if best < _TEMPLATE_MATCH:
        return None
    left, top = x0 + x / scale_x, y0 + y / scale_y
    return FaceBox(left, top, left + box.width_px, top + box.height_px)
