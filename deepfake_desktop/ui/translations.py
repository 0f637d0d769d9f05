"""The window's languages: Qt's .qm files in resources/translations, loaded once at start."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from deepfake_desktop.core.paths import resource_path

_PREFIX = "deepfake_desktop_"


def available() -> Sequence[tuple[str, str]]:
    """(code, the language's own name) of each complete language."""
    return (("en", "English"), ("de", "Deutsch"))


def install(app: QCoreApplication, language: str = "") -> list[QTranslator]:
    """Loads the language and Qt's own texts in it; empty takes the system's.

    Returns the translators, which must live as long as they are wanted; ``remove`` takes them out.
    """
    locale = QLocale(language) if language else QLocale.system()
    if language:
        QLocale.setDefault(locale)
    folders = (
        (_PREFIX, str(resource_path("translations"))),
        ("qtbase_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    )
    loaded = []
    for prefix, folder in folders:
        translator = QTranslator(app)
        if translator.load(locale, prefix, "", folder):
            app.installTranslator(translator)
            loaded.append(translator)
    if not any(_is_ours(t) for t in loaded):
        # English needs its file too: for the forms of "1 video" and "2 videos".
        translator = QTranslator(app)
        if translator.load(f"{_PREFIX}en", str(resource_path("translations"))):
            app.installTranslator(translator)
            loaded.append(translator)
    if isinstance(app, QApplication):
        right_to_left = locale.textDirection() == Qt.LayoutDirection.RightToLeft
        direction = Qt.LayoutDirection
        app.setLayoutDirection(direction.RightToLeft if right_to_left else direction.LeftToRight)
    return loaded


def remove(app: QCoreApplication, translators: Sequence[QTranslator]) -> None:
    for translator in translators:
        app.removeTranslator(translator)
    QLocale.setDefault(QLocale.system())


def _is_ours(translator: QTranslator) -> bool:
    return _PREFIX in translator.filePath()
