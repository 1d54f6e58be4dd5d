"""The Live Actions protocol from the server's side: recordings and generated matches, with faults on request."""

from __future__ import annotations

from actionbus.simulator.faults import Faults, parse_fault, parse_faults
from actionbus.simulator.match import generate_match
from actionbus.simulator.server import handle, serve, serve_stream
from actionbus.simulator.simulation import Simulation

__all__ = [
    "Faults",
    "Simulation",
    "generate_match",
    "handle",
    "parse_fault",
    "parse_faults",
    "serve",
    "serve_stream",
]
