"""Fakes in batches: a cover, warped and worked on, laid over a region of the face.

All kinds are one construction with other ingredients. The cover is the face itself, another
person's, another moment's or what the small autoencoder makes of it; its landmarks are brought to a
goal; it is brought to a generator's resolution and finished; a softened region decides where it
shows.
A call makes fakes of one kind; what is drawn as one number holds for the call, the rest for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from deepfake_desktop.training.autoencoder import AutoEncoder
from deepfake_desktop.training.fakes.base import colour_table
from deepfake_desktop.training.fakes.lips import CHIN, LOWER_LIP
from deepfake_desktop.training.on_device import codec, pictures
from deepfake_desktop.training.on_device.faces import CANVAS_PX, FACE_PX, REGIONS, DeviceFaces

_CELLS = 14
_UPS = ("linear", "cubic", "cubic", "nearest")
_DOWNS = ("area", "area", "linear_soft", "linear")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows of ``DeviceFaces``: the faces to fake, for each another person, and another moment (the
    face itself, if there is none)."""

    faces: Tensor
    donors: Tensor
    others: Tensor


@dataclass(frozen=True, slots=True)
class _Look:
    """What a kind draws: where the cover shows, and what its detail went through."""

    region: str
    softness: float
    polish: str
    colours: float
    side: float | None = None
    transfer: bool = False
    opacity: float = 1.0
    inverted: bool = False


class FakeMaker:
    """``decoder`` adds what the pretrained autoencoder leaves; None does without."""

    def __init__(self, faces: DeviceFaces, decoder: AutoEncoder | None) -> None:
        self.faces = faces
        self.decoder = decoder
        self._places = pictures.pixel_places(CANVAS_PX, CANVAS_PX, faces.device)
        self._grid = pictures.pixel_places(_CELLS, _CELLS, faces.device).view(-1, 2)
        self._grid = self._grid * ((CANVAS_PX - 1) / (_CELLS - 1))

    def make(
        self, kind: str, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The faces and their fakes, (B, 3, C, C) float32 each.

        Raises:
            KeyError: if there is no such kind.
        """
        real = self.faces.images[batch.faces].float()
        goal = self.faces.landmarks[batch.faces]
        cover, points, moved, look = _KINDS[kind](self, batch, rng, noise)
        wobble = self._normal(noise, *goal.shape) * float(rng.uniform(0.001, 0.006)) * FACE_PX
        shift = self._normal(noise, len(goal), 1, 2) * float(rng.uniform(0.001, 0.012)) * FACE_PX
        cover = self._onto(cover, points, goal + moved + wobble + shift, noise, rng)
        mask = self._mask(batch.faces, look.region)
        if look.transfer:
            cover = pictures.with_colours_of(cover, real, mask)
        tables = colour_tables(rng, len(goal), look.colours, self.faces.device)
        cover = pictures.recoloured(cover, tables)
        cover = self._worked(cover, look, rng, noise)
        weight = self._softened(mask, look.softness, rng, noise) * look.opacity
        ground, top = (cover, real) if look.inverted else (real, cover)
        return real, ground + (top - ground) * weight

    # What the cover is and where it goes: cover, its landmarks, how the goal moves, its look.

    def _self_blend(
        self, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, _Look]:
        """A face blended into itself (Shiohara and Yamasaki, CVPR 2022)."""
        points = self.faces.landmarks[batch.faces]
        regions = ["face", "whole", "inner", "lower", "eyes", "mouth"]
        look = _Look(
            region=str(rng.choice(regions, p=[0.34, 0.26, 0.16, 0.1, 0.06, 0.08])),
            softness=float(rng.uniform(0.01, 0.09)),
            opacity=float(rng.choice([0.5, 0.75, 1.0, 1.0, 1.0])),
            side=float(rng.uniform(48, 136)) if rng.random() < 0.4 else None,
            polish=str(rng.choice(["none", "blur", "sharpen", "jpeg", "noise"])),
            colours=float(rng.uniform(0.1, 1.0)),
            inverted=bool(rng.random() < 0.3),
        )
        return self._own(batch), points, self._similar(points, noise, rng), look

    def _swap(
        self, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, _Look]:
        points = self.faces.landmarks[batch.donors]
        cover = self.faces.images[batch.donors].float()
        if rng.random() < 0.25:
            cover = self._decoded(cover, rng, noise)
        look = _Look(
            region=str(rng.choice(["face", "whole", "inner"], p=[0.5, 0.3, 0.2])),
            softness=float(rng.uniform(0.015, 0.09)),
            side=_generator_px(rng, [64, 96, 128, 160, 256]),
            polish=str(rng.choice(["none", "none", "sharpen", "smooth", "noise"])),
            colours=float(rng.uniform(0.05, 0.5)),
            transfer=bool(rng.random() < 0.85),
        )
        return cover, points, torch.zeros_like(points), look

    def _lips(
        self, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, _Look]:
        """A mouth from another moment, or moved, in a lip-sync tool's resolution."""
        own = self.faces.landmarks[batch.faces]
        if rng.random() < 0.5:
            cover = self.faces.images[batch.others].float()
            points = self.faces.landmarks[batch.others]
            moved = self._mouth_moves(own, noise, 0.015)
        else:
            cover, points = self._own(batch), own
            moved = self._mouth_moves(own, noise, 0.035)
        if rng.random() < 0.3:
            cover = self._decoded(cover, rng, noise)
        look = _Look(
            region=str(
                rng.choice(["rectangle", "lower", "mouth", "box"], p=[0.4, 0.3, 0.15, 0.15])
            ),
            softness=float(rng.uniform(0.005, 0.07)),
            side=_generator_px(rng, [48, 64, 96, 96, 128, 192]),
            polish=str(rng.choice(["none", "none", "sharpen", "smooth", "smooth"])),
            colours=float(rng.uniform(0.0, 0.4)),
        )
        return cover, points, moved, look

    def _puppet(
        self, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, _Look]:
        """One picture driven to another expression and pose by landmarks."""
        points = self.faces.landmarks[batch.others]
        moved = self._mouth_moves(points, noise, 0.03)
        turn = self._normal(noise, len(points), 1, 2) * 0.03 * FACE_PX
        inner = torch.zeros(68, 1, device=self.faces.device)
        inner[17:] = 0.6
        inner[27:36] = 1.0
        moved = moved + turn * inner
        cover = self.faces.images[batch.others].float()
        if rng.random() < 0.4:
            cover = self._decoded(cover, rng, noise)
        look = _Look(
            region=str(rng.choice(["whole", "box", "all"], p=[0.4, 0.3, 0.3])),
            softness=float(rng.uniform(0.02, 0.1)),
            side=_generator_px(rng, [96, 128, 160, 256]),
            polish=str(rng.choice(["none", "sharpen", "smooth"])),
            colours=float(rng.uniform(0.0, 0.2)),
        )
        return cover, points, moved, look

    def _regenerated(
        self, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, _Look]:
        """The same face in a generator's resolution, as restorers and decoders give it back."""
        points = self.faces.landmarks[batch.faces]
        look = _Look(
            region=str(rng.choice(["face", "whole", "box", "lower"], p=[0.3, 0.3, 0.25, 0.15])),
            softness=float(rng.uniform(0.01, 0.09)),
            side=_generator_px(rng, [64, 80, 96, 112, 128]),
            polish=str(rng.choice(["none", "sharpen", "smooth", "restored"])),
            colours=float(rng.uniform(0.0, 0.3)),
        )
        return self._own(batch), points, torch.zeros_like(points), look

    def _synthesis(
        self, batch: Batch, rng: np.random.Generator, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, _Look]:
        """What a neural decoder makes of the face, in a region or everywhere."""
        points = self.faces.landmarks[batch.faces]
        look = _Look(
            region=str(rng.choice(["all", "whole", "face", "box", "lower"])),
            softness=float(rng.uniform(0.01, 0.08)),
            polish=str(rng.choice(["none", "none", "none", "sharpen", "smooth"])),
            colours=float(rng.uniform(0.0, 0.2)),
        )
        cover = self._decoded(self._own(batch), rng, noise)
        return cover, points, torch.zeros_like(points), look

    # Ingredients.

    def _own(self, batch: Batch) -> Tensor:
        return self.faces.images[batch.faces].float()

    def _normal(self, noise: torch.Generator, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.faces.device, generator=noise)

    def _bend(self, noise: torch.Generator, count: int, cells: int, amount: float) -> Tensor:
        """(count, C, C, 2) pixels: ``fakes.base.elastic_field``, ``amount`` a share of the side."""
        field = self._normal(noise, count, cells, cells, 2) * amount * CANVAS_PX
        return pictures.fine(field, CANVAS_PX)

    def _similar(self, points: Tensor, noise: torch.Generator, rng: np.random.Generator) -> Tensor:
        """Moves that turn and scale the landmarks a little about their middle."""
        middle = points.mean(dim=1, keepdim=True)
        drawn = self._normal(noise, len(points), 2, 1) * float(rng.uniform(0.3, 1.2))
        scale, angle = 0.015 * drawn[:, :1], 0.018 * drawn[:, 1:]
        x, y = torch.tensor_split(points - middle, 2, dim=2)
        return torch.cat([scale * x - angle * y, angle * x + scale * y], dim=2)

    def _mouth_moves(self, points: Tensor, noise: torch.Generator, amount: float) -> Tensor:
        """Lower lip and chin down, corners out, as shares of the face."""
        opening, widening = self._normal(noise, 2, len(points), 1) * amount * FACE_PX
        moves = torch.zeros_like(points)
        moves[:, LOWER_LIP, 1] = opening
        moves[:, CHIN, 1] = 0.6 * opening
        middle = points[:, 48:, 0].mean(dim=1, keepdim=True)
        moves[:, 48:, 0] = (points[:, 48:, 0] - middle).sign() * widening * 0.4
        return moves

    def _onto(
        self,
        cover: Tensor,
        points: Tensor,
        goal: Tensor,
        noise: torch.Generator,
        rng: np.random.Generator,
    ) -> Tensor:
        """``cover`` with ``points`` at ``goal``: an affine fit, a smooth field for what is left,
        and an elastic one."""
        ones = torch.ones_like(goal[..., :1])
        matrix = torch.linalg.lstsq(torch.cat([goal, ones], dim=2), points).solution
        left = points - (goal @ matrix[:, :2] + matrix[:, 2:])
        extent = (goal.amax(dim=1) - goal.amin(dim=1)).amax(dim=1)[:, None, None]
        reach = 0.18 * extent
        distance2 = ((self._grid[None, :, None] - goal[:, None]) ** 2).sum(dim=3)
        near = torch.exp(-distance2 / (2 * (0.35 * reach) ** 2))
        fade = torch.exp(-distance2.amin(dim=2, keepdim=True) / (2 * reach**2))
        coarse = near @ left / near.sum(dim=2, keepdim=True).clamp_min(1e-6) * fade
        field = pictures.fine(coarse.view(-1, _CELLS, _CELLS, 2), CANVAS_PX)
        if rng.random() < 0.5:
            cells, amount = int(rng.integers(3, 8)), float(rng.uniform(0.0, 0.008))
            field = field + self._bend(noise, len(goal), cells, amount)
        places = self._places @ matrix[:, None, :2] + matrix[:, None, 2:]
        return pictures.warped(cover, places + field, cubic=bool(rng.random() < 0.5))

    def _decoded(self, x: Tensor, rng: np.random.Generator, noise: torch.Generator) -> Tensor:
        """There and back through the autoencoder at a random size, the latents disturbed."""
        if self.decoder is None:
            return pictures.smoothed(x, float(rng.uniform(0.1, 0.5)))
        side = int(rng.choice([128, 160, 192, 224, 256, 288]))
        small = pictures.resized(x, side, side, "area") / 255
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.device.type == "cuda"):
            latents = self.decoder.encode(small.contiguous(memory_format=torch.channels_last))
            disturbed = pictures.grain(latents.shape, int(rng.choice([1, 2, 4])), noise)
            amount = float(rng.choice([0.0, 0.1, 0.2, 0.35]))
            latents = latents + disturbed.to(latents.dtype) * amount * latents.std()
            decoded = self.decoder.decode(latents).float() * 255
        return pictures.resized(decoded, CANVAS_PX, CANVAS_PX, str(rng.choice(["linear", "cubic"])))

    def _worked(
        self, cover: Tensor, look: _Look, rng: np.random.Generator, noise: torch.Generator
    ) -> Tensor:
        """To a generator's resolution and back, and what a tool does afterwards."""
        if look.side is not None and look.side < 0.97 * FACE_PX:
            small = max(24, round(CANVAS_PX * look.side / FACE_PX))
            cover = pictures.resized(cover, small, small, str(rng.choice(_DOWNS)))
            if look.polish == "restored":
                cover = pictures.sharpened(
                    pictures.smoothed(cover, float(rng.uniform(0.1, 0.5))),
                    float(rng.uniform(0.5, 1.5)),
                    1.0,
                )
            cover = pictures.resized(cover, CANVAS_PX, CANVAS_PX, str(rng.choice(_UPS)))
        if look.polish == "blur":
            return pictures.blurred(cover, float(rng.uniform(0.4, 1.8)))
        if look.polish == "sharpen":
            return pictures.sharpened(
                cover, float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.6, 1.6))
            )
        if look.polish == "smooth":
            return pictures.smoothed(cover, float(rng.uniform(0.1, 0.8)))
        if look.polish == "jpeg":
            return codec.jpeg(cover, int(rng.integers(25, 80)))
        if look.polish == "noise":
            grain = self._normal(noise, len(cover), 1, CANVAS_PX, CANVAS_PX)
            return (cover + grain * float(rng.uniform(1, 5))).clamp(0, 255)
        return cover

    def _mask(self, rows: Tensor, region: str) -> Tensor:
        """(B, 1, C, C) float32 in [0, 1]."""
        if region == "all":
            return torch.ones(len(rows), 1, CANVAS_PX, CANVAS_PX, device=self.faces.device)
        mask = self.faces.masks[rows, REGIONS.index(region)][:, None].float() / 255
        return functional.interpolate(mask, scale_factor=2, mode="bilinear", align_corners=False)

    def _softened(
        self, mask: Tensor, softness: float, rng: np.random.Generator, noise: torch.Generator
    ) -> Tensor:
        """Bent, drawn in by its softness (a share of the face's width), and blurred."""
        cells, amount = int(rng.integers(3, 6)), float(rng.uniform(0.002, 0.02))
        mask = pictures.warped(mask, self._places + self._bend(noise, len(mask), cells, amount))
        sigma = softness * FACE_PX
        side = 2 * round(sigma) + 1
        drawn_in = 1 - functional.max_pool2d(1 - mask, side, stride=1, padding=side // 2)
        return pictures.blurred(drawn_in, max(sigma, 0.3))


def colour_tables(
    rng: np.random.Generator, count: int, strength: float, device: torch.device
) -> Tensor:
    """``count`` of ``fakes.base.colour_table``: (count, 3, 3)."""
    tables = np.stack([colour_table(rng, strength) for _ in range(count)])
    return torch.from_numpy(tables).to(device)


def _generator_px(rng: np.random.Generator, sides: list[int]) -> float:
    """How wide the face is where a generator paints it; its picture is wider by up to a half."""
    return float(rng.choice(sides)) / float(rng.uniform(1.0, 1.5))


_Kind = Callable[
    [FakeMaker, Batch, np.random.Generator, torch.Generator],
    tuple[Tensor, Tensor, Tensor, _Look],
]
_KINDS: dict[str, _Kind] = {
    "self_blend": FakeMaker._self_blend,
    "swap": FakeMaker._swap,
    "lips": FakeMaker._lips,
    "puppet": FakeMaker._puppet,
    "regenerated": FakeMaker._regenerated,
    "synthesis": FakeMaker._synthesis,
}
BATCH_KINDS = tuple(_KINDS)
