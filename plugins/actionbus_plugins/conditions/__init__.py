"""What people write about events, in ``on``, ``where``, ``when`` and messages: read, checked and applied."""

from __future__ import annotations
