"""The bus is a log: facts in one order, and what each lane has made of them."""

from __future__ import annotations

from actionbus.log.memory import MemoryLog as MemoryLog
from actionbus.log.moments import unkeepable as unkeepable
from actionbus.log.moments import unkept as unkept
from actionbus.log.rows import Held as Held
from actionbus.log.rows import LaneState as LaneState
from actionbus.log.rows import Listed as Listed
from actionbus.log.rows import Published as Published
from actionbus.log.rows import Row as Row
from actionbus.log.rows import RowKind as RowKind
from actionbus.log.rows import Timer as Timer
from actionbus.log.rows import Unit as Unit
from actionbus.log.seam import Log as Log
from actionbus.log.seam import Reader as Reader
from actionbus.log.seam import SharedState as SharedState
