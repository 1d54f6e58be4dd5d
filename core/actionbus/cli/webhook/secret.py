"""``actionbus webhook secret``."""

from __future__ import annotations

import secrets
from argparse import Namespace

from actionbus.cli import OK
from actionbus.signing import write_key

LENGTH = 32  # bytes: as long as the signatures are


def run(_: Namespace) -> int:
    """Print a fresh secret."""
    print(write_key(secrets.token_bytes(LENGTH)))
    return OK
