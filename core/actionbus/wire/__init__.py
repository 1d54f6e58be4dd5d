"""The feed's packets: what comes on the wire, decoded once into typed actions."""

from __future__ import annotations

from actionbus.wire.decoder import Decoder as Decoder
