from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from deepfake_desktop.ui import multimedia, theme


@pytest.fixture(autouse=True, scope="session")
def multimedia_first(qapp: QApplication) -> None:
    """As ``main`` does: before any test's thread."""
    multimedia.prepare()


@pytest.fixture
def look(qapp: QApplication) -> Iterator[theme.Theme]:
    """The theme, light again afterwards."""
    made = theme.install(qapp)
    made.set_appearance("light")
    yield made
    made.set_appearance("light")
