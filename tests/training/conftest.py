from __future__ import annotations

from pathlib import Path

import pytest

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, file_for_path, sha256_of


def write_checkpoint(folder: Path, *, seed: int = 0, classes: tuple[str, str] = ("fake", "real")):
    """A small, untrained network with its card, for tests of everything but accuracy."""
    import torch

    from deepfake_desktop.core.network import FrameSequenceNetwork

    torch.manual_seed(seed)
    network = FrameSequenceNetwork("efficientnet_lite0", hidden=16, readout="mean")
    path = folder / "model_50_acc_10_frames_test.pt"
    torch.save(network.state_dict(), path)
    card = Card(
        classes=classes,
        crop_margin=0.2,
        image_size=64,
        backbone="efficientnet_lite0",
        readout="mean",
        frames=10,
        sha256=sha256_of(path),
    )
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return file_for_path(path)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> CheckpointFile:
    return write_checkpoint(tmp_path_factory.mktemp("models"))
