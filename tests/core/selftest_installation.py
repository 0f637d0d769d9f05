"""A program of its own with one bundled checkpoint, whose scores were stored when it was built."""

from __future__ import annotations

import importlib.util
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from deepfake_desktop.core import paths, selftest
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, file_for_path, sha256_of

ROOT = Path(__file__).resolve().parents[2]


def _update_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update", ROOT / "scripts/update_selftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_checkpoint(folder: Path, *, seed: int = 0) -> CheckpointFile:
    """Random weights whose batch norms have seen pictures: features of size one, which differ
    from picture to picture, so that classes and drift show."""
    import torch

    from deepfake_desktop.core.network import FrameSequenceNetwork

    torch.manual_seed(seed)
    network = FrameSequenceNetwork("efficientnet_lite0", hidden=16, readout="mean")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train().frame_features(torch.randn(16, 3, 64, 64))
        network.lstm.weight_ih_l0.mul_(4.0)
        network.linear1.weight.mul_(8.0)
        network.linear1.bias.copy_(torch.tensor([1.0, -1.0]))
    path = folder / "model_50_acc_10_frames_test.pt"
    torch.save(network.state_dict(), path)
    write_card(path, Card(classes=("fake", "real"), image_size=64, frames=10,
                           backbone="efficientnet_lite0", readout="mean"))  # fmt: skip
    return file_for_path(path)


def write_card(path: Path, card: Card) -> None:
    card = replace(card, sha256=sha256_of(path))
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")


def build(root: Path) -> None:
    """A program in ``root``: the samples, one bundled checkpoint, and its stored scores."""
    models, resources = root / "models", root / "resources"
    models.mkdir()
    windows_own = shutil.ignore_patterns("icons", "styles", "translations")
    shutil.copytree(ROOT / "resources", resources, ignore=windows_own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "_bundle_root", lambda: root)
        write_checkpoint(models)
        stored = _update_script().measure(models)
    (resources / selftest.STORED).write_text(json.dumps(stored), encoding="utf-8")
