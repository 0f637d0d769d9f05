"""The same video, worse: recompressed, reduced, blurred, noisy, grey, dark, burnt out, smoothed or
sharpened.

What a video loses on its way through cameras, messengers, platforms and filters. Each degradation
re-encodes the whole picture, not the face alone, to H.264 with the frame times kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from deepfake_desktop.core import patches
from deepfake_desktop.core.errors import DamagedVideoError, NoVideoStreamError
from deepfake_desktop.core.types import Image


@dataclass(frozen=True, slots=True)
class Degradation:
    """``crf`` is x264's quality (51 worst), ``scale`` the factor of both sides, ``blur_px`` and
    ``noise_levels`` standard deviations in pixels and in grey levels of 255. Noise is Gaussian,
    drawn anew for each pixel, colour and frame, and like all else added before encoding. ``gain``
    multiplies brightness, ``smoothing`` is the strength of ``patches.smooth``, and ``sharpening``
    how much of what a blur by 1.5 pixels takes away is added.
    """

    crf: int = 18
    scale: float = 1.0
    blur_px: float = 0.0
    noise_levels: float = 0.0
    gain: float = 1.0
    grey: bool = False
    smoothing: float = 0.0
    sharpening: float = 0.0

    def apply(self, image: Image, rng: np.random.Generator) -> Image:
        """RGB uint8 in, RGB uint8 out; both sides of the result are even, as yuv420p needs."""
        height, width = image.shape[:2]
        even = (max(2, int(width * self.scale) // 2 * 2), max(2, int(height * self.scale) // 2 * 2))
        worse = image
        if self.scale != 1.0:
            worse = np.asarray(cv2.resize(worse, even, interpolation=cv2.INTER_AREA))
        else:
            worse = worse[: even[1], : even[0]]
        if self.blur_px:
            worse = np.asarray(cv2.GaussianBlur(worse, (0, 0), self.blur_px))
        if self.smoothing:
            worse = patches.smooth(worse, self.smoothing)
        if self.sharpening:
            soft = cv2.GaussianBlur(worse, (0, 0), 1.5)
            share = self.sharpening
            worse = np.asarray(cv2.addWeighted(worse, 1.0 + share, soft, -share, 0.0))
        if self.gain != 1.0:
            worse = np.asarray(cv2.convertScaleAbs(worse, alpha=self.gain))
        if self.grey:
            worse = np.asarray(
                cv2.cvtColor(cv2.cvtColor(worse, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            )
        if self.noise_levels:
            grain = rng.standard_normal(worse.shape, dtype=np.float32) * self.noise_levels
            worse = np.clip(worse + grain, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(worse, dtype=np.uint8)


DEGRADATIONS: Mapping[str, Degradation] = {
    "CRF 18": Degradation(crf=18),
    "CRF 23": Degradation(crf=23),
    "CRF 32": Degradation(crf=32),
    "CRF 40": Degradation(crf=40),
    "half size": Degradation(crf=23, scale=0.5),
    "blur 2 px": Degradation(crf=23, blur_px=2.0),
    "noise 8 levels": Degradation(crf=23, noise_levels=8.0),
    "grey": Degradation(crf=23, grey=True),
    "dark": Degradation(crf=23, gain=0.25),
    "overexposed": Degradation(crf=23, gain=1.8),
    "smoothed": Degradation(crf=23, smoothing=0.8),
    "sharpened": Degradation(crf=23, sharpening=1.0),
}

MEASURED = tuple(name for name in DEGRADATIONS if name != "CRF 18")
"""Those of the results table. CRF 23 is its reference: the copies without a CRF in their name are
encoded at that."""


def degrade(
    source: Path, target: Path, degradation: Degradation, *, max_s: float | None = None
) -> int:
    """Write a degraded copy of ``source``, of its first ``max_s`` seconds; returns its frames.

    The copy has no sound. Made again, it is the same to the byte; without ``cpu-independent``, what
    x264 made of the same pictures changed from one run to the next.

    Raises:
        NoVideoStreamError: if there is no picture in ``source``.
        DamagedVideoError: if not one frame decodes, or it is no video at all.
    """
    import av

    rng = np.random.default_rng(0)
    count = 0
    try:
        with (
            av.open(str(source)) as reader,
            av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as writer,
        ):
            if not reader.streams.video:
                raise NoVideoStreamError("holds no picture stream.", path=source)
            taken = reader.streams.video[0]
            taken.thread_type = "AUTO"
            made = writer.add_stream(
                "libx264",
                rate=taken.average_rate or 25,
                options={
                    "crf": str(degradation.crf),
                    "preset": "veryfast",
                    "threads": "2",
                    "x264-params": "cpu-independent=1",
                },
            )
            made.pix_fmt = "yuv420p"
            tick = taken.time_base or Fraction(1, 1000)
            made.codec_context.time_base = tick
            first: int | None = None
            last = -1
            for frame in reader.decode(taken):
                if frame.pts is None:
                    continue
                first = frame.pts if first is None else first
                pts = frame.pts - first
                if max_s is not None and float(pts * tick) >= max_s:
                    break
                if pts <= last:  # x264 takes times in increasing order only
                    continue
                last = pts
                image = degradation.apply(
                    np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8), rng
                )
                if count == 0:
                    made.height, made.width = image.shape[:2]
                elif image.shape[:2] != (made.height, made.width):
                    image = np.asarray(cv2.resize(image, (made.width, made.height)))
                worse = av.VideoFrame.from_ndarray(image, format="rgb24")
                worse.pts, worse.time_base = pts, tick
                writer.mux(made.encode(worse))
                count += 1
            if count:
                writer.mux(made.encode(None))
    except av.error.FFmpegError as error:
        raise DamagedVideoError(f"cannot be re-encoded ({error}).", path=source) from error
    if not count:
        raise DamagedVideoError("has not one frame that decodes.", path=source)
    return count
