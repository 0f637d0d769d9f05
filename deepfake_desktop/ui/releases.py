"""The page where releases are published. A build for release knows it, a checkout does not."""

from __future__ import annotations

from PySide6.QtCore import QUrl

from deepfake_desktop.core.paths import resource_path


def page() -> QUrl | None:
    """The address in ``resources/releases_page.txt``, or None: no file, or no https address."""
    try:
        text = resource_path("releases_page.txt").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    url = QUrl(text, QUrl.ParsingMode.StrictMode)
    return url if url.isValid() and url.scheme() == "https" and url.host() else None
