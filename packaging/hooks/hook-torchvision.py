"""PyInstaller: torchvision's network definitions; its picture and video readers are not used."""

from __future__ import annotations

module_collection_mode = "pyz+py"
excludedimports = ["torchvision.io.video_reader", "scipy", "lmdb", "requests", "gdown"]
