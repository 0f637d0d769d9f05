"""What happens to every picture after it was taken, real or fake: camera, sharing, codec.

``draw`` decides once for a clip; ``apply`` runs the whole clip through the same steps. A pair of
real and fake gets the same ``Chain`` and differs only in the noise's seed, so that nothing here
tells them apart (``tests/training/test_chain.py`` trains a probe on it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.patches import smooth as smooth_skin
from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import (
    as_floats,
    as_image,
    colour_table,
    jpeg,
    recolour,
    sharpen,
)

_UPSCALE = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Parameters of one camera and its compression; None leaves a step out."""

    colour: npt.NDArray[np.float32] | None
    denoised: float | None
    blur_sigma: float | None
    motion_px: int | None
    motion_deg: float
    scale: float
    down: int
    restore_size: bool
    up: int
    noise_sigma: float | None
    noise_grain: int
    sharpen_amount: float | None
    jpeg_quality: int | None
    h264_crf: int | None
    second_jpeg: int | None


def draw(
    rng: np.random.Generator, *, face_px: float, strength: float = 1.0, denoised: float = 0.0
) -> Chain:
    """``face_px``: the face box's width now; it is never scaled below 56 pixels.

    ``strength`` 0 leaves clean pictures, 1 is the usual mixture, above 1 a heavier tail.
    ``denoised``: this share of the cameras smooths everything it sees between edges.
    """

    def happens(probability: float) -> bool:
        return bool(rng.random() < min(0.9, probability * strength))

    lowest = min(1.0, 56 / max(face_px, 1.0))
    scale = 1.0
    if happens(0.5):
        scale = float(np.exp(rng.uniform(np.log(max(lowest, 0.35)), 0)))
    codec = rng.random()
    crf = jpeg_quality = None
    if codec < 0.45 * min(1.5, strength):
        crf = int(np.clip(rng.normal(24, 5), 14, 38))
    elif codec < 0.85 * min(1.15, strength):
        jpeg_quality = int(rng.integers(45, 99))
    return Chain(
        colour=colour_table(rng, rng.uniform(0.2, 1.4)) if happens(0.7) else None,
        denoised=float(rng.uniform(0.2, 1.5)) if denoised and rng.random() < denoised else None,
        blur_sigma=float(rng.uniform(0.3, 1.5)) if happens(0.3) else None,
        motion_px=int(rng.integers(3, 8)) if happens(0.1) else None,
        motion_deg=float(rng.uniform(0, 180)),
        scale=scale,
        down=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])),
        restore_size=bool(rng.random() < 0.4),
        up=int(rng.choice(_UPSCALE)),
        noise_sigma=float(rng.uniform(0.8, 6.0)) if happens(0.35) else None,
        noise_grain=int(rng.choice([1, 1, 2])),
        sharpen_amount=float(rng.uniform(0.2, 1.0)) if happens(0.12) else None,
        jpeg_quality=jpeg_quality,
        h264_crf=crf,
        second_jpeg=int(rng.integers(60, 97)) if happens(0.12) else None,
    )


def draw_codec(rng: np.random.Generator) -> Chain:
    """What sharing a video alone does to it: now and then other colours or a smaller picture, and
    mostly H.264. The camera's own traces stay."""
    smaller = bool(rng.random() < 0.3)
    return Chain(
        colour=colour_table(rng, rng.uniform(0.1, 0.8)) if rng.random() < 0.5 else None,
        denoised=None,
        blur_sigma=None,
        motion_px=None,
        motion_deg=0.0,
        scale=float(rng.uniform(0.5, 1.0)) if smaller else 1.0,
        down=cv2.INTER_AREA,
        restore_size=False,
        up=cv2.INTER_LINEAR,
        noise_sigma=None,
        noise_grain=1,
        sharpen_amount=None,
        jpeg_quality=None,
        h264_crf=int(np.clip(rng.normal(23, 4), 14, 34)) if rng.random() < 0.85 else None,
        second_jpeg=None,
    )


def apply(frames: Sequence[Image], chain: Chain, *, seed: int) -> list[Image]:
    """RGB uint8 frames of one size, through ``chain``. They may come out smaller (``scale``)."""
    noise = np.random.default_rng(seed)
    out = [_camera(frame, chain, noise) for frame in frames]
    if chain.jpeg_quality is not None:
        out = [jpeg(frame, chain.jpeg_quality) for frame in out]
    if chain.h264_crf is not None:
        out = h264(out, crf=chain.h264_crf)
    if chain.second_jpeg is not None:
        out = [jpeg(frame, chain.second_jpeg) for frame in out]
    return out


def _camera(image: Image, chain: Chain, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    if chain.colour is not None:
        image = recolour(image, chain.colour)
    if chain.denoised is not None:
        image = smooth_skin(image, chain.denoised)
    if chain.blur_sigma is not None:
        image = as_image(cv2.GaussianBlur(image, (0, 0), chain.blur_sigma))
    if chain.motion_px is not None:
        kernel = _motion_kernel(chain.motion_px, chain.motion_deg)
        image = as_image(cv2.filter2D(image, -1, kernel))
    if chain.scale < 0.99:
        size = (round(width * chain.scale), round(height * chain.scale))
        image = as_image(cv2.resize(image, size, interpolation=chain.down))
    if chain.noise_sigma is not None:
        image = _noisy(image, chain.noise_sigma, chain.noise_grain, rng)
    if chain.scale < 0.99 and chain.restore_size:
        image = as_image(cv2.resize(image, (width, height), interpolation=chain.up))
    if chain.sharpen_amount is not None:
        image = sharpen(image, chain.sharpen_amount, 1.0)
    return image


def _noisy(image: Image, sigma: float, grain: int, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    shape = (-(-height // grain), -(-width // grain), 3)
    noise = rng.standard_normal(shape, dtype=np.float32) * np.float32(sigma)
    if grain > 1:
        noise = as_floats(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.clip(image.astype(np.float32) + noise + 0.5, 0, 255).astype(np.uint8)


def _motion_kernel(length: int, angle_deg: float) -> npt.NDArray[np.float32]:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), angle_deg, 1)
    kernel = as_floats(cv2.warpAffine(kernel, turn, (length, length)))
    return kernel / max(float(kernel.sum()), 1e-6)


def h264(frames: Sequence[Image], *, crf: int) -> list[Image]:
    """An H.264 round trip (x264, veryfast) in memory, without a container."""
    import av

    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    encoder.options = {"crf": str(crf), "preset": "veryfast", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    packets = []
    for number, frame in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(frame[:height, :width]), format="rgb24"
        )
        picture.pts = number
        packets.extend(encoder.encode(picture))
    packets.extend(encoder.encode(None))
    decoded = [picture for packet in packets for picture in decoder.decode(packet)]
    decoded.extend(decoder.decode(None))
    out = []
    for original, picture in zip(frames, decoded, strict=True):
        image = as_image(picture.to_ndarray(format="rgb24"))
        if image.shape != original.shape:  # odd sizes lose a line: repeat it
            image = as_image(
                cv2.copyMakeBorder(
                    image,
                    0,
                    original.shape[0] - height,
                    0,
                    original.shape[1] - width,
                    cv2.BORDER_REPLICATE,
                )
            )
        out.append(image)
    return out
