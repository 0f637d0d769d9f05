from __future__ import annotations

import numpy as np
import pytest

from deepfake_desktop.core.crops import crop_face
from deepfake_desktop.core.types import FaceBox, Image


@pytest.fixture(scope="module")
def picture() -> Image:
    return np.random.default_rng(4).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def test_what_lies_outside_the_picture_repeats_its_edge(picture: Image) -> None:
    crop = crop_face(picture, FaceBox(-50, 100, 50, 200), margin=0.0, size=100)
    assert (crop[:, 50:] == picture[100:200, :50]).all()
    assert (crop[:, :50] == picture[100:200, :1]).all()


@pytest.mark.parametrize("side", [112, 160])
def test_as_published_it_is_cut_at_the_picture_s_edge_and_scaled_by_pillow(
    picture: Image, side: int
) -> None:
    pillow = pytest.importorskip("PIL.Image")
    crop = crop_face(
        picture, FaceBox(10, 40, 210, 240), margin=0.0, margin_px=40, size=side, published=True
    )
    cut = pillow.fromarray(picture[0:280, 0:250])
    theirs = np.asarray(cut.resize((side, side), pillow.Resampling.BILINEAR))
    away = np.abs(crop.astype(int) - theirs.astype(int))
    assert away.max() <= 1
    assert away.mean() < 0.02  # where it is a matter of halves
    ours = crop_face(picture, FaceBox(10, 40, 210, 240), margin=0.0, margin_px=40, size=side)
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() > 20


def test_a_box_outside_is_refused(picture: Image) -> None:
    with pytest.raises(ValueError, match="outside"):
        crop_face(picture, FaceBox(500, 0, 600, 100), margin=0.0, size=64)
