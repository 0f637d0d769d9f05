from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from deepfake_desktop.core import inference, paths, selftest, stages
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile
from deepfake_desktop.core.errors import Cancelled, SelfTestError
from deepfake_desktop.core.types import CancelToken, Image
from tests.core.selftest_installation import (
    ROOT,
    write_card,
    write_checkpoint,
)


def test_an_installation_as_it_was_built_passes(installation: CheckpointFile) -> None:
    report = selftest.run_selftest()
    assert report.passed
    assert str(report).endswith("Self-test passed.")
    compared = [check.text for check in report.checks if "tolerance" in check.text]
    assert len([text for text in compared if "16 bits" not in text]) == 2
    assert len(compared) == 2 + (inference.short_dtype("cpu") is not None)


def test_sixteen_bits_that_compute_something_else_are_caught(
    installation: CheckpointFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "short_dtype", lambda device: torch.bfloat16)
    monkeypatch.setattr(selftest, "short_dtype", lambda device: torch.bfloat16)
    assert selftest.examine().passed
    features = inference.Scorer._features

    def faulty(self: inference.Scorer, crops: Sequence[Image]) -> torch.Tensor:
        return features(self, crops) + (0.0 if self.precision == "exact" else 5.0)

    monkeypatch.setattr(inference.Scorer, "_features", faulty)
    (failure,) = selftest.examine().failures
    assert "manipulated.mp4, in 16 bits" in failure


def test_a_sample_that_fails_is_named_and_the_other_is_compared_all_the_same(
    installation: CheckpointFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = selftest.score_sample

    def unreadable(sample: Path, *args: Any) -> selftest.SampleScore:
        if sample.name == "authentic.mp4":
            raise SelfTestError("no face was found in it", path=sample)
        return score(sample, *args)

    monkeypatch.setattr(selftest, "score_sample", unreadable)
    report = selftest.examine()
    (failure,) = report.failures
    assert "authentic.mp4: no face was found" in failure
    assert any("manipulated.mp4" in c.text and "released with" in c.text for c in report.checks)


def test_a_swapped_class_order_is_caught(installation: CheckpointFile) -> None:
    card = Card.from_json(installation.card_path.read_text())
    write_card(installation.path, replace(card, classes=("real", "fake")))
    with pytest.raises(SelfTestError, match="REAL and FAKE are swapped") as caught:
        selftest.run_selftest()
    assert "Do not trust verdicts" in str(caught.value)
    failures = selftest.examine().failures
    assert any("authentic.mp4" in text for text in failures), "the scores alone show it as well"


def test_other_weights_under_an_old_card_are_caught(installation: CheckpointFile) -> None:
    card = installation.card_path.read_text()
    write_checkpoint(installation.path.parent, seed=9)
    installation.card_path.write_text(card)
    with pytest.raises(SelfTestError, match="the card belongs to another file"):
        selftest.run_selftest()


def test_other_weights_with_a_new_card_are_caught(installation: CheckpointFile) -> None:
    write_checkpoint(installation.path.parent, seed=9)
    with pytest.raises(SelfTestError, match="no probabilities are stored for these weights"):
        selftest.run_selftest()


def _swap_channels(crop: Callable[..., object]) -> Callable[..., object]:
    return lambda *args, **kwargs: crop(*args, **kwargs)[..., ::-1].copy()  # type: ignore[index]


def test_a_library_that_drifts_is_caught(
    installation: CheckpointFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "crop_face", _swap_channels(stages.crop_face))
    with pytest.raises(SelfTestError, match=r"authentic\.mp4: .* released with"):
        selftest.run_selftest()


def test_a_shifted_calibration_is_caught(installation: CheckpointFile) -> None:
    card = Card.from_json(installation.card_path.read_text())
    shifted = {"method": "platt", "scale": 1.0, "offset": 2.0}
    write_card(installation.path, replace(card, calibration=shifted))
    with pytest.raises(SelfTestError, match="released with"):
        selftest.run_selftest()


def test_missing_pieces_are_named(installation: CheckpointFile) -> None:
    paths.resource_path("samples/authentic.mp4").write_bytes(b"another")
    assert "the sample authentic.mp4 is another file" in selftest.examine().failures
    installation.path.unlink()
    assert any("no checkpoint" in text for text in selftest.examine().failures)
    paths.resource_path(selftest.STORED).unlink()
    with pytest.raises(SelfTestError, match="cannot be read"):
        selftest.run_selftest()


def test_a_checkpoint_of_the_users_own_needs_no_stored_probabilities(
    installation: CheckpointFile, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    write_checkpoint(own, seed=4)
    report = selftest.run_selftest(own)
    assert any("no probabilities are stored" in check.text for check in report.checks)


def test_cancelling_ends_it(installation: CheckpointFile) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        selftest.run_selftest(cancel=cancel)


def test_the_bundled_checkpoints_pass() -> None:
    """The real thing: what is shipped, on this machine."""
    if not list((ROOT / "models").glob("model_*.pt")):
        pytest.skip("no checkpoint is bundled yet")
    report = selftest.run_selftest()
    assert report.passed
