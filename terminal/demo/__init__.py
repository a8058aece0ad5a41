"""Pretend devices for the demo and the tests: a phone before a camera, a scanner on a serial line.

One rule: each is a program of its own that the till reaches as it reaches the real device.
"""
