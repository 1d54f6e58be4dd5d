"""What tools see of a journal, whether or not a daemon runs on it: they read, write nothing and hold nothing up."""

from __future__ import annotations

from actionbus.log.inspect.entries import Entry as Entry
from actionbus.log.inspect.entries import Wanted as Wanted
from actionbus.log.inspect.entries import forward as forward
from actionbus.log.inspect.entries import head as head
from actionbus.log.inspect.entries import moment_names as moment_names
from actionbus.log.inspect.entries import newest as newest
from actionbus.log.inspect.entries import position_at as position_at
from actionbus.log.inspect.health import Version as Version
from actionbus.log.inspect.health import damage as damage
from actionbus.log.inspect.health import kept_aside as kept_aside
from actionbus.log.inspect.health import version as version
from actionbus.log.inspect.history import held_plugins as held_plugins
from actionbus.log.inspect.history import history as history
from actionbus.log.inspect.history import shared_sums as shared_sums
from actionbus.log.inspect.history import shared_values as shared_values
from actionbus.log.inspect.history import stored as stored
from actionbus.log.inspect.lanes import LaneLag as LaneLag
from actionbus.log.inspect.lanes import lags as lags
from actionbus.log.inspect.names import find_fixture as find_fixture
from actionbus.log.inspect.names import finished_fixtures as finished_fixtures
from actionbus.log.inspect.names import fixture_names as fixture_names
from actionbus.log.inspect.names import short as short
from actionbus.log.inspect.opening import looking_into as looking_into
from actionbus.log.inspect.overview import Overview as Overview
from actionbus.log.inspect.overview import overview as overview
from actionbus.log.inspect.packets import packets as packets
