"""The shared chain: what it does to a clip, and that it tells nobody which side is fake."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from deepfake_desktop.training import chain as chains
from deepfake_desktop.training import dataset
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from tests.training.faces import portrait, small_store

PLAIN = chains.Chain(
    colour=None, denoised=None,
    blur_sigma=None, motion_px=None, motion_deg=0.0, scale=1.0, down=cv2.INTER_AREA,
    restore_size=False, up=cv2.INTER_LINEAR, noise_sigma=None, noise_grain=1,
    sharpen_amount=None, jpeg_quality=None, h264_crf=None, second_jpeg=None,
)  # fmt: skip


def test_an_empty_chain_changes_nothing() -> None:
    image = portrait()[0]
    assert np.array_equal(chains.apply([image], PLAIN, seed=1)[0], image)


def test_h264_keeps_number_size_and_content_and_loses_more_at_a_higher_crf() -> None:
    image = portrait()[0][:241, :203]
    clip = [np.roll(image, k, axis=1) for k in range(4)]
    errors = []
    for crf in (16, 38):
        decoded = chains.h264(clip, crf=crf)
        assert [f.shape for f in decoded] == [f.shape for f in clip]
        errors.append(
            np.mean(
                [np.abs(a.astype(float) - b).mean() for a, b in zip(clip, decoded, strict=True)]
            )
        )
    assert errors[0] < errors[1] < 15


def test_every_drawn_chain_gives_pictures() -> None:
    image = portrait()[0]
    rng = np.random.default_rng(3)
    scaled = 0
    for seed in range(40):
        chain = chains.draw(rng, face_px=150.0, strength=1.0)
        out = chains.apply([image, image], chain, seed=seed)
        assert len(out) == 2
        assert all(f.dtype == np.uint8 and f.std() > 5 for f in out)
        scaled += out[0].shape != image.shape
    assert scaled > 3


def test_some_cameras_smooth_everything_where_that_is_asked_for() -> None:
    rng = np.random.default_rng(1)
    drawn = [chains.draw(rng, face_px=150.0, denoised=0.25).denoised for _ in range(200)]
    assert 30 < sum(strength is not None for strength in drawn) < 70
    assert all(chains.draw(rng, face_px=150.0).denoised is None for _ in range(50))
    image = portrait()[0]
    smoothed = chains.apply([image], replace(PLAIN, denoised=1.0), seed=1)[0]
    grain = [np.abs(cv2.Laplacian(x, cv2.CV_64F)).mean() for x in (image, smoothed)]
    assert grain[1] < 0.8 * grain[0]


def test_a_face_is_never_scaled_below_its_smallest_size() -> None:
    rng = np.random.default_rng(0)
    scales = [chains.draw(rng, face_px=80.0).scale for _ in range(200)]
    assert min(scales) * 80 >= 56 - 1e-6


def _statistics(images: np.ndarray) -> np.ndarray:
    """What a shortcut would show in: levels, spread, sharpness, grids, block edges, borders."""
    rows = []
    for image in images:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        laplacian = cv2.Laplacian(grey, cv2.CV_32F)
        spectrum = np.log1p(np.abs(np.fft.rfft2(grey)))
        across = np.abs(np.diff(grey, axis=1)).mean(axis=0)
        rows.append(
            [
                *image.mean(axis=(0, 1)), *image.std(axis=(0, 1)), laplacian.std(),
                np.abs(laplacian).mean(), spectrum[:8, :8].mean(), spectrum[20:, 20:].mean(),
                spectrum[-1].mean(), across[7::8].mean() - across[3::8].mean(),
                image[0].mean(), image[-1].mean(), image[:, 0].mean(), image[:, -1].mean(),
                float((image == 0).mean()), float((image == 255).mean()),
            ]
        )  # fmt: skip
    return np.asarray(rows)


def _probe(reals: np.ndarray, fakes: np.ndarray) -> float:
    """AUC of a small forest on half of the pairs that it did not see."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    half = len(reals) // 2
    x = [np.concatenate([_statistics(r), _statistics(f)]) for r, f in (
        (reals[:half], fakes[:half]), (reals[half:], fakes[half:]))]  # fmt: skip
    y = [np.r_[np.zeros(n), np.ones(n)] for n in (half, len(reals) - half)]
    forest = RandomForestClassifier(120, min_samples_leaf=4, random_state=0).fit(x[0], y[0])
    return float(roc_auc_score(y[1], forest.predict_proba(x[1])[:, 1]))


@pytest.fixture(scope="module")
def untouched_pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose "fake" is the untouched original: only the chain can tell them apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            dataset, "KINDS", {"none": lambda rng, subject: lambda image, points, step: image}
        )
        store = small_store(tmp_path_factory.mktemp("store"))
        settings = PairSettings(image_size=96, kinds={"none": 1.0})
        maker = PairMaker(store, np.arange(len(store)), settings)
        pairs = [maker.unit(np.random.default_rng(k), views=1)[0] for k in range(240)]
    return np.stack([p.real for p in pairs]), np.stack([p.fake for p in pairs])


def test_a_probe_finds_nothing_in_the_chain(
    untouched_pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    assert 0.4 < _probe(*untouched_pairs) < 0.6


def test_the_probe_would_find_a_small_leak(
    untouched_pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    reals, fakes = untouched_pairs
    leaking = fakes.copy()
    leaking[:, 0] = np.maximum(leaking[:, 0], 250)
    assert _probe(reals, leaking) > 0.9
