"""`gongji read`: files in, lines out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.opencv import Picture, cv2
from terminal.cli import main
from tests.drivers.scenes import counter, film, flat
from tests.drivers.test_goods import F, bars


def save(path: Path, luma: Picture) -> Path:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), luma)
    return path


def lines(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[Any]]:
    code = main(["read", "--json", *map(str, arguments)])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_code_is_told_with_its_text_bytes_and_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "code.png", flat("药店", 4))
    code, [answer] = lines(capsys, path)
    assert code == 0
    assert answer["path"] == str(path)
    assert answer["ms"] > 0
    [told] = answer["codes"]
    assert told["text"] == "药店"
    assert bytes.fromhex(told["bytes_hex"]) == "药店".encode()
    assert (told["format"], told["decoder"]) == ("qr", "zxing")
    corners = np.array(told["corners"])
    assert corners.shape == (4, 2)
    assert np.abs(corners.min(0) - 16).max() < 4


def test_bytes_without_a_charset_have_no_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "code.png", flat(b"\xff\xfe\x00\xff", 4))
    _, [answer] = lines(capsys, path)
    assert answer["codes"][0]["text"] is None
    assert answer["codes"][0]["bytes_hex"] == "fffe00ff"


def test_a_folder_is_searched_and_one_read_anywhere_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "a" / "empty.png", counter())
    save(tmp_path / "b" / "code.png", flat("B"))
    (tmp_path / "b" / "notes.txt").write_text("not looked at")
    (tmp_path / "b" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    code, answers = lines(capsys, tmp_path)
    assert code == 0
    told = {Path(answer["path"]).name: answer for answer in answers}
    assert set(told) == {"empty.png", "code.png", "torn.jpg"}
    assert [one["text"] for one in told["code.png"]["codes"]] == ["B"]
    assert told["empty.png"]["codes"] == []
    assert "not a picture" in told["torn.jpg"]["error"]


@pytest.mark.parametrize("name", ["empty.png", "text.png", "text.mp4", "nothing.jpg"])
def test_nothing_read_anywhere_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / name
    if name == "empty.png":
        save(path, counter())
    else:
        path.write_text("" if name == "nothing.jpg" else "not a picture")
    code, [answer] = lines(capsys, path)
    assert code == 1
    assert answer["codes"] == []
    assert ("error" in answer) == (name != "empty.png")


def test_a_path_that_does_not_exist_is_exit_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(tmp_path / "no\x1b[31m.png")]) == 3
    told = capsys.readouterr().err
    assert "there is no" in told
    assert "\x1b" not in told


def test_only_the_formats_asked_for_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = bars(F.EAN13, "6901234567892")
    code = flat("QR")
    picture[20 : 20 + code.shape[0], 20 : 20 + code.shape[1]] = code
    path = save(tmp_path / "box.png", picture)
    expected = {
        "qr": {"QR"},
        "ean-13": {"6901234567892"},
        "ean-13,qr": {"QR", "6901234567892"},
        "all": {"QR", "6901234567892"},
    }
    for formats, texts in expected.items():
        _, [answer] = lines(capsys, path, "--formats", formats)
        assert {one["text"] for one in answer["codes"]} == texts
    with pytest.raises(SystemExit) as usage:
        main(["read", str(path), "--formats", "maxicode"])
    assert usage.value.code == 2


def test_a_video_tells_each_code_once_and_when_it_was_first_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    background = np.full((320, 320), 255, np.uint8)
    frames = []
    for content in (None, "FIRST", "FIRST", "SECOND"):
        frame = background.copy()
        if content:
            code = flat(content, 6)
            frame[: code.shape[0], : code.shape[1]] = code
        frames.append(frame)
    film(tmp_path / "clip.avi", frames, "MJPG")
    _, [answer] = lines(capsys, tmp_path / "clip.avi")
    told = [(one["text"], one["frame"], one["frames_read"]) for one in answer["codes"]]
    assert told == [("FIRST", 1, 2), ("SECOND", 3, 1)]
    assert answer["frames"] == 4


def test_in_words_nothing_untrusted_reaches_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "code.png", flat(b"\x1b[31mRED\x07"))
    assert main(["read", str(path)]) == 0
    told = capsys.readouterr().out
    assert "RED" in told
    assert not set(told) & {"\x1b", "\x07"}
