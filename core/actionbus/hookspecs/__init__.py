"""The seam between core and plugins: the hooks, and what goes through them."""

from __future__ import annotations

from actionbus.hookspecs.context import Declaration as Declaration
from actionbus.hookspecs.context import PluginContext as PluginContext
from actionbus.hookspecs.context import Shared as Shared
from actionbus.hookspecs.hooks import Hooks as Hooks
from actionbus.hookspecs.hooks import Subscriptions as Subscriptions
from actionbus.hookspecs.hooks import hookimpl as hookimpl
from actionbus.installed import PROJECT as PROJECT
