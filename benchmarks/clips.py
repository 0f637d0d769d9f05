"""Clips and checkpoints to measure with, made on the spot from nothing but public material.

The clips show the public-domain NASA portrait that scikit-image carries, before a moving textured
background with sensor noise, so that H.264 has as much to do as with a camera's recording.
"""

from __future__ import annotations

import dataclasses
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from deepfake_desktop.core.checkpoints import CheckpointFile

RATE_HZ = 30
FACE_SHARE = 0.85
"""Height of the portrait over that of the picture."""


def folder() -> Path:
    """Where clips are kept between runs."""
    path = Path(tempfile.gettempdir()) / "deepfake-desktop-benchmarks"
    path.mkdir(exist_ok=True)
    return path


def clip(width: int, height: int, *, seconds: int = 10) -> Path:
    """A clip of one talking-size face, H.264, 30 frames a second, a keyframe every 2 s."""
    path = folder() / f"clip_{width}x{height}_{seconds}s.mp4"
    if not path.exists():
        part = path.with_suffix(".part")
        _write(part, width, height, frames=seconds * RATE_HZ)
        part.rename(path)
    return path


def long_clip(width: int, height: int, *, seconds: int) -> Path:
    """The 10-second clip over and over, copied packet by packet."""
    path = folder() / f"clip_{width}x{height}_{seconds}s.mp4"
    if seconds <= 10:
        return clip(width, height, seconds=seconds)
    if path.exists():
        return path
    part = path.with_suffix(".part")
    with av.open(str(clip(width, height))) as source:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.size]
        span = round(10 / stream.time_base)
        with av.open(str(part), "w", format="mp4") as out:
            copy = out.add_stream_from_template(stream)
            for turn in range(seconds // 10):
                for packet in packets:
                    again = av.Packet(bytes(packet))
                    again.pts = packet.pts + turn * span
                    again.dts = packet.dts + turn * span
                    again.duration = packet.duration
                    again.time_base = packet.time_base
                    again.is_keyframe = packet.is_keyframe
                    again.stream = copy
                    out.mux(again)
    part.rename(path)
    return path


def shipped() -> Path:
    """The bundled checkpoint that an analysis with default settings uses."""
    from deepfake_desktop.core.checkpoints import select

    return select(_bundled_files(), 20).path


def bundled(backbone: str) -> Path:
    """The bundled checkpoint of a backbone."""
    from deepfake_desktop.core.checkpoints import describe

    files = _bundled_files()
    return next(file.path for file in files if describe(file)[0].backbone == backbone)


def _bundled_files() -> list[CheckpointFile]:
    from deepfake_desktop.core.checkpoints import list_checkpoints

    models = Path(__file__).resolve().parent.parent / "models"
    return [file for file in list_checkpoints(models) if file.path.parent == models]


def network_alone(source: Path) -> Path:
    """A bundled checkpoint without its traces and patches, which the published pipeline does not
    have: the network's voice (``TraceHead.voices``), under the same calibration."""
    from deepfake_desktop.core.cards import Card
    from deepfake_desktop.core.checkpoints import read_state_dict, sha256_of

    path = folder() / f"{sha256_of(source)[:12]}" / source.name
    if path.exists():
        return path
    import torch

    state = read_state_dict(source)
    card = Card.from_json(source.with_suffix(".json").read_text(encoding="utf-8"))
    scale, offset = state.get("traces.voices", torch.tensor([[1.0, 0.0]] * 2))[1]
    state["linear1.weight"] *= scale
    state["linear1.bias"] *= scale
    state["linear1.bias"][card.fake_index] += offset
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    other = ("traces.", "patches.")
    torch.save({k: v for k, v in state.items() if not k.startswith(other)}, part)
    card = dataclasses.replace(card, trace_kinds=(), patches=False, sha256=sha256_of(part))
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    part.rename(path)
    return path


def checkpoint(*, frames: int = 20, image_size: int = 112) -> Path:
    """A checkpoint of the published files' layout (322 tensors, 226.5 MB), seeded, not trained.

    Batch statistics come from noise, so activations keep a sane range. Without a card it is read
    as the published documentation says, on both sides of the comparison.
    """
    path = folder() / f"model_50_acc_{frames}_frames_seeded.pt"
    if path.exists():
        return path
    import torch

    from deepfake_desktop.core.network import FrameSequenceNetwork

    torch.manual_seed(7)
    network = FrameSequenceNetwork("resnext50_32x4d", bias=False, temporal="published")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        network.train().frame_features(torch.randn(8, 3, image_size, image_size))
        network.linear1.weight.mul_(20.0)
    part = path.with_suffix(".part")
    torch.save(network.state_dict(), part)
    part.rename(path)
    return path


def _write(path: Path, width: int, height: int, *, frames: int) -> None:
    from skimage.data import astronaut

    portrait = np.asarray(astronaut())
    noise = np.random.default_rng(5)
    background = _texture(noise, 2 * width, 2 * height)
    # eight pictures of grain, in turn: a sensor's noise never repeats, but an encoder looks back
    # at three frames
    grain = [noise.integers(0, 12, (height, width, 3), dtype=np.uint8) for _ in range(8)]
    scale = FACE_SHARE * height / portrait.shape[0]
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream(
            "libx264", rate=RATE_HZ, options={"crf": "23", "preset": "superfast"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = 2 * RATE_HZ
        for index in range(frames):
            seconds = index / RATE_HZ
            x = int(width * 0.4 * (1 + np.sin(0.5 * seconds)))
            y = int(height * 0.4 * (1 + np.cos(0.3 * seconds)))
            image = background[y : y + height, x : x + width].copy()
            turn = cv2.getRotationMatrix2D(
                (256, 200), 2.5 * np.sin(1.3 * seconds), scale * (1 + 0.05 * np.sin(0.9 * seconds))
            )
            turn[0, 2] += width / 2 - 256 + 0.12 * width * np.sin(0.7 * seconds)
            turn[1, 2] += height / 2 - 200 + 0.03 * height * np.sin(1.1 * seconds)
            cv2.warpAffine(
                portrait, turn, (width, height), dst=image, borderMode=cv2.BORDER_TRANSPARENT
            )
            cv2.add(image, grain[index % len(grain)], dst=image)
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE_HZ)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _texture(noise: np.random.Generator, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Blobs of several sizes, in muted colours."""
    picture = np.full((height, width, 3), 90.0, np.float32)
    for cells in (6, 24, 96):
        patch = noise.normal(0, 60 / cells**0.4, (cells, cells * 2, 3)).astype(np.float32)
        picture += cv2.resize(patch, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)
