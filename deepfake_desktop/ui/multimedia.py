"""Loads QtMultimedia early, quietly and once.

Its libraries speak while they are being loaded: their initialisers warn of codecs that are not
there. Qt hands each word to the program's message handler, which is Python and needs the
interpreter's lock, while the loader's lock is held. A thread that imports an extension module holds
the same two locks the other way round, and both wait for ever. So the library is loaded before
there are threads, and what it says on that way is switched off.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QLoggingCategory

log = logging.getLogger(__name__)

_RULES = "\n".join(f"qt.multimedia.*.{kind}=false" for kind in ("debug", "info", "warning"))


def prepare() -> bool:
    """Call it after the QApplication is made and before a thread is. False: there is none.

    The player copes with a missing QtMultimedia by itself.
    """
    QLoggingCategory.setFilterRules(_RULES)
    try:
        from PySide6.QtMultimedia import QMediaPlayer
    except ImportError as error:
        log.info("QtMultimedia cannot be loaded: %s", error)
        return False
    QMediaPlayer().deleteLater()  # the first one loads the plugin
    return True
