"""Training steps made on the device, in the form that ``frame_stage.UnitStream`` gives them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.autoencoder import AutoEncoder
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.on_device import pictures
from deepfake_desktop.training.on_device.chain import photographed
from deepfake_desktop.training.on_device.faces import CANVAS_PX, FACE_PX, DeviceFaces
from deepfake_desktop.training.on_device.fakes import BATCH_KINDS, Batch, FakeMaker, colour_tables

VIEWS = 2
GROUP = 16
"""So many pairs share a kind of fake, a camera and a codec."""


class DeviceUnits:
    """Endless steps of (units, views, 2, S, S, 3) uint8 on ``device``, real at 0 and fake at 1; a
    step depends on seed and number alone."""

    def __init__(
        self,
        maker: PairMaker,
        faces: DeviceFaces,
        decoder: AutoEncoder | None,
        *,
        kinds: Mapping[str, float],
        units: int,
        seed: int,
        first_step: int,
    ) -> None:
        """Raises:
        UsageError: if ``kinds`` names one that is not made here, or leaves none.
        """
        known = ", ".join(BATCH_KINDS)
        if not set(kinds) <= set(BATCH_KINDS):
            odd = ", ".join(sorted(set(kinds) - set(BATCH_KINDS)))
            raise UsageError(f"batch_kinds: {odd} is not made in batches", remedy=f"Use {known}.")
        if not any(weight > 0 for weight in kinds.values()):
            raise UsageError("batch_kinds leaves no kind of fake", remedy=f"Use {known}.")
        self.maker = maker
        self.faces = faces
        self.fakes = FakeMaker(faces, decoder)
        self.units = units
        self.seed = seed
        self.first_step = first_step
        weights = np.asarray([float(kinds.get(kind, 0.0)) for kind in BATCH_KINDS])
        self._weights = weights / weights.sum()

    def __iter__(self) -> Iterator[Tensor]:
        return map(self.step, itertools.count(self.first_step))

    @torch.no_grad()
    def step(self, step: int, *, kind: str | None = None) -> Tensor:
        """The pictures of one step; ``kind`` makes them all of one."""
        rng = np.random.default_rng((self.seed, step))
        noise = torch.Generator(self.faces.device).manual_seed(int(rng.integers(2**62)))
        batch = self._drawn(rng)
        side = self.maker.settings.image_size
        found = torch.empty(
            (self.units, VIEWS, 2, 3, side, side), dtype=torch.uint8, device=self.faces.device
        )
        for view in range(VIEWS):
            order = torch.from_numpy(rng.permutation(self.units)).to(self.faces.device)
            for chosen in torch.tensor_split(order, max(1, self.units // GROUP)):
                drawn = str(rng.choice(BATCH_KINDS, p=self._weights))
                part = Batch(batch.faces[chosen], batch.donors[chosen], batch.others[chosen])
                real, fake = self.fakes.make(kind or drawn, part, rng, noise)
                found[chosen, view] = self._finished(real, fake, rng, noise)
        return found.permute(0, 1, 2, 4, 5, 3)

    def _drawn(self, rng: np.random.Generator) -> Batch:
        maker, store = self.maker, self.maker.store
        faces, donors, others = [], [], []
        for _ in range(self.units):
            face = maker.draw_face(rng)
            donor = maker.draw_other_person(face, rng)
            clip = maker.clips.get(str(store.clip[face]), [face])
            faces.append(face)
            donors.append(face if donor is None else donor)
            others.append(clip[int(rng.integers(len(clip)))])
        return Batch(*(self.faces.rows(rows) for rows in (faces, donors, others)))

    def _finished(
        self, real: Tensor, fake: Tensor, rng: np.random.Generator, noise: torch.Generator
    ) -> Tensor:
        """(B, 2, 3, S, S) uint8: both through one camera, codec and framing."""
        settings = self.maker.settings
        count, side = len(real), settings.image_size
        chain = self.maker.draw_chain(rng, FACE_PX)
        if rng.random() < 0.5:  # small faces were enlarged for their canvas: not all stay so
            chain = replace(chain, restore_size=False)
        tables = colour_tables(rng, count, float(rng.uniform(0.2, 1.4)), real.device)
        both = photographed(torch.cat([real, fake]), tables.repeat(2, 1, 1), chain, rng, noise)
        ratio = both.shape[-1] / CANVAS_PX
        drawn = torch.randn(count, 4, device=both.device, generator=noise)
        margin = settings.crop_margin + settings.margin_jitter * float(rng.uniform(-1, 1))
        width = FACE_PX * torch.exp(0.07 * drawn[:, :1]) * (1 + 2 * margin)
        middle = CANVAS_PX / 2 + drawn[:, 1:3] * settings.shift_jitter * FACE_PX
        flip = torch.where(drawn[:, 3:] > 0, -1.0, 1.0)
        unit = (pictures.pixel_places(side, side, both.device) + 0.5) / side - 0.5
        across = unit[None, ..., :1] * (width * flip)[:, None, None]
        down = unit[None, ..., 1:] * width[:, None, None]
        places = torch.cat([across, down], dim=3) + middle[:, None, None]
        places = places * ratio - 0.5
        if float(width.mean()) * ratio > 1.3 * side:
            both = pictures.blurred(both, 0.35 * float(width.mean()) * ratio / side)
        cut = pictures.warped(both, places.repeat(2, 1, 1, 1))
        return torch.stack(torch.tensor_split(cut.round().to(torch.uint8), 2), dim=1)
