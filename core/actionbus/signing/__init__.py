"""Signed webhooks (Standard Webhooks): making a signature, and saying what is wrong with one."""

from __future__ import annotations

from actionbus.signing.examining import TOLERANCE, examine, explain
from actionbus.signing.flaws import Flaw, Verdict
from actionbus.signing.keys import MOST, Key, read_key, sign, write_key

__all__ = ["MOST", "TOLERANCE", "Flaw", "Key", "Verdict", "examine", "explain", "read_key", "sign", "write_key"]
