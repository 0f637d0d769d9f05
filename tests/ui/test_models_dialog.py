"""The models dialog and what lies under it, with small real checkpoint files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.cards import AS_DOCUMENTED, Card
from deepfake_desktop.core.checkpoints import CheckpointName, file_for_path
from deepfake_desktop.core.errors import Cancelled, OutputError, UsageError
from deepfake_desktop.core.types import CancelToken, CheckpointSummary, SelfTest
from deepfake_desktop.ui import model_files
from deepfake_desktop.ui.about import AboutDialog
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.model_card import ModelCard
from deepfake_desktop.ui.model_files import Inspected, ModelEntry
from deepfake_desktop.ui.models_dialog import ModelsDialog
from tests.ui import sample_results as made

pytestmark = pytest.mark.usefixtures("look")
NAME = CheckpointName(81.5, 20, "mine")


def _summary(path: Path, **changes: object) -> CheckpointSummary:
    return replace(made.checkpoint(), path=path, name=path.name, **changes)  # type: ignore[arg-type]


def _inspected(path: Path, *, known: bool = True, name: CheckpointName | None = NAME) -> Inspected:
    return Inspected(path, name, AS_DOCUMENTED, _summary(path), known)


class Helper:
    """In place of the helper process: answers from a table, by file name."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.calls: list[tuple[object, ...]] = []

    def call(self, target: str, *arguments: object, cancel: CancelToken) -> object:
        self.calls.append((target.partition(":")[2], *arguments))
        first = arguments[0]
        answer = self.answers.get(first.name) if isinstance(first, Path) else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models folder with one checkpoint that has a card and one that has none."""
    models = tmp_path / "models"
    models.mkdir()
    carded = models / "model_90_acc_20_frames_carded.pt"
    carded.write_bytes(b"weights")
    card = Card(classes=("fake", "real"), licence="MIT", metrics={"auc": {"swap": 0.686}})
    carded.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    (models / "model_84_acc_40_frames_plain.pt").write_bytes(b"other weights")
    return models


@pytest.fixture
def helper() -> Helper:
    return Helper()


@pytest.fixture
def dialog(qtbot: QtBot, folder: Path, helper: Helper) -> Iterator[ModelsDialog]:
    chores = Chores()
    made_dialog = ModelsDialog(chores, chores, helper, folder)  # type: ignore[arg-type]
    made_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made_dialog)
    made_dialog.show()
    qtbot.waitUntil(lambda: made_dialog._list.count() >= 2, timeout=5_000)
    qtbot.waitUntil(lambda: not chores.busy, timeout=5_000)
    yield made_dialog
    made_dialog.reject()
    chores.shutdown()


def _facts(dialog: ModelsDialog) -> str:
    labels = dialog._card.findChildren(QLabel)
    return "\n".join(f"{each.text()} {each.accessibleName()}" for each in labels)


def _choose(dialog: ModelsDialog, part: str) -> None:
    rows = range(dialog._list.count())
    dialog._list.setCurrentRow(next(r for r in rows if part in dialog._list.item(r).text()))


# --- files


def test_listed_files_of_the_own_folder_can_be_removed(folder: Path) -> None:
    mine = [e for e in model_files.listed(folder) if e.file.path.parent == folder]
    assert [e.removable for e in mine] == [True, True]


def test_install_copies_under_the_name_of_the_convention(tmp_path: Path) -> None:
    source = tmp_path / "download.pt"
    source.write_bytes(b"x" * 10)
    target = model_files.install(
        _inspected(source), NAME, None, tmp_path / "deep" / "models", CancelToken()
    )
    assert target.name == "model_81.5_acc_20_frames_mine.pt"
    assert target.read_bytes() == b"x" * 10
    assert [p.name for p in target.parent.iterdir()] == [target.name]


def test_a_stated_order_becomes_a_card(tmp_path: Path) -> None:
    source = tmp_path / "download.pt"
    source.write_bytes(b"x")
    found = _inspected(source, known=False)
    target = model_files.install(found, NAME, ("fake", "real"), tmp_path / "m", CancelToken())
    card = Card.from_json(target.with_suffix(".json").read_text("utf-8"))
    assert card.classes == ("fake", "real")
    assert card.sha256 == found.summary.sha256


def test_a_card_that_came_along_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "download.pt"
    source.write_bytes(b"x")
    source.with_suffix(".json").write_text('{"a": 1}', encoding="utf-8")
    target = model_files.install(_inspected(source), NAME, None, tmp_path / "m", CancelToken())
    assert json.loads(target.with_suffix(".json").read_text("utf-8")) == {"a": 1}


def test_another_file_of_that_name_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "x.pt"
    source.write_bytes(b"x")
    name = CheckpointName(90, 20, "carded")
    with pytest.raises(UsageError):
        model_files.install(_inspected(source), name, None, folder, CancelToken())
    assert (folder / str(name)).read_bytes() == b"weights"


def test_a_cancelled_copy_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "x.pt"
    source.write_bytes(b"x")
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        model_files.install(_inspected(source), NAME, None, tmp_path / "m", cancel)
    assert list((tmp_path / "m").iterdir()) == []


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    source = tmp_path / "x.pt"
    source.write_bytes(b"x")
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutputError):
        model_files.install(_inspected(source), NAME, None, blocked, CancelToken())


def test_remove_takes_the_card_along(folder: Path) -> None:
    entry = next(e for e in model_files.listed(folder) if e.file.card_path.exists())
    model_files.remove(ModelEntry(file_for_path(entry.file.path), True, 1))
    assert [p.name for p in folder.iterdir()] == ["model_84_acc_40_frames_plain.pt"]


# --- the dialog


def test_shows_the_card(dialog: ModelsDialog) -> None:
    _choose(dialog, "carded")
    text = _facts(dialog)
    for part in ("0 = FAKE, 1 = REAL", "from its card", "MIT", "auc: swap 0.686", "90 %"):
        assert part in text
    assert dialog._card._order.isHidden()


def test_an_unknown_order_is_said_and_can_be_stated(
    qtbot: QtBot, dialog: ModelsDialog, helper: Helper
) -> None:
    _choose(dialog, "plain")
    assert "assumed" in _facts(dialog)
    assert not dialog._card._order.isHidden()
    dialog._card._box.setCurrentIndex(0)
    with qtbot.waitSignal(dialog.changed, timeout=5_000):
        dialog._card._state()
    name, entry, order = helper.calls[-1]
    assert name == "state_class_order"
    assert isinstance(entry, ModelEntry)
    assert order == ("fake", "real")


def test_adds_a_file_that_says_all(
    qtbot: QtBot, dialog: ModelsDialog, helper: Helper, tmp_path: Path
) -> None:
    source = tmp_path / "model_81.5_acc_20_frames_mine.pt"
    source.write_bytes(b"x")
    helper.answers[source.name] = _inspected(source)
    with qtbot.waitSignal(dialog.changed, timeout=5_000):
        dialog.add([source])
    qtbot.waitUntil(lambda: "frames_mine" in dialog._list.currentItem().text(), timeout=5_000)
    assert dialog._adding.isHidden()


def test_asks_what_a_file_does_not_say(
    qtbot: QtBot, dialog: ModelsDialog, helper: Helper, tmp_path: Path, folder: Path
) -> None:
    source = tmp_path / "my best model (1).pt"
    source.write_bytes(b"x")
    helper.answers[source.name] = _inspected(source, known=False, name=None)
    dialog.add([source])
    qtbot.waitUntil(dialog._adding.isVisible, timeout=5_000)
    form = dialog._adding
    form._frames.setValue(40)
    form._accuracy.setValue(77.5)
    assert form._tag.text() == "my_best_model_1"
    form._order.setCurrentIndex(1)
    with qtbot.waitSignal(dialog.changed, timeout=5_000):
        form._add.click()
    target = folder / "model_77.5_acc_40_frames_my_best_model_1.pt"
    assert target.is_file()
    assert json.loads(target.with_suffix(".json").read_text("utf-8"))["classes"] == ["real", "fake"]


def test_a_bad_file_is_named_and_nothing_is_added(
    qtbot: QtBot, dialog: ModelsDialog, helper: Helper, tmp_path: Path
) -> None:
    from deepfake_desktop.core.errors import UnsafeCheckpointError

    source = tmp_path / "evil.pt"
    source.write_bytes(b"x")
    helper.answers[source.name] = UnsafeCheckpointError("holds code", path=source)
    before = dialog._list.count()
    dialog.add([source])
    qtbot.waitUntil(lambda: "evil.pt" in dialog._notice.text(), timeout=5_000)
    qtbot.waitUntil(lambda: "not safe" in dialog._notice.text(), timeout=5_000)
    assert dialog._list.count() == before


def test_removing_asks_once_more(qtbot: QtBot, dialog: ModelsDialog, folder: Path) -> None:
    _choose(dialog, "plain")
    target = folder / "model_84_acc_40_frames_plain.pt"
    dialog._remove_button.click()
    assert target.exists()
    assert target.name in dialog._notice.text()
    with qtbot.waitSignal(dialog.changed, timeout=5_000):
        dialog._remove_button.click()
    assert not target.exists()


def test_choosing_another_file_forgets_the_question(dialog: ModelsDialog, folder: Path) -> None:
    _choose(dialog, "plain")
    dialog._remove_button.click()
    _choose(dialog, "carded")
    dialog._remove_button.click()
    assert (folder / "model_90_acc_20_frames_carded.pt").exists()


def test_a_users_own_file_says_that_it_was_not_self_tested(folder: Path) -> None:
    (entry, *_) = [model_files.read(each) for each in model_files.listed(folder)]
    assert entry.self_test == SelfTest("not covered")


def test_the_card_shows_the_self_test_and_what_drifted(qtbot: QtBot, folder: Path) -> None:
    entry = model_files.read(model_files.listed(folder)[0])
    card = ModelCard()
    qtbot.addWidget(card)
    drift = "authentic.mp4: 0.523 fake, released with 0.408"
    card.show_entry(replace(entry, self_test=SelfTest("failed", None, (drift,))))
    texts = [label.accessibleName() for label in card.findChildren(QLabel)]
    assert any(text.startswith("Self-test: failed") and drift in text for text in texts)


def test_the_card_shows_which_traces_are_read(qtbot: QtBot, folder: Path) -> None:
    entry = model_files.read(model_files.listed(folder)[0])
    card = ModelCard()
    qtbot.addWidget(card)

    def shown(kinds: tuple[str, ...], *, patches: bool = False) -> list[str]:
        summary = _summary(entry.file.path, trace_kinds=kinds, patches=patches)
        card.show_entry(replace(entry, summary=summary))
        return [label.accessibleName() for label in card.findChildren(QLabel)]

    assert "Traces: none" in shown(())
    assert "Traces: lip sync, face swap" in shown(("lip sync", "face swap"))
    assert "Traces: lip sync, texture" in shown(("lip sync",), patches=True)


def test_about_tells_the_outcome_that_matters_most(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    passed = SelfTest("passed", "2026-11-22T13:05:05+00:00")
    dialog.tell_self_tests([SelfTest("not covered"), SelfTest(), passed])
    assert dialog._self_test.text().startswith("passed")
    dialog.tell_self_tests([passed, SelfTest("failed", "2026-11-21T13:05:05+00:00")])
    assert dialog._self_test.text().startswith("failed")
    dialog.tell_self_tests([])
    assert "before the first verdict" in dialog._self_test.text()
