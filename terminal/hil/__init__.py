"""Hardware in the loop: a pytest plugin for tests that need a real scanner or camera.

One rule: a test never passes for want of hardware.  It skips and says what to give, or, with
--require-hil, fails.
"""
