from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepfake_desktop.core import assurance as module
from deepfake_desktop.core import paths, selftest
from deepfake_desktop.core.assurance import Assurance
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, describe
from deepfake_desktop.core.errors import Cancelled, CardError, SelfTestError
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    CheckpointSummary,
    Event,
    Finished,
    Progress,
    SelfTest,
    WindowScored,
)
from tests.core.selftest_installation import write_card, write_checkpoint


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "self-test.json"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which checkpoints were tested, each time they were."""
    seen: list[Path] = []
    real = selftest.examine_checkpoint

    def counted(file: CheckpointFile, **options: object) -> selftest.SelfTestReport:
        seen.append(file.path)
        return real(file, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "examine_checkpoint", counted)
    return seen


def _summary(file: CheckpointFile) -> CheckpointSummary:
    return describe(file)[1]


def _request(file: CheckpointFile) -> AnalysisRequest:
    sample = paths.resource_path("samples/authentic.mp4")
    settings = AnalysisSettings(frames=10, budget_frames=20, checkpoint=file.path)
    return AnalysisRequest(sample, settings)


def _events(assurance: Assurance, file: CheckpointFile) -> list[Event]:
    return list(assurance.analyze(_request(file), cancel=CancelToken()))


def _verdict(events: list[Event]) -> Analysis:
    assert isinstance(events[-1], Finished)
    return events[-1].analysis


def _alter_stored(file: CheckpointFile, change: Callable[[float], float]) -> None:
    path = paths.resource_path(selftest.STORED)
    stored = json.loads(path.read_text())
    score = stored["checkpoints"][_summary(file).sha256]["scores"]["authentic.mp4"]
    score["p_fake"] = change(score["p_fake"])
    path.write_text(json.dumps(stored))


def test_the_first_verdict_waits_for_the_self_test_and_the_next_does_not(
    installation: CheckpointFile, memory: Path, runs: list[Path]
) -> None:
    first = _events(Assurance(memory), installation)
    scores = [event for event in first if isinstance(event, WindowScored)]
    assert scores
    assert all(event.preliminary is None for event in scores), "no verdict before the test"
    assert first[-2] == Progress("verdict", 0, 1, 1.0), "it is said that work goes on"
    outcome = _verdict(first).self_test
    assert outcome.result == "passed"
    assert outcome.tested_utc is not None
    assert any("tolerance" in line for line in outcome.details)
    # Another process, later: the pass is remembered.
    later = _events(Assurance(memory), installation)
    scores = [event for event in later if isinstance(event, WindowScored)]
    assert all(event.preliminary is not None for event in scores)
    assert _verdict(later).self_test == outcome
    assert runs == [installation.path]
    # The command line tells what is known, and runs none.
    bare = replace(_verdict(later), self_test=SelfTest())
    assert Assurance(memory).stamp(bare) == _verdict(later)
    assert Assurance(memory.with_name("other.json")).stamp(bare) == bare


def test_an_altered_probability_refuses_the_verdict_and_says_by_how_much(
    installation: CheckpointFile, memory: Path
) -> None:
    _alter_stored(installation, lambda p: p + 0.2)
    seen: list[Event] = []
    with pytest.raises(SelfTestError, match=r"authentic\.mp4: 0\.\d+ fake .* released with") as no:
        seen.extend(Assurance(memory).analyze(_request(installation), cancel=CancelToken()))
    assert "Install the program again" in no.value.remedy
    assert not any(isinstance(event, Finished) for event in seen)
    assert all(event.preliminary is None for event in seen if isinstance(event, WindowScored))


def test_a_known_failure_is_tested_again_before_any_work(
    installation: CheckpointFile, memory: Path, runs: list[Path]
) -> None:
    _alter_stored(installation, lambda p: p + 0.2)
    for _ in range(2):
        assurance = Assurance(memory)
        seen: list[Event] = []
        with pytest.raises(SelfTestError):
            seen.extend(assurance.analyze(_request(installation), cancel=CancelToken()))
    assert seen == []
    assert len(runs) == 2
    known = assurance.recall(_summary(installation))
    assert known.result == "failed"
    assert any("released with" in line for line in known.details)
    _alter_stored(installation, lambda p: p - 0.2)  # installed again
    assert _verdict(_events(assurance, installation)).self_test.result == "passed"


def test_a_swapped_class_order_refuses_although_the_weights_passed_before(
    installation: CheckpointFile, memory: Path
) -> None:
    assurance = Assurance(memory)
    assert assurance.prepare(_request(installation), cancel=CancelToken()).result == "passed"
    card = Card.from_json(installation.card_path.read_text())
    write_card(installation.path, replace(card, classes=("real", "fake")))
    assert assurance.recall(_summary(installation)).result == "not run"
    with pytest.raises(SelfTestError, match="REAL and FAKE are swapped"):
        _events(assurance, installation)


def test_other_weights_under_an_old_card_never_get_that_far(
    installation: CheckpointFile, memory: Path
) -> None:
    card = installation.card_path.read_text()
    write_checkpoint(installation.path.parent, seed=9)
    installation.card_path.write_text(card)
    with pytest.raises(CardError, match="the card belongs to another file"):
        _events(Assurance(memory), installation)


def test_bundled_weights_without_stored_probabilities_are_refused(
    installation: CheckpointFile, memory: Path
) -> None:
    write_checkpoint(installation.path.parent, seed=9)
    with pytest.raises(SelfTestError, match="no probabilities are stored for these weights"):
        _events(Assurance(memory), installation)


def test_a_checkpoint_of_the_users_own_is_not_covered_and_not_refused(
    installation: CheckpointFile, memory: Path, tmp_path: Path, runs: list[Path]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    file = write_checkpoint(own, seed=4)
    events = _events(Assurance(memory), file)
    assert _verdict(events).self_test.result == "not covered"
    assert all(event.preliminary for event in events if isinstance(event, WindowScored))
    assert runs == []


def test_another_library_or_program_asks_for_the_test_again(
    installation: CheckpointFile, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assurance = Assurance(memory)
    summary = _summary(installation)
    assurance.assure(summary, "cpu", CancelToken())
    assert assurance.recall(summary).result == "passed"
    assert assurance.recall(summary, ("cuda",)).result == "not run"
    versions = {**module.software_versions(), "dlib-bin": "99.0"}
    monkeypatch.setattr(module, "software_versions", lambda: versions)
    assert assurance.recall(summary).result == "not run"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema": 1, "records": 3}'])
def test_a_damaged_memory_costs_a_test_and_no_more(
    installation: CheckpointFile, memory: Path, runs: list[Path], damage: bytes
) -> None:
    memory.parent.mkdir()
    memory.write_bytes(damage)
    summary = _summary(installation)
    assert Assurance(memory).assure(summary, "cpu", CancelToken()).result == "passed"
    assert Assurance(memory).recall(summary).result == "passed"
    assert len(runs) == 1


def test_a_memory_that_cannot_be_written_lasts_as_long_as_the_process(
    installation: CheckpointFile, tmp_path: Path, runs: list[Path]
) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    assurance = Assurance(tmp_path / "file" / "self-test.json")
    summary = _summary(installation)
    for _ in range(2):
        assert assurance.assure(summary, "cpu", CancelToken()).result == "passed"
    assert len(runs) == 1


def test_cancelling_leaves_nothing_behind(installation: CheckpointFile, memory: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    assurance = Assurance(memory)
    with pytest.raises(Cancelled):
        assurance.assure(_summary(installation), "cpu", cancel)
    assert assurance.recall(_summary(installation)).result == "not run"
    assert not memory.exists()
