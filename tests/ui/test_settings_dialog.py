from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.types import AnalysisSettings
from deepfake_desktop.ui.preferences import Preferences
from deepfake_desktop.ui.settings_dialog import SettingsDialog
from deepfake_desktop.ui.settings_form import SettingsForm
from tests.ui.test_preferences import CHANGED

pytestmark = pytest.mark.usefixtures("look")
MODELS = (Path("/m/model_90_acc_60_frames_x.pt"), Path("/m/model_84_acc_10_frames_y.pt"))


def _dialog(qtbot: QtBot, preferences: Preferences | None = None, **more: object) -> SettingsDialog:
    dialog = SettingsDialog(
        preferences or Preferences(),
        MODELS,
        (("en", "English"), ("de", "Deutsch")),
        **more,  # type: ignore[arg-type]
    )
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    return dialog


def test_every_field_has_a_control_with_a_name(qtbot: QtBot) -> None:
    form = SettingsForm(MODELS)
    qtbot.addWidget(form)
    for field in fields(AnalysisSettings):
        control = form.findChild(QWidget, field.name)
        assert control is not None, field.name
        assert control.accessibleName()
        assert control.accessibleDescription()


@pytest.mark.parametrize("settings", [AnalysisSettings(), CHANGED])
def test_what_goes_in_comes_out(qtbot: QtBot, settings: AnalysisSettings) -> None:
    form = SettingsForm(MODELS)
    qtbot.addWidget(form)
    form.set_value(settings)
    assert form.value() == settings


def test_a_checkpoint_from_elsewhere_stays(qtbot: QtBot) -> None:
    form = SettingsForm(())
    qtbot.addWidget(form)
    elsewhere = AnalysisSettings(checkpoint=Path("/elsewhere/mine.pt"))
    form.set_value(elsewhere)
    assert form.value() == elsewhere


def test_the_usual_lengths_are_one_press_away(qtbot: QtBot) -> None:
    form = SettingsForm(MODELS)
    qtbot.addWidget(form)
    holder = form.findChild(QWidget, "frames")
    assert holder is not None
    holder._group.button(80).click()  # type: ignore[attr-defined]
    assert form.value().frames == 80
    spin = holder.findChild(QSpinBox)
    assert spin is not None
    spin.setValue(33)
    assert form.value().frames == 33
    assert not any(b.isChecked() for b in holder._group.buttons())  # type: ignore[attr-defined]


def test_scrolling_past_a_number_does_not_change_it(qtbot: QtBot) -> None:
    form = SettingsForm(MODELS)
    qtbot.addWidget(form)
    form.show()
    before = form.value()
    for each in (*form.findChildren(QComboBox), *form.findChildren(QSpinBox)):
        each.clearFocus()
        QApplication.sendEvent(
            each,
            QWheelEvent(
                QPointF(5, 5),
                QPointF(5, 5),
                QPoint(0, 0),
                QPoint(0, -240),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )
    assert form.value() == before


def test_saves_what_was_chosen(qtbot: QtBot) -> None:
    dialog = _dialog(qtbot)
    dialog.form.set_value(CHANGED)
    dialog._appearance.setCurrentIndex(dialog._appearance.findData("dark"))
    dialog._language.setCurrentIndex(dialog._language.findData("de"))
    dialog._folder.setText(" /models ")
    with qtbot.waitSignal(dialog.saved) as told:
        dialog._accept.click()
    assert told.args == [
        {
            "settings": CHANGED,
            "appearance": "dark",
            "language": "de",
            "models_dir": Path("/models"),
            "offer_new_version": False,
        }
    ]


def test_reset_brings_the_defaults_back(qtbot: QtBot) -> None:
    dialog = _dialog(qtbot, Preferences(settings=CHANGED, appearance="dark", language="de"))
    dialog._reset()
    with qtbot.waitSignal(dialog.saved) as told:
        dialog._accept.click()
    assert told.args[0]["settings"] == AnalysisSettings()
    assert told.args[0]["appearance"] == "system"
    assert told.args[0]["language"] == ""


def test_thresholds_that_cross_cannot_be_saved(qtbot: QtBot) -> None:
    dialog = _dialog(qtbot)
    dialog.form.set_value(AnalysisSettings(threshold_real=0.8, threshold_fake=0.2))
    dialog._check()
    assert not dialog._accept.isEnabled()
    assert not dialog._problem.isHidden()
    dialog.form.set_value(AnalysisSettings(threshold_real=0.2, threshold_fake=0.8))
    dialog._check()
    assert dialog._accept.isEnabled()


def test_another_run_asks_for_its_settings_alone(qtbot: QtBot) -> None:
    dialog = _dialog(qtbot, only_settings=CHANGED)
    with qtbot.waitSignal(dialog.saved) as told:
        dialog._accept.click()
    assert told.args == [{"settings": CHANGED}]
