"""Draw the program's icon for the three systems from its one SVG: `icons.py FOLDER`."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from bundle import ROOT
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE = ROOT / "resources/app.svg"
SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512, 1024)


def draw(size_px: int) -> Image.Image:
    """The icon at ``size_px`` square, RGBA, drawn from the SVG at that size."""
    renderer = QSvgRenderer(str(SOURCE))
    if not renderer.isValid():
        raise ValueError(f"{SOURCE} is no SVG that Qt can draw")
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(BytesIO(bytes(buffer.data().data()))).convert("RGBA")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {size: draw(size) for size in SIZES_PX}
    pictures[256].save(folder / "app.png")
    ico = [s for s in SIZES_PX if s <= 256]
    pictures[256].save(
        folder / "app.ico",
        sizes=[(s, s) for s in ico],
        append_images=[pictures[s] for s in ico[:-1]],
    )
    pictures[1024].save(
        folder / "app.icns", append_images=[pictures[s] for s in (16, 32, 64, 128, 256, 512)]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
