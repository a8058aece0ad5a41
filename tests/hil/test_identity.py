"""Which device it is, from a tree that looks like Linux's."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal.hil.identity import identity

USB = {
    "idVendor": "1eab",
    "idProduct": "1d06",
    "manufacturer": "Newland Auto-ID",
    "product": "NLS-FAKE CDC",
    "serial": "SN0001",
    "bcdDevice": "0100",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A scanner and a camera on one USB bus, and a port that is on none."""
    bus = tmp_path / "sys/devices/pci0/usb1/1-1"
    for interface, kind, name in (
        ("1-1:1.0", "tty", "ttyACM0"),
        ("1-1:1.1", "video4linux", "video0"),
        ("1-1:1.2", "hidraw", "hidraw3"),
        ("1-1:1.3", "usbmisc", "lp0"),
    ):
        node = bus / interface / kind / name
        node.mkdir(parents=True)
        (tmp_path / "sys/class" / kind).mkdir(parents=True)
        (tmp_path / "sys/class" / kind / name).symlink_to(node)
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev" / name).touch()
    for attribute, value in USB.items():
        (bus / attribute).write_text(f"{value}\n")
    (bus / "1-1:1.1/video4linux/video0/name").write_text("HD Webcam: HD Webcam\n")
    by_id = tmp_path / "dev/serial/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-Newland_SN0001-if00").symlink_to("../../ttyACM0")
    (tmp_path / "dev/ttyS0").touch()
    return tmp_path


@pytest.mark.parametrize("path", ["/dev/ttyACM0", "/dev/serial/by-id/usb-Newland_SN0001-if00"])
def test_a_scanner_is_known_by_its_link_and_its_usb_ids(root: Path, path: str) -> None:
    url = f"serial://{path}?baud=115200"
    assert identity(url, root) == {"url": url, "by_id": "usb-Newland_SN0001-if00", **USB}


def test_a_camera_is_known_by_its_name_too(root: Path) -> None:
    url = "camera:///dev/video0"
    assert identity(url, root) == {"url": url, "name": "HD Webcam: HD Webcam", **USB}


@pytest.mark.parametrize("url", ["hid:///dev/hidraw3", "usb:///dev/lp0"])
def test_a_hid_scanner_and_a_printer_are_known_by_their_usb_ids(root: Path, url: str) -> None:
    assert identity(url, root) == {"url": url, **USB}


@pytest.mark.parametrize(
    "url", ["serial:///dev/ttyS0", "serial:///dev/nothing", "serial://COM3", "loop://"]
)
def test_what_the_system_does_not_tell_is_left_out(root: Path, url: str) -> None:
    assert identity(url, root) == {"url": url}


def test_a_password_of_a_web_camera_is_left_out(root: Path) -> None:
    told = identity("camera+http://user:secret@10.0.0.7/stream?key=s3cret#hold=1", root)
    assert told == {"url": "camera+http://10.0.0.7/stream#hold=1"}


def test_an_attribute_that_could_command_a_terminal_is_left_out(root: Path) -> None:
    (root / "sys/devices/pci0/usb1/1-1/product").write_text("\x1b[2J")
    assert "product" not in identity("serial:///dev/ttyACM0", root)
