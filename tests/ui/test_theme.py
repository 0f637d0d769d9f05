from __future__ import annotations

import gc
import re
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.ui import icons, theme

BOTH = pytest.mark.parametrize("c", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
ICONS = sorted(path.stem for path in resource_path("icons").glob("*.svg"))


@BOTH
@pytest.mark.parametrize("ground", ["panel", "ground", "raised", "accent_soft"])
@pytest.mark.parametrize(
    "text", ["text", "quiet", "fake", "real", "inconclusive", "no_face", "accent"]
)
def test_text_meets_wcag_aa(c: theme.Colors, text: str, ground: str) -> None:
    assert theme.contrast(getattr(c, text), getattr(c, ground)) >= 4.5


@BOTH
def test_text_on_full_colours_meets_wcag_aa(c: theme.Colors) -> None:
    assert theme.contrast(c.on_accent, c.accent) >= 4.5
    for label in ("FAKE", "REAL", "INCONCLUSIVE", "NO FACE"):
        assert theme.contrast(c.on_verdict, c.verdict(label)) >= 4.5


@BOTH
def test_lines_that_carry_meaning_stand_out(c: theme.Colors) -> None:
    assert theme.contrast(c.outline, c.panel) >= 3.0
    for color in c.tracks:
        assert theme.contrast(color, c.panel) >= 3.0


def test_contrast_is_that_of_wcag() -> None:
    white, black = theme.QColor("#FFFFFF"), theme.QColor("#000000")
    assert theme.contrast(white, black) == pytest.approx(21.0)
    assert theme.contrast(theme.QColor("#777777"), white) == pytest.approx(4.48, abs=0.01)


@BOTH
def test_stylesheet_leaves_no_token_unfilled(qapp: QApplication, c: theme.Colors) -> None:
    sheet = theme.stylesheet(c)
    assert "@" not in sheet
    files = re.findall(r"url\(\"?([^\")]+)\"?\)", sheet)
    assert files
    for file in files:
        assert theme.resource_path("styles").parent.joinpath("styles", file).is_file()


def test_follows_what_is_asked_and_tells(qtbot: QtBot, qapp: QApplication) -> None:
    look = theme.install(qapp)
    look.set_appearance("light")
    with qtbot.waitSignal(look.changed):
        look.set_appearance("dark")
    assert theme.colors() is theme.DARK
    assert qapp.palette().window().color() == theme.DARK.ground
    look.set_appearance("light")
    assert theme.colors() is theme.LIGHT
    assert theme.install(qapp) is look


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_one_family(name: str) -> None:
    root = ET.parse(resource_path(f"icons/{name}.svg")).getroot()
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke") == "currentColor"
    assert root.get("stroke-linecap") == "round"


def test_an_icon_takes_the_colour_of_the_theme(qapp: QApplication) -> None:
    look = theme.install(qapp)
    sign = icons.icon("stop")
    dark = {}
    for appearance in ("light", "dark"):
        look.set_appearance(appearance)
        image = sign.pixmap(QSize(48, 48)).toImage()
        colors = [image.pixelColor(x, 24) for x in range(48)]
        dark[appearance] = max(colors, key=lambda color: color.alpha()).lightness()
    look.set_appearance("light")
    assert dark["light"] < 64 < 192 < dark["dark"]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0, 3.0])
def test_icons_are_sharp_at_any_scale(qapp: QApplication, ratio: float) -> None:
    picture = icons.icon("stop").pixmap(QSize(24, 24), ratio)
    assert picture.width() == round(24 * ratio)
    assert picture.deviceIndependentSize().width() == pytest.approx(24, abs=0.5)
    image = picture.toImage()
    middle = image.height() // 2
    drawn = [x for x in range(image.width()) if image.pixelColor(x, middle).alpha() > 128]
    assert drawn[0] == pytest.approx(5.125 * ratio, abs=1.5)  # the square's left edge at 6 - 0.875
    assert drawn[-1] == pytest.approx(18.875 * ratio, abs=1.5)


def test_icons_survive_their_python_objects(qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(icons.icon("play"))
    copy = QIcon(button.icon())
    gc.collect()
    button.show()
    assert not button.grab().isNull()
    assert not copy.pixmap(QSize(32, 32)).toImage().isNull()


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icons.icon("no such icon")
