"""dmgbuild: `dmgbuild -s packaging/macos/dmg_settings.py "Deepfake Desktop" dist/NAME.dmg`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path.cwd()
APPLICATION = ROOT / "dist" / "Deepfake Desktop.app"

format = "ULMO"  # noqa: A001 - the name that dmgbuild reads. LZMA: macOS 10.15 and later
filesystem = "APFS"
files = [str(APPLICATION), (str(ROOT / "LICENSE"), "Licence.txt")]
symlinks = {"Applications": "/Applications"}
icon = str(ROOT / "build/icons/app.icns")
icon_locations = {
    APPLICATION.name: (150, 170),
    "Applications": (450, 170),
    "Licence.txt": (300, 330),
}
window_rect = ((200, 160), (600, 440))
default_view = "icon-view"
icon_size = 96
text_size = 12
