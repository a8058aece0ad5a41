"""The disk forgets what it may forget, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.power.disk import SECTORS, Disk, Image

TRIES = 2000


def images(disk: Disk) -> list[Image]:
    rng = random.Random(1)
    return [disk.cut(rng).image for _ in range(TRIES)]


def synced(name: str, content: bytes) -> Disk:
    disk = Disk()
    file = disk.open(name)
    disk.write(file, 0, content)
    disk.sync(file, directory=True)
    return disk


def test_what_was_synced_is_in_every_image() -> None:
    disk = synced("a", b"x" * 5000)
    assert {image["a"] for image in images(disk)} == {b"x" * 5000}


def test_a_write_that_was_not_synced_may_be_there_or_not_or_torn_between_sectors() -> None:
    old, new = b"o" * 8192, b"n" * 8192
    disk = synced("a", old)
    disk.write(disk.open("a"), 0, new)
    left = {image["a"] for image in images(disk)}
    assert {old, new} < left
    for content in left:
        halves = [content[i : i + SECTORS[0]] for i in range(0, 8192, SECTORS[0])]
        assert all(half in (b"o" * SECTORS[0], b"n" * SECTORS[0]) for half in halves)


def test_a_torn_write_leaves_the_bytes_beside_it_alone() -> None:
    disk = synced("a", b"o" * 1024)
    disk.write(disk.open("a"), 100, b"n" * 600)
    for image in images(disk):
        assert image["a"][:100] == b"o" * 100
        assert image["a"][700:] == b"o" * 324


def test_a_later_write_may_survive_an_earlier_one() -> None:
    disk = synced("a", b"--")
    for offset, content in enumerate((b"1", b"2")):
        disk.write(disk.open("a"), offset, content)
    assert {image["a"] for image in images(disk)} == {b"--", b"1-", b"-2", b"12"}


def test_a_hole_in_a_file_that_grew_is_junk() -> None:
    disk = synced("a", b"")
    for offset in (0, 512):
        disk.write(disk.open("a"), offset, b"n" * 512)
    holes = {image["a"][:512] for image in images(disk) if image["a"][512:] == b"n" * 512}
    assert len(holes - {b"n" * 512, bytes(512)}) > 10


@pytest.mark.parametrize(
    ("change", "may_be"),
    [
        (lambda disk: disk.truncate(disk.open("a"), 1), {b"12", b"1"}),
        (lambda disk: disk.delete("a", directory=False), {b"12", None}),
        (lambda disk: disk.delete("a", directory=True), {None}),
    ],
)
def test_lengths_and_removals_are_durable_only_when_synced(
    change: Callable[[Disk], None], may_be: set[bytes | None]
) -> None:
    disk = synced("a", b"12")
    change(disk)
    assert {image.get("a") for image in images(disk)} == may_be


def test_a_new_files_name_is_durable_only_with_its_directory() -> None:
    disk = synced("a", b"1")
    new = disk.open("b")
    disk.write(new, 0, b"2")
    disk.sync(new, directory=False)
    assert {image.get("b") for image in images(disk)} == {None, b"2"}
    disk.sync(disk.open("a"), directory=True)
    assert {image.get("b") for image in images(disk)} == {b"2"}


def test_a_file_removed_and_made_anew_may_be_the_old_one_again() -> None:
    disk = synced("a", b"old")
    disk.delete("a", directory=False)
    new = disk.open("a")
    disk.write(new, 0, b"new")
    disk.sync(new, directory=False)
    assert {image.get("a") for image in images(disk)} == {b"old", None, b"new"}


def test_a_cut_is_an_imagined_one_and_the_disk_goes_on() -> None:
    disk = synced("a", b"1")
    disk.write(disk.open("a"), 0, b"2")
    images(disk)
    assert bytes(disk.open("a").now) == b"2"
    assert disk.open("a").durable == b"1"
