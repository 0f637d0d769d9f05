from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui import preferences
from deepfake_desktop.ui.preferences import Preferences, PreferencesStore, from_json, to_json

CHANGED = AnalysisSettings(
    frames=60,
    exact_frames=True,
    checkpoint=Path("/m/model_90_acc_60_frames_x.pt"),
    sampling="opening",
    budget_frames=100,
    detector="cnn",
    device="cpu",
    precision="exact",
    threshold_real=0.2,
    threshold_fake=0.8,
)


def test_every_field_survives_a_round_trip() -> None:
    defaults = AnalysisSettings()
    for field in fields(AnalysisSettings):
        assert getattr(CHANGED, field.name) != getattr(defaults, field.name), field.name
    before = Preferences(
        settings=CHANGED,
        models_dir=Path("/m"),
        appearance="dark",
        language="de",
        notice_seen=True,
        last_folder=Path("/v"),
        offer_new_version=True,
    )
    assert from_json(to_json(before)) == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("frames", "20"),
        ("frames", True),
        ("frames", 0),
        ("frames", 10**9),
        ("sampling", "sideways"),
        ("threshold_fake", 1.5),
        ("threshold_fake", "high"),
        ("checkpoint", 7),
        ("device", None),
    ],
)
def test_a_value_that_does_not_fit_keeps_its_default(key: str, value: object) -> None:
    text = json.dumps({"settings": {key: value, "budget_frames": 100}})
    assert from_json(text).settings == AnalysisSettings(budget_frames=100)


def test_unknown_keys_are_passed_over() -> None:
    assert from_json('{"from_the_future": 1, "settings": {"so": 2}}') == Preferences()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00"])
def test_a_bad_file_keeps_the_defaults_and_is_set_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(text, encoding="utf-8")
    store = PreferencesStore(path)
    assert store.current == Preferences()
    assert (tmp_path / "preferences.broken.json").read_text(encoding="utf-8") == text
    store.update(appearance="dark")
    assert PreferencesStore(path).current.appearance == "dark"


def test_an_update_is_there_for_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "preferences.json"
    PreferencesStore(path).update(settings=CHANGED)
    assert PreferencesStore(path).current.settings == CHANGED
    assert [p.name for p in path.parent.iterdir()] == ["preferences.json"]


def test_a_crash_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preferences.json"
    store = PreferencesStore(path)
    store.update(appearance="dark")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preferences.os, "fsync", full)
    store.update(appearance="light")
    assert store.current.appearance == "light"
    monkeypatch.undo()
    assert PreferencesStore(path).current.appearance == "dark"
    assert [p.name for p in tmp_path.iterdir()] == ["preferences.json"]
