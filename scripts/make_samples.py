"""Make the two sample clips, resources/samples/authentic.mp4 and manipulated.mp4.

Both start from the NASA portrait of Eileen Collins that scikit-image carries
(``skimage.data.astronaut``, public domain). One simulated camera looks at it: a slow pan, zoom and
roll, light that drifts, sensor noise. ``authentic`` is that and nothing else. In ``manipulated``
the face of every recorded frame is replaced by a re-synthesised copy, the way face-swap tools
work: cut out along the landmarks, resampled through a small size, smoothed and sharpened, moved a
little (mouth and brows), recoloured and blended back, with errors that drift and flicker from
frame to frame. The two files are made, not recorded; they show and test the program and prove
nothing about its accuracy.

    python scripts/make_samples.py            # writes both files
    python scripts/make_samples.py --png DIR  # and some frames as pictures
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

WIDTH_PX, HEIGHT_PX, FRAME_RATE, FRAMES = 640, 480, 25, 125
NOISE_LEVELS = 1.6
"""Standard deviation of the sensor noise, in grey levels of 255."""
CRF = "21"
OUT = Path(__file__).resolve().parent.parent / "resources" / "samples"


@dataclass(frozen=True, slots=True)
class Shot:
    """One recorded frame: RGB float32 0..255, and the 2x3 map from portrait to frame pixels."""

    image: Picture
    matrix: npt.NDArray[np.float64]


def record(portrait: Picture, *, seed: int) -> Iterator[Shot]:
    """The camera: FRAMES pictures of the portrait, each a little panned, zoomed and rolled."""
    rng = np.random.default_rng(seed)
    tremor = np.cumsum(rng.normal(0.0, 0.12, size=(FRAMES, 2)), axis=0)
    tremor -= np.linspace(0.0, 1.0, FRAMES)[:, None] * tremor[-1]
    for index in range(FRAMES):
        turn = 2.0 * np.pi * index / FRAMES
        zoom = 1.72 + 0.07 * np.sin(turn - 0.4)
        roll = np.deg2rad(1.6 * np.sin(turn + 0.9))
        centre = np.array([226.0 + 7.0 * np.sin(turn), 138.0 + 3.5 * np.sin(2.0 * turn)])
        linear = zoom * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        shift = np.array([WIDTH_PX / 2, HEIGHT_PX / 2]) - linear @ centre + tremor[index]
        matrix = np.hstack([linear, shift[:, None]])
        view = cv2.warpAffine(
            portrait,
            matrix,
            (WIDTH_PX, HEIGHT_PX),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        light = 1.0 + 0.025 * np.sin(turn * 0.8 + 0.3)
        warmth = np.array([1.0 + 0.008 * np.sin(turn), 1.0, 1.0 - 0.008 * np.sin(turn)])
        noisy = view * (light * warmth) + rng.normal(0.0, NOISE_LEVELS, size=view.shape)
        yield Shot(np.clip(noisy, 0.0, 255.0).astype(np.float32), matrix)


def landmarks(portrait: npt.NDArray[np.uint8]) -> dict[str, Points]:
    """The portrait's face landmarks in pixels, by feature (dlib's 68, through face_recognition)."""
    import face_recognition

    boxes = face_recognition.face_locations(portrait)
    box = min(boxes, key=lambda b: b[0])  # the upper one: the other "face" is the suit
    found = face_recognition.face_landmarks(portrait, [box])[0]
    return {name: np.asarray(points, dtype=np.float64) for name, points in found.items()}


def replace_face(shot: Shot, features: dict[str, Points], index: int, drift: Drift) -> Picture:
    """The frame with its face re-synthesised and blended back."""
    names = list(features)
    counts = [len(features[name]) for name in names]
    source = np.vstack([features[name] for name in names]) @ shot.matrix[:, :2].T
    source = source + shot.matrix[:, 2]
    turn = 2.0 * np.pi * index / FRAMES
    moves = {
        "bottom_lip": 5.5 * (0.5 + 0.5 * np.sin(7.0 * turn)),
        "top_lip": -1.2 * (0.5 + 0.5 * np.sin(7.0 * turn)),
        "left_eyebrow": -2.2 * np.sin(3.0 * turn),
        "right_eyebrow": -2.2 * np.sin(3.0 * turn),
        "chin": 0.0,
    }
    target = source.copy()
    target[:, 1] += np.repeat([moves.get(name, 0.0) for name in names], counts)
    target += drift.offset_px[index] + drift.landmark_px[index]

    x0, y0 = np.floor(source.min(axis=0) - 30).astype(int)
    x1, y1 = np.ceil(source.max(axis=0) + 30).astype(int)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, WIDTH_PX), min(y1, HEIGHT_PX)
    patch = shot.image[y0:y1, x0:x1]
    corner = np.array([x0, y0], dtype=np.float64)

    copy = _move(patch, source - corner, target - corner)
    small = cv2.resize(copy, None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    copy = cv2.resize(small, (patch.shape[1], patch.shape[0]), interpolation=cv2.INTER_LINEAR)
    copy = cv2.bilateralFilter(copy, 5, 14.0, 3.0)
    copy = copy + 0.6 * (copy - cv2.GaussianBlur(copy, (0, 0), 2.2))  # a restorer's halo
    copy = copy * drift.gain[index] + drift.shift_levels[index]

    hull = np.vstack(
        [
            features["chin"],
            features["left_eyebrow"] - [0.0, 6.0],
            features["right_eyebrow"] - [0.0, 6.0],
        ]
    )
    hull = hull @ shot.matrix[:, :2].T + shot.matrix[:, 2] - corner + drift.offset_px[index]
    centre = hull.mean(axis=0)
    hull = centre + (hull - centre) * drift.hull_scale[index]
    mask = np.zeros(patch.shape[:2], dtype=np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(hull.astype(np.int32)), 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), 4.0)[:, :, None] * drift.opacity[index]

    result = shot.image.copy()
    result[y0:y1, x0:x1] = patch * (1.0 - mask) + copy * mask
    return np.clip(result, 0.0, 255.0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Drift:
    """What goes wrong with the replaced face, per frame: slow wandering plus flicker."""

    offset_px: Points
    landmark_px: npt.NDArray[np.float64]
    gain: Points
    shift_levels: Points
    hull_scale: npt.NDArray[np.float64]
    opacity: npt.NDArray[np.float64]


def make_drift(landmark_count: int, *, seed: int) -> Drift:
    rng = np.random.default_rng(seed)
    turn = np.linspace(0.0, 2.0 * np.pi, FRAMES, endpoint=False)[:, None]

    def wander(columns: int, slow: float, flicker: float) -> Points:
        phase = rng.uniform(0.0, 2.0 * np.pi, size=columns)
        rate = rng.uniform(1.5, 4.0, size=columns)
        noise = rng.normal(0.0, flicker, size=(FRAMES, columns))
        return np.asarray(slow * np.sin(rate * turn + phase) + noise)

    jitter = rng.normal(0.0, 0.35, size=(FRAMES, landmark_count, 2))
    return Drift(
        offset_px=wander(2, 1.3, 0.35),
        landmark_px=jitter,
        gain=1.0 + wander(3, 0.030, 0.008),
        shift_levels=np.array([5.0, -1.0, -6.0]) + wander(3, 3.0, 1.0),
        hull_scale=0.99 + wander(1, 0.015, 0.005)[:, 0],
        opacity=np.clip(0.96 + wander(1, 0.03, 0.01)[:, 0], 0.0, 1.0),
    )


def _move(patch: Picture, source: Points, target: Points) -> Picture:
    """``patch`` with ``source`` points carried to ``target``; the motion fades out between them."""
    height, width = patch.shape[:2]
    ys, xs = np.mgrid[0:height:4, 0:width:4]
    grid = np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float64)
    squared = ((grid[:, None, :] - target[None, :, :]) ** 2).sum(axis=2)
    weight = np.exp(-squared / (2.0 * 9.0**2))
    pull = weight @ (source - target) / (weight.sum(axis=1, keepdims=True) + 0.15)
    field = pull.reshape(xs.shape[0], xs.shape[1], 2).astype(np.float32)
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    all_y, all_x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.asarray(
        cv2.remap(
            patch,
            all_x + field[:, :, 0],
            all_y + field[:, :, 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    )


def encode(path: Path, pictures: Iterator[Picture]) -> None:
    """Write H.264 yuv420p. Single-threaded and bit-exact, so that a machine makes it twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(
        str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}
    ) as container:
        stream = container.add_stream(
            "libx264", rate=FRAME_RATE, options={"crf": CRF, "preset": "slow", "threads": "1"}
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.round(picture).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _save_pictures(folder: Path, name: str, pictures: Iterator[Picture]) -> Iterator[Picture]:
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        if index % 25 == 0:
            bgr = np.round(picture).astype(np.uint8)[:, :, ::-1]
            cv2.imwrite(str(folder / f"{name}_{index:03d}.png"), bgr)
        yield picture


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the two sample clips.")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the clips")
    parser.add_argument("--png", type=Path, help="also write some frames as pictures here")
    arguments = parser.parse_args()

    from skimage import data

    portrait = data.astronaut()
    features = landmarks(portrait)
    drift = make_drift(sum(map(len, features.values())), seed=2)

    def authentic() -> Iterator[Picture]:
        for shot in record(portrait.astype(np.float32), seed=1):
            yield shot.image

    def manipulated() -> Iterator[Picture]:
        for index, shot in enumerate(record(portrait.astype(np.float32), seed=1)):
            yield replace_face(shot, features, index, drift)

    for name, pictures in (("authentic", authentic()), ("manipulated", manipulated())):
        if arguments.png is not None:
            pictures = _save_pictures(arguments.png, name, pictures)
        encode(arguments.out / f"{name}.mp4", pictures)


if __name__ == "__main__":
    main()
