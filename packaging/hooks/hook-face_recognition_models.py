"""PyInstaller: the dlib models that the engine loads by path (core/faces.py).

Not the predictor of 68 landmarks: it is 100 MB, nothing here loads it, and the licence of what it
was trained on excludes commercial use.
"""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files(
    "face_recognition_models", includes=["models/*.dat"], excludes=["models/*_68_*"]
)
