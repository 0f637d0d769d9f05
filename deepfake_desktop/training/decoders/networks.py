"""The family: what the small encoder-decoders look like.

A picture comes in at 1/4 (pixel unshuffle), is squeezed through a bottleneck there or at 1/8, and
decoded by one of the up-samplers that generators use. ``reenact`` warps the
encoded features of a source picture by landmark displacement before it decodes them, as first
order motion models and their followers do (Siarohin and others, 2019); ``mouth`` fills in the
masked lower half from a reference and the upper half (Wav2Lip: Prajwal and others, 2020);
``restore`` sharpens a degraded face (GFPGAN: Wang and others, 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepfake_desktop.training.decoders.settings import Plan, UpSampler

ALIGN_PX = 16
"""Height and width of every input are multiples of this."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a network sees. ``picture``: (B, 3, H, W) in [0, 1]: what is encoded (a source, a
    masked or degraded face). ``extra``: (B, 5, H, W): reference, mask and drawn landmarks, for
    ``mouth``. ``flow``: (B, H, W, 2): how far back, in pixels, each pixel is found in the source,
    and ``lines`` (B, 1, H, W): the driving landmarks drawn, for ``reenact``."""

    picture: Tensor
    extra: Tensor | None = None
    flow: Tensor | None = None
    lines: Tensor | None = None


class DecoderNetwork(nn.Module):
    """(B, 3, H, W) in [0, 1] from a ``Batch``. ``width``: channels at 1/2; three times that at 1/4.

    What is decoded is added to a thumbnail of the input (to the input itself for ``restore``), so
    that a short fit is spent on detail.
    """

    def __init__(self, plan: Plan, *, width: int = 16) -> None:
        super().__init__()
        self.plan = plan
        wide = 3 * width
        self.low = plan.bottleneck in ("narrow", "dct")
        latent = {"plain": 10, "noise": 10, "quantised": 8, "narrow": 32, "dct": 30}
        size = wide // 2 if plan.task == "restore" else latent[plan.bottleneck]
        narrow = plan.bottleneck == "narrow"
        self.encoder: nn.Module = (
            _Dct()
            if plan.bottleneck == "dct"
            else nn.Sequential(
                nn.PixelUnshuffle(4),
                _conv(128 if plan.task == "mouth" else 48, wide),
                _Block(wide),
                nn.Conv2d(wide, size, 4, 2, 1) if narrow else nn.Conv2d(wide, size, 1),
            )
        )
        self.expand = _conv(size, wide)
        self.up0 = _up(plan.up, wide, wide) if self.low else None
        reenact = plan.task == "reenact"
        self.lines = nn.Conv2d(16, wide, 3, padding=1) if reenact else None
        self.trust = nn.Conv2d(2 * wide, 1, 3, padding=1) if reenact else None
        self.middle = nn.Sequential(_Block(wide), _Block(wide))
        self.up1 = _up(plan.up, wide, width)
        self.block1 = _Block(width)
        self.up2 = _last_up(plan.up, width)

    def forward(self, batch: Batch, disturb: Tensor | None = None) -> Tensor:
        """``disturb`` (B, 1, h, w), in standard deviations, is added to the latents."""
        whole = batch.picture
        if batch.extra is not None:
            whole = torch.cat([whole, batch.extra], dim=1)
        latent = self.encoder(whole)
        deep = self.expand(self._bottleneck(latent, disturb))
        if self.up0 is not None:
            deep = self.up0(deep)
        if self.lines is not None and self.trust is not None and batch.lines is not None:
            assert batch.flow is not None
            driving = self.lines(functional.pixel_unshuffle(batch.lines, 4))
            deep = warp_back(deep, batch.flow)
            trust = torch.sigmoid(self.trust(torch.cat([deep, driving], dim=1)) + 2)
            deep = deep * trust + driving
        made: Tensor = self.up2(self.block1(self.up1(self.middle(deep))))
        return made + self._base(batch)

    def _base(self, batch: Batch) -> Tensor:
        if self.plan.task == "restore":
            return batch.picture
        picture = batch.picture
        if batch.extra is not None:  # the reference under the mask
            mask = batch.extra[:, 3:4]
            picture = picture * (1 - mask) + batch.extra[:, :3] * mask
        side = 8 if self.low else 4
        small = functional.avg_pool2d(picture, side)
        if batch.flow is not None:
            small = warp_back(small, batch.flow)
        return functional.interpolate(
            small, scale_factor=float(side), mode="bilinear", align_corners=False
        )

    def _bottleneck(self, latent: Tensor, disturb: Tensor | None) -> Tensor:
        if self.plan.bottleneck in ("noise", "quantised"):
            latent = torch.tanh(latent) * 3
        if self.plan.bottleneck == "noise" and self.training:
            latent = latent + 0.35 * torch.randn_like(latent)
        if disturb is not None:
            noise = functional.interpolate(
                disturb, size=latent.shape[2:], mode="bilinear", align_corners=False
            )
            latent = latent + noise * latent.std()
        if self.plan.bottleneck == "quantised":
            latent = latent + (latent.round() - latent).detach()
        return latent


class Critic(nn.Module):
    """Patches real or made: (B, 3, H, W) to (B, 1, H/8, W/8)."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(12, width, 3, 1, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 2 * width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 3, 1, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        scores: Tensor = self.layers(functional.pixel_unshuffle(2 * pictures - 1, 2))
        return scores


def warp_back(features: Tensor, flow: Tensor) -> Tensor:
    """``features`` (B, C, h, w) taken from where ``flow`` (B, H, W, 2; pixels of H, W) points."""
    full, (height, width) = flow.shape[1:3], features.shape[2:]
    small = functional.interpolate(flow.permute(0, 3, 1, 2), size=(height, width), mode="area")
    ys = torch.linspace(-1, 1, height, device=flow.device)
    xs = torch.linspace(-1, 1, width, device=flow.device)
    grid = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=-1)[None]
    reach = torch.tensor([2.0 / full[1], 2.0 / full[0]], device=flow.device)
    return functional.grid_sample(
        features,
        grid - small.permute(0, 2, 3, 1) * reach,
        padding_mode="border",
        align_corners=True,
    )


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _conv(width, width), _act(), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return functional.leaky_relu(x + y, 0.2)


class _Dct(nn.Module):
    """The lowest frequencies of 8 x 8 blocks, rounded, as JPEG keeps them: (B, 30, H/8, W/8)."""

    def __init__(self, *, step: float = 0.08) -> None:
        super().__init__()
        place = torch.arange(8) + 0.5
        waves = torch.stack([torch.cos(torch.pi / 8 * k * place) for k in range(4)]) / 8
        pairs = [(v, u) for v in range(4) for u in range(4 - v)]
        basis = torch.stack([torch.outer(waves[v], waves[u]) for v, u in pairs])
        self.register_buffer("basis", basis[:, None].repeat(3, 1, 1, 1))
        self.step = step

    def forward(self, picture: Tensor) -> Tensor:
        """Coefficients in units of twice their usual spread."""
        basis: Tensor = self.get_buffer("basis")
        found = functional.conv2d(2 * picture - 1, basis, stride=8, groups=3) * 8
        return (found / self.step).round() * self.step


class _Haar(nn.Module):
    """(B, 4C, h, w) sub-bands to (B, C, 2h, 2w)."""

    def forward(self, bands: Tensor) -> Tensor:
        low, across, down, both = bands.chunk(4, dim=1)
        corners = [
            low + across + down + both,
            low - across + down - both,
            low + across - down - both,
            low - across - down + both,
        ]
        return functional.pixel_shuffle(torch.stack(corners, dim=2).flatten(1, 2) / 2, 2)


def _act() -> nn.Module:
    return nn.LeakyReLU(0.2)


def _conv(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), _act())


def _up(kind: UpSampler, inputs: int, outputs: int) -> nn.Sequential:
    if kind == "nearest":
        return nn.Sequential(nn.Upsample(scale_factor=2), _conv(inputs, outputs))
    if kind == "bilinear":
        return nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            _conv(inputs, outputs),
        )
    if kind == "transposed":
        return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), _act())
    rearrange = _Haar() if kind == "haar" else nn.PixelShuffle(2)
    return nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 3, padding=1), rearrange, _act())


def _last_up(kind: UpSampler, inputs: int) -> nn.Sequential:
    if kind in ("nearest", "bilinear"):
        return nn.Sequential(_up(kind, inputs, 12), nn.Conv2d(12, 3, 3, padding=1))
    if kind == "transposed":
        return nn.Sequential(nn.ConvTranspose2d(inputs, 3, 4, 2, 1))
    return nn.Sequential(
        nn.Conv2d(inputs, 12, 3, padding=1), _Haar() if kind == "haar" else nn.PixelShuffle(2)
    )
