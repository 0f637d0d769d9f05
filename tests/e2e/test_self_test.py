"""The self-test at the window's start, with the real engine in its process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.assurance import Assurance
from deepfake_desktop.core.checkpoints import describe, list_checkpoints, select
from deepfake_desktop.core.paths import bundled_models_dir, user_cache_dir
from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.preferences import PreferencesStore
from deepfake_desktop.ui.queue_model import State
from tests.e2e.conftest import Run


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    if not list(bundled_models_dir().glob("model_*.pt")):
        pytest.skip("no checkpoint is bundled yet")
    (user_cache_dir() / "self-test.json").unlink(missing_ok=True)


def test_it_runs_quietly_at_the_start(run_main: Run, qtbot: QtBot) -> None:
    _, summary = describe(select(list_checkpoints(), PreferencesStore().current.settings.frames))

    def story(window: MainWindow) -> None:
        def passed() -> bool:
            return Assurance().recall(summary).result == "passed"

        assert not passed()
        qtbot.waitUntil(passed, timeout=120_000)
        assert not window.notice.isVisible()

    run_main(story)


def test_swapped_classes_are_noticed_and_no_verdict_is_given(
    run_main: Run, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    """The bundled weights under a card that swaps REAL and FAKE."""
    source = select(list_checkpoints(), 20)
    target = tmp_path / source.path.name
    target.write_bytes(source.path.read_bytes())
    card = json.loads(source.card_path.read_text(encoding="utf-8"))
    card["classes"].reverse()
    target.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    PreferencesStore().update(models_dir=tmp_path)

    def story(window: MainWindow) -> None:
        qtbot.waitUntil(window.notice.isVisible, timeout=120_000)
        assert "self-test failed" in window.notice.text()
        window.notice.acted.emit("self-test")
        card = window.views.error_card
        assert card.isVisible()
        assert card.failure is not None
        assert "REAL and FAKE are swapped" in card.failure.reason
        assert "released with" in card.failure.reason  # by how much
        assert card.offer_keys() == ["dismiss", "models"]

        window.take_in([str(clip)])
        queue = window.controller.queue
        qtbot.waitUntil(lambda: queue.rowCount() == 1, timeout=20_000)
        (entry,) = queue.entries
        qtbot.waitUntil(lambda: entry.state in (State.DONE, State.FAILED), timeout=200_000)
        assert entry.failure is not None
        assert entry.failure.code == "SelfTestError"
        assert entry.windows == []
        assert entry.analysis is None

    run_main(story)
