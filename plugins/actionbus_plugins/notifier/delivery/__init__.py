"""Where alerts go: channels, each with its own pace, and the outbox that outlives restarts."""

from __future__ import annotations

from actionbus_plugins.notifier.delivery.channel import Channel as Channel
from actionbus_plugins.notifier.delivery.channel import Channels as Channels
from actionbus_plugins.notifier.delivery.checks import problems as problems
from actionbus_plugins.notifier.delivery.outbox import CONSOLE as CONSOLE
from actionbus_plugins.notifier.delivery.outbox import Outbox as Outbox
from actionbus_plugins.notifier.delivery.outbox import open_outbox as open_outbox
from actionbus_plugins.notifier.delivery.trial import tries as tries
