from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.layouts import family_of, read_folder, split_by_identity
from deepfake_desktop.training.splits import is_held_out

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "clips"


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video")


def _held_out_name(pattern: str, *, held: bool) -> str:
    return next(n for i in range(1000) if is_held_out(n := pattern.format(i)) == held)


def test_index_csv_wins_over_the_folders_beside_it(tmp_path: Path) -> None:
    _touch(tmp_path, "real/a.mp4", "real/unlisted.mp4", "fake/b.mp4")
    (tmp_path / "index.csv").write_text(
        "file,label,method,group,train_allowed\n"
        "real/a.mp4,real,news,studio,yes: MIT\n"
        "fake/b.mp4,fake,Wav2Lip,studio,no\n"
    )
    fake, real = read_folder(tmp_path)
    assert (fake.name, fake.fake, fake.family, fake.train_allowed) == (
        "fake/b.mp4", True, "lip sync", False,
    )  # fmt: skip
    assert (real.name, real.family, real.group, real.train_allowed) == (
        "real/a.mp4", "real", "studio", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("gone.mp4,real,m,g,no", "line 2 names a file that is not there: gone.mp4"),
        ("a.mp4,maybe,m,g,no", "line 2: label 'maybe' is neither real nor fake"),
    ],
)
def test_a_wrong_index_is_named_by_line(tmp_path: Path, row: str, message: str) -> None:
    _touch(tmp_path, "a.mp4")
    (tmp_path / "index.csv").write_text(f"file,label,method,group,train_allowed\n{row}\n")
    with pytest.raises(UsageError, match=message):
        read_folder(tmp_path)


def test_faceforensics(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "original_sequences/youtube/c23/videos/033.mp4",
        "original_sequences/actors/c23/videos/01__exit.mp4",
        "manipulated_sequences/Deepfakes/c23/videos/033_097.mp4",
        "manipulated_sequences/NeuralTextures/c40/videos/097_033.mp4",
        "manipulated_sequences/DeepFakeDetection/c23/videos/01_02__exit__AB.mp4",
        "manipulated_sequences/Deepfakes/c23/videos/notes.txt",
    )
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits" / "test.json").write_text(json.dumps([["033", "097"]]))
    clips = {clip.path.stem: clip for clip in read_folder(tmp_path)}
    assert set(clips) == {"033", "01__exit", "033_097", "097_033", "01_02__exit__AB"}
    swap = clips["033_097"]
    assert (swap.fake, swap.family, swap.group) == (True, "face swap", "033")
    assert (swap.identities, swap.side, swap.method) == (
        ("033", "097"), "test", "FF++ Deepfakes c23",
    )  # fmt: skip
    assert not clips["033"].fake
    assert clips["033"].group == swap.group
    assert clips["097_033"].family == "reenactment"
    assert clips["01_02__exit__AB"].identities == ("actor01", "actor02")
    assert clips["01__exit"].identities == ("actor01",)
    assert clips["01__exit"].side is None


def test_celeb_df_with_its_official_test_list(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "Celeb-real/id0_0000.mp4",
        "YouTube-real/00170.mp4",
        "Celeb-synthesis/id0_id16_0003.mp4",
        "Celeb-synthesis/id2_id3_0001.mp4",
    )
    (tmp_path / "List_of_testing_videos.txt").write_text(
        "1 YouTube-real/00170.mp4\n0 Celeb-synthesis/id0_id16_0003.mp4\n"
    )
    clips = {clip.name: clip for clip in read_folder(tmp_path)}
    fake = clips["Celeb-synthesis/id0_id16_0003.mp4"]
    assert (fake.fake, fake.family, fake.group) == (True, "face swap", "id0")
    assert (fake.identities, fake.side) == (("id0", "id16"), "test")
    assert clips["Celeb-real/id0_0000.mp4"].side == "train"
    assert clips["YouTube-real/00170.mp4"].side == "test"
    split = split_by_identity(clips.values())
    assert len(split.held_out) == 2
    assert not split.dropped


@pytest.mark.parametrize("part", ["", "dfdc_train_part_0"])
def test_dfdc_metadata(tmp_path: Path, part: str) -> None:
    folder = tmp_path / part
    _touch(folder, "a.mp4", "b.mp4")
    (folder / "metadata.json").write_text(
        json.dumps(
            {
                "a.mp4": {"label": "FAKE", "split": "train", "original": "b.mp4"},
                "b.mp4": {"label": "REAL", "split": "train"},
                "elsewhere.mp4": {"label": "REAL", "split": "train"},
            }
        )
    )
    fake, real = read_folder(tmp_path)
    assert (fake.fake, fake.group, fake.side, fake.family) == (True, "b", "train", "face swap")
    assert (real.fake, real.group) == (False, "b")


def test_dfdc_metadata_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.json").write_text('{"camera": "x"}')
    with pytest.raises(UsageError, match="no DFDC metadata"):
        read_folder(tmp_path)


def test_plain_folders_with_and_without_people(tmp_path: Path) -> None:
    _touch(tmp_path, "real/ann/1.mp4", "real/2.MOV", "fake/ann/1.webm", "fake/readme.md")
    clips = {clip.name: clip for clip in read_folder(tmp_path)}
    assert set(clips) == {"real/ann/1.mp4", "real/2.MOV", "fake/ann/1.webm"}
    assert clips["real/ann/1.mp4"].group == clips["fake/ann/1.webm"].group == "ann"
    assert clips["real/2.MOV"].identities == ()


def test_nothing_known_and_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in no layout"):
        read_folder(tmp_path)
    (tmp_path / "real").mkdir()
    with pytest.raises(UsageError, match="holds no labelled video"):
        read_folder(tmp_path)
    with pytest.raises(UsageError, match="not a folder"):
        read_folder(tmp_path / "gone")


def test_no_person_is_on_both_sides_of_a_split(tmp_path: Path) -> None:
    inside, outside = (_held_out_name("id{}", held=held) for held in (True, False))
    _touch(
        tmp_path,
        f"Celeb-real/{inside}_0000.mp4",
        f"Celeb-real/{outside}_0000.mp4",
        f"Celeb-synthesis/{inside}_{outside}_0000.mp4",
        f"Celeb-synthesis/{outside}_{outside}_0001.mp4",
    )
    split = split_by_identity(read_folder(tmp_path))
    assert [clip.path.stem for clip in split.dropped] == [f"{inside}_{outside}_0000"]
    seen = {name for clip in split.train for name in clip.identities}
    assert seen == {outside}
    assert {name for clip in split.held_out for name in clip.identities} == {inside}


def test_a_method_nobody_listed_is_other() -> None:
    assert family_of("novel thing", fake=True) == "other"
    assert family_of("Wav2Lip input", fake=False) == "real"


@pytest.mark.skipif(not CLIPS.is_dir(), reason="needs ../shared/data/clips")
def test_the_measuring_clips_fall_into_the_three_families() -> None:
    clips = read_folder(CLIPS)
    families = Counter(clip.family for clip in clips)
    assert families == {"real": 64, "face swap": 22, "lip sync": 10, "talking head": 16}
    assert sum(clip.train_allowed is True for clip in clips) == 42
    assert not any(clip.fake and clip.train_allowed for clip in clips)
