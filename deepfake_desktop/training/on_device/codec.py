"""JPEG, and what H.264 leaves of a picture, for batches: block transforms with their rounding.

JPEG is exact but for the order of roundings. Of H.264 there is what shows in a single picture:
chroma at half the resolution, transforms of 4 or 8 pixels with one step for all coefficients and a
dead zone that swallows weak detail, on a grid that need not begin where the crop does, and edges
between blocks that are smoothed.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor
from torch.nn import functional

from deepfake_desktop.training.on_device.pictures import from_ycbcr, to_ycbcr

_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *[99] * 32,
)  # fmt: skip


def jpeg(x: Tensor, quality: int) -> Tensor:
    """One round trip at libjpeg's ``quality`` with 4:2:0 chroma (ITU-T T.81, annex K's tables)."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    luma, chroma = (
        torch.tensor(table, device=x.device, dtype=torch.float32)
        .mul(scale)
        .add(50)
        .div(100)
        .floor()
        .clamp(1, 255)
        .view(8, 8)
        for table in (_LUMA, _CHROMA)
    )
    y, colours = _planes(x)
    y = _coded(y - 128, luma, 8, dead=0.5) + 128
    colours = _coded(colours - 128, chroma, 8, dead=0.5) + 128
    return _picture(y, colours)[..., : x.shape[-2], : x.shape[-1]]


def h264(x: Tensor, *, crf: int, block: int, dead: float, corner: tuple[int, int]) -> Tensor:
    """``block``: 4 or 8; ``dead``: what is added before rounding down, 1/3 within and 1/6 between
    pictures; ``corner``: where the first block ends."""
    step = 2 ** ((crf - 4) / 6)
    top, left = corner
    height, width = x.shape[-2:]
    padded = functional.pad(x, (left, 16 - left, top, 16 - top), mode="replicate")
    y, colours = _planes(padded)
    y = _deblocked(_coded(y, step, block, dead=dead), block, step)
    colours = _coded(colours, step, 4, dead=dead)
    return _picture(y, colours)[..., top : top + height, left : left + width]


def _planes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Luma (B, 1, H, W) and chroma (B, 2, H/2, W/2), padded to whole blocks."""
    height, width = x.shape[-2:]
    padding = (0, -width % 16, 0, -height % 16)
    planes = to_ycbcr(functional.pad(x, padding, mode="replicate"))
    return planes[:, :1], functional.avg_pool2d(planes[:, 1:], 2)


def _picture(y: Tensor, colours: Tensor) -> Tensor:
    wide = functional.interpolate(colours, scale_factor=2, mode="bilinear", align_corners=False)
    return from_ycbcr(torch.cat([y, wide], dim=1)).round().clamp(0, 255)


def _coded(planes: Tensor, steps: Tensor | float, block: int, *, dead: float) -> Tensor:
    """In blocks: transformed, divided by ``steps``, rounded (down, ``dead`` added), and back."""
    basis = _basis(block, planes.device)
    count, channels, height, width = planes.shape
    tiles = planes.view(count, channels, height // block, block, width // block, block)
    tiles = tiles.transpose(3, 4)
    coefficients = basis @ tiles @ basis.T / steps
    kept = coefficients.sign() * (coefficients.abs() + dead).floor() * steps
    return (basis.T @ kept @ basis).transpose(3, 4).reshape(planes.shape)


@functools.cache
def _basis(block: int, device: torch.device) -> Tensor:
    """The orthonormal DCT-II."""
    k = torch.arange(block, dtype=torch.float64)
    found = torch.cos(math.pi / block * (k[None] + 0.5) * k[:, None]) * math.sqrt(2 / block)
    found[0] /= math.sqrt(2)
    return found.float().to(device)


def _deblocked(y: Tensor, block: int, step: float) -> Tensor:
    """Steps at block edges that may come from rounding are halved on each side."""
    for dim in (2, 3):
        length = y.shape[dim]
        before = torch.arange(block - 1, length - 1, block, device=y.device)
        a, b = y.index_select(dim, before), y.index_select(dim, before + 1)
        move = (b - a) / 4 * ((b - a).abs() < 1.2 * step)
        y = y.index_copy(dim, before, a + move).index_copy(dim, before + 1, b - move)
    return y
