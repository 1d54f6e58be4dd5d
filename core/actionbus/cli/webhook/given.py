"""What the commands for receivers are given: secrets, and how much clocks may differ."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from actionbus.config import SecretSource
from actionbus.config.kinds import keep
from actionbus.config.wrong import Wrong
from actionbus.errors import ConfigError
from actionbus.secrets import read_secret


def given_secrets(options: Namespace) -> dict[str, str]:
    """Return the secrets by what to call them. Raises ConfigError for those that cannot be read."""
    sources = [(option, SecretSource(kind=option, name=name)) for option, name in options.secrets or ()]
    texts = [
        read_secret(source, base=Path(), environ=os.environ, path=(f"--secret-{option}",)).reveal()
        for option, source in sources
    ]
    return {"the secret" if len(texts) == 1 else f"secret {number}": text for number, text in enumerate(texts, 1)}


def given_tolerance(options: Namespace) -> float:
    """Return ``--tolerance`` in seconds. Raises ConfigError."""
    try:
        return keep(options.tolerance)
    except Wrong:
        command = f"actionbus webhook {options.action}"
        expected = 'a duration above 0 such as "5m" or "1h30m", or "forever"'
        raise ConfigError(f"{command}: --tolerance {options.tolerance!r} should be {expected}") from None
