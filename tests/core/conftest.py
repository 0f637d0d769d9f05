"""Small checkpoints and one finished analysis, made once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from deepfake_desktop.core import paths
from deepfake_desktop.core.analysis import analyze
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, file_for_path, sha256_of
from deepfake_desktop.core.types import Analysis, AnalysisRequest, AnalysisSettings, Finished
from tests.core import selftest_installation
from tests.core.helpers import SMALL_CARD, MakeCheckpoint


@pytest.fixture(scope="session")
def make_checkpoint() -> MakeCheckpoint:
    """Writes an untrained but complete checkpoint with its card; same seed, same weights."""

    def make(
        folder: Path, name: str = "model_50_acc_10_frames_test.pt", card: Card | None = SMALL_CARD
    ) -> Path:
        import torch

        from deepfake_desktop.core.network import FrameSequenceNetwork

        torch.manual_seed(7)
        shape = card or SMALL_CARD
        network = FrameSequenceNetwork(shape.backbone, hidden=16)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        torch.save(network.state_dict(), path)
        if card is not None:
            bound = replace(card, sha256=sha256_of(path))
            path.with_suffix(".json").write_text(bound.to_json(), encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="session")
def small_models(tmp_path_factory: pytest.TempPathFactory, make_checkpoint: MakeCheckpoint) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_checkpoint(folder)
    return folder


@pytest.fixture(scope="session")
def authentic(repository: Path) -> Path:
    return repository / "resources" / "samples" / "authentic.mp4"


@pytest.fixture(scope="session")
def sample_analysis(authentic: Path, small_models: Path) -> Analysis:
    """The bundled authentic sample, seen by an untrained network."""
    request = AnalysisRequest(
        authentic,
        AnalysisSettings(frames=10, checkpoint=next(small_models.glob("*.pt"))),
    )
    *_, last = analyze(request)
    assert isinstance(last, Finished)
    return last.analysis


@pytest.fixture(scope="session")
def built_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("program")
    selftest_installation.build(root)
    return root


@pytest.fixture
def installation(
    built_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CheckpointFile:
    """The one checkpoint of an installed program that is now the one that runs."""
    for name in ("models", "resources"):
        shutil.copytree(built_program / name, tmp_path / name)
    monkeypatch.setattr(paths, "_bundle_root", lambda: tmp_path)
    (path,) = (tmp_path / "models").glob("*.pt")
    return file_for_path(path)
