"""What several tests of the engine share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deepfake_desktop.core.cards import Card

SMALL_CARD = Card(
    classes=("fake", "real"),
    backbone="efficientnet_lite0",
    image_size=64,
    crop_margin=0.2,
    licence="MIT",
    frames=10,
)

MakeCheckpoint = Callable[..., Path]
