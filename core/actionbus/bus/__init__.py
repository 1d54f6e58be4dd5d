"""The bus: lanes that read the log, each one plugin on one fixture."""

from __future__ import annotations

from actionbus.bus.apart import Apart as Apart
from actionbus.bus.boundary import is_own as is_own
from actionbus.bus.boundary import leaves as leaves
from actionbus.bus.boundary import part as part
from actionbus.bus.clock import FixtureClock as FixtureClock
from actionbus.bus.lane import Lane as Lane
from actionbus.bus.route import Route as Route
from actionbus.bus.subscriber import HandlerFailure as HandlerFailure
from actionbus.bus.subscriber import Subscriber as Subscriber
from actionbus.bus.subscription import ALL_CHANGES as ALL_CHANGES
from actionbus.bus.subscription import HandlerTable as HandlerTable
from actionbus.bus.subscription import Subscription as Subscription
from actionbus.bus.subscription import on as on
from actionbus.bus.transaction import share as share
from actionbus.bus.watchdog import Blocked as Blocked
from actionbus.bus.watchdog import Watchdog as Watchdog
