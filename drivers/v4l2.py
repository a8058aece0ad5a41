"""What OpenCV does not do for a V4L2 device: say why it cannot be used, and set two controls.

Source   linux/videodev2.h and linux/v4l2-controls.h
"""

from __future__ import annotations

import fcntl
import os
import struct

from drivers.scan import REASONS, LostReason

_VIDIOC_QUERYCAP = 0x80685600
_QUERYCAP_BYTES = 104
_DEVICE_CAPS_OFFSET = 88
_V4L2_CAP_VIDEO_CAPTURE = 0x1

_VIDIOC_S_CTRL = 0xC008561C
_POWER_LINE_FREQUENCY = 0x00980918
_EXPOSURE_AUTO_PRIORITY = 0x009A0903
_POWER_LINE = {50: 1, 60: 2}


def why_not(path: str) -> LostReason:
    """Why a device that OpenCV refuses cannot be used: the device itself says what it is."""
    answer = bytearray(_QUERYCAP_BYTES)
    try:
        _asked(path, _VIDIOC_QUERYCAP, answer)
    except OSError as error:
        return REASONS.get(error.errno or 0, LostReason.NOT_A_SCANNER)
    (device_caps,) = struct.unpack_from("=I", answer, _DEVICE_CAPS_OFFSET)
    captures = bool(device_caps & _V4L2_CAP_VIDEO_CAPTURE)
    return LostReason.BUSY if captures else LostReason.NOT_A_SCANNER


def steady(path: str, mains_hz: int) -> None:
    """No flicker of lamps on the mains, and no fewer frames in the dark.

    A device that lacks a control, or takes it from nobody but its opener, stays as it is: both
    only make reading better.
    """
    wanted = {_POWER_LINE_FREQUENCY: _POWER_LINE[mains_hz], _EXPOSURE_AUTO_PRIORITY: 0}
    for control, value in wanted.items():
        try:
            _asked(path, _VIDIOC_S_CTRL, bytearray(struct.pack("=Ii", control, value)))
        except OSError:
            continue


def _asked(path: str, request: int, answer: bytearray) -> None:
    device = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        fcntl.ioctl(device, request, answer)
    finally:
        os.close(device)
