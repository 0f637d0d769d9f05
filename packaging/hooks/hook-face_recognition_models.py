"""PyInstaller: the four dlib models that face_recognition loads by path as it is imported."""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("face_recognition_models")
hiddenimports = ["pkg_resources"]
