"""Steps on batches of pictures: (B, 3, H, W) float32, 0 to 255, on any device."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def blurred(x: Tensor, sigma: float) -> Tensor:
    """Gaussian, ``sigma`` in pixels; the edge is repeated."""
    reach = max(1, min(round(3 * sigma), x.shape[-1] - 1, x.shape[-2] - 1))
    at = torch.arange(-reach, reach + 1, device=x.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = (kernel / kernel.sum()).to(x.dtype)
    planes = x.flatten(0, 1)[:, None]
    planes = functional.pad(planes, (reach, reach, reach, reach), mode="replicate")
    planes = functional.conv2d(planes, kernel.view(1, 1, 1, -1))
    planes = functional.conv2d(planes, kernel.view(1, 1, -1, 1))
    return planes.view(x.shape)


def _mean_filter(x: Tensor, radius: int) -> Tensor:
    padded = functional.pad(x, (radius,) * 4, mode="replicate")
    return functional.avg_pool2d(padded, 2 * radius + 1, stride=1)


def smoothed(x: Tensor, strength: float) -> Tensor:
    """As ``core.patches.smooth``: between edges, by a guided filter."""
    radius = 2 + round(3 * strength)
    unit = x / 255
    mean = _mean_filter(unit, radius)
    variance = (_mean_filter(unit * unit, radius) - mean * mean).clamp_min(0)
    a = variance / (variance + 0.0004 * (1 + 6 * strength))
    b = mean * (1 - a)
    return ((_mean_filter(a, radius) * unit + _mean_filter(b, radius)) * 255).clamp(0, 255)


def sharpened(x: Tensor, amount: float, sigma: float) -> Tensor:
    return (x + amount * (x - blurred(x, sigma))).clamp(0, 255)


def motion_blurred(x: Tensor, length: int, angle_deg: float) -> Tensor:
    """Along a line of ``length`` pixels."""
    angle = math.radians(angle_deg)
    across, down = math.cos(angle), math.sin(angle)
    total = torch.zeros_like(x)
    for k in range(length):
        part = k - (length - 1) / 2
        total += torch.roll(x, (round(down * part), round(across * part)), dims=(2, 3))
    return total / length


def resized(x: Tensor, height: int, width: int, method: str) -> Tensor:
    """``method``: area, linear, cubic or nearest, or linear_soft and cubic_soft, which filter
    before they reduce."""
    if x.shape[-2:] == (height, width):
        return x
    if method in ("area", "nearest"):
        return functional.interpolate(x, size=(height, width), mode=method)
    name, _, soft = method.partition("_")
    found = functional.interpolate(
        x,
        size=(height, width),
        mode="bilinear" if name == "linear" else "bicubic",
        align_corners=False,
        antialias=bool(soft),
    )
    return found.clamp(0, 255)


def grain(shape: Sequence[int], coarseness: int, noise: torch.Generator) -> Tensor:
    """Standard normal noise, (B, C, H, W), drawn for every ``coarseness``-th pixel each way and
    bilinear between them. On the generator's device."""
    height, width = shape[-2:]
    coarse = -(-height // coarseness), -(-width // coarseness)
    drawn = torch.randn(*shape[:-2], *coarse, device=noise.device, generator=noise)
    if coarseness == 1:
        return drawn
    return functional.interpolate(drawn, size=(height, width), mode="bilinear", align_corners=False)


def recoloured(x: Tensor, table: Tensor) -> Tensor:
    """``table``: (B, 3, 3), gain, offset and gamma of each channel."""
    gain, offset, gamma = (part[..., None, None] for part in table.unbind(dim=1))
    return ((x * gain + offset).clamp(0, 255) / 255).clamp_min(1e-6) ** gamma * 255


def with_colours_of(x: Tensor, reference: Tensor, weight: Tensor) -> Tensor:
    """Mean and deviation of YCbCr where ``weight`` (B, 1, H, W) is, brought to the reference's."""
    own, other = to_ycbcr(x), to_ycbcr(reference)
    total = weight.sum(dim=(2, 3), keepdim=True).clamp_min(1.0)

    def statistics(y: Tensor) -> tuple[Tensor, Tensor]:
        mean = (y * weight).sum(dim=(2, 3), keepdim=True) / total
        variance = (weight * (y - mean) ** 2).sum(dim=(2, 3), keepdim=True) / total
        return mean, variance.clamp_min(1.0).sqrt()

    (mean, std), (wanted_mean, wanted_std) = statistics(own), statistics(other)
    ratio = (wanted_std / std).clamp(0.5, 2.0)
    return from_ycbcr((own - mean) * ratio + wanted_mean).clamp(0, 255)


def warped(x: Tensor, places: Tensor, *, cubic: bool = False) -> Tensor:
    """Each pixel takes the colour at ``places`` (B, H, W, 2), x and y in pixels of ``x``."""
    height, width = x.shape[-2:]
    size = torch.tensor([width, height], device=x.device, dtype=torch.float32)
    grid = (2 * places + 1) / size - 1
    found = functional.grid_sample(
        x,
        grid,
        mode="bicubic" if cubic else "bilinear",
        padding_mode="border",
        align_corners=False,
    )
    return found.clamp(0, 255)


def pixel_places(height: int, width: int, device: torch.device) -> Tensor:
    """(H, W, 2): x and y of every pixel."""
    ys, xs = torch.meshgrid(
        torch.arange(height, device=device, dtype=torch.float32),
        torch.arange(width, device=device, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack([xs, ys], dim=-1)


def fine(field: Tensor, side: int) -> Tensor:
    """(B, c, c, 2) on a coarse grid to (B, side, side, 2), cubic."""
    wide = functional.interpolate(
        field.permute(0, 3, 1, 2), size=(side, side), mode="bicubic", align_corners=True
    )
    return wide.permute(0, 2, 3, 1)


def to_ycbcr(x: Tensor) -> Tensor:
    """JPEG's (ITU-R BT.601, full range)."""
    r, g, b = x.unbind(dim=1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return torch.stack([y, 128 + 0.564 * (b - y), 128 + 0.713 * (r - y)], dim=1)


def from_ycbcr(x: Tensor) -> Tensor:
    y, cb, cr = x.unbind(dim=1)
    cb, cr = cb - 128, cr - 128
    r = y + cr / 0.713
    b = y + cb / 0.564
    g = (y - 0.299 * r - 0.114 * b) / 0.587
    return torch.stack([r, g, b], dim=1)
