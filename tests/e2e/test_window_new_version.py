"""“Look for a new version”: off by default, only with a page, and a page in the browser at most."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from deepfake_desktop import __version__
from deepfake_desktop.ui import releases
from deepfake_desktop.ui.main_window import MainWindow
from deepfake_desktop.ui.preferences import Preferences, PreferencesStore
from deepfake_desktop.ui.settings_dialog import SettingsDialog
from tests.e2e.conftest import Run

PAGE = "https://example.org/someone/deepfake-desktop/releases"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the address of a build for release would be; not there yet."""
    monkeypatch.setattr(releases, "resource_path", lambda name: tmp_path / name)
    return tmp_path / "releases_page.txt"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the desktop was asked to open."""
    asked: list[str] = []

    def note(url: QUrl) -> bool:
        asked.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", note)
    return asked


def _settings(window: MainWindow) -> SettingsDialog:
    window.actions_.settings.trigger()
    dialog = window.commands.open_dialog(SettingsDialog)
    assert isinstance(dialog, SettingsDialog)
    return dialog


def test_a_checkout_knows_no_page() -> None:
    assert releases.page() is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"http://example.org/releases", b"example.org/releases", b"https://",
        b"file:///etc/passwd", b"javascript:alert(1)", b"https://example.org/a b\nhttps://two",
    ],
)  # fmt: skip
def test_anything_but_an_https_address_is_ignored(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert releases.page() is None


def test_off_by_default_then_one_click_opens_the_page(
    run_main: Run, file: Path, opened: list[str]
) -> None:
    file.write_text(PAGE + "\n", encoding="utf-8")
    assert not Preferences().offer_new_version

    def story(window: MainWindow) -> None:
        action = window.actions_.new_version
        assert not action.isVisible()
        dialog = _settings(window)
        assert dialog._new_version.isEnabled()
        assert not dialog._new_version.isChecked()
        dialog._new_version.click()
        dialog._accept.click()
        assert action.isVisible()
        assert __version__ in action.text()
        assert opened == []
        action.trigger()
        assert opened == [PAGE]

    assert run_main(story) == 0
    assert opened == [PAGE]
    assert PreferencesStore().current.offer_new_version


def test_without_a_page_nothing_is_offered(run_main: Run, file: Path, opened: list[str]) -> None:
    PreferencesStore().update(offer_new_version=True)

    def story(window: MainWindow) -> None:
        assert not window.actions_.new_version.isVisible()
        dialog = _settings(window)
        assert not dialog._new_version.isEnabled()
        assert dialog._new_version.toolTip()
        dialog._accept.click()
        assert not window.actions_.new_version.isVisible()

    assert run_main(story) == 0
    assert opened == []
