"""From a decoded frame to an upright RGB picture with square pixels."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from deepfake_desktop.core.types import Image

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD_HEIGHT_PX = 720
"""Players take an untagged picture from this height on for BT.709, a smaller one for BT.601."""


def quarter_turns(rotation_deg: float) -> int:
    """Clockwise quarter turns, 0 to 3, that set a picture upright.

    ``rotation_deg`` is FFmpeg's: counterclockwise. Anything between is rounded to a quarter.
    """
    return round(-rotation_deg / 90) % 4


def square_size(width_px: int, height_px: int, aspect: Fraction) -> tuple[int, int]:
    """Width and height of the same picture with square pixels; no line or column is lost."""
    if aspect >= 1:
        return max(1, round(width_px * aspect)), height_px
    return width_px, max(1, round(height_px / aspect))


class PictureMaker:
    """Converts the frames of one stream; keeps FFmpeg's scaler between them.

    Untagged colours are those that such a picture usually has, by its height; as ``published``,
    where OpenCV reads the video, those of ITU-R BT.601 whatever the height.
    """

    def __init__(self, aspect: Fraction, *, published: bool = False) -> None:
        from av.video.reformatter import VideoReformatter

        self._aspect = aspect
        self._published = published
        self._reformatter = VideoReformatter()

    def picture(self, frame: VideoFrame) -> Image:
        """Upright RGB uint8, height x width x 3, C-contiguous.

        Interlaced frames are deinterlaced from their own lines alone, so a picture does not depend
        on its neighbours. Transparency is dropped. Colours follow the frame's tags.
        """
        turns = quarter_turns(frame.rotation)
        if frame.interlaced_frame:
            frame = _deinterlaced(frame)
        width, height = square_size(frame.width, frame.height, self._aspect)
        source: Colorspace | None = None
        if frame.colorspace == _UNSPECIFIED and not frame.format.is_rgb:
            is_hd = height >= _HD_HEIGHT_PX and not self._published
            source = Colorspace.ITU709 if is_hd else Colorspace.ITU601
        rgb = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=source,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        array = np.asarray(rgb.to_ndarray(), dtype=np.uint8)
        if turns:
            array = np.rot90(array, -turns)
        return np.ascontiguousarray(array)


def _deinterlaced(frame: VideoFrame) -> VideoFrame:
    """Edge slope tracing (FFmpeg's ``estdif``): each frame keeps one field, fills the other."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=Fraction(1, 1000),
    )
    filtered = graph.add("estdif", "mode=frame:deint=all")
    sink = graph.add("buffersink")
    source.link_to(filtered)
    filtered.link_to(sink)
    graph.configure()
    source.push(frame)
    source.push(None)
    result = sink.pull()
    assert isinstance(result, VideoFrame)
    return result
