"""actionbus: live basketball actions as typed events for small plugins and alerts.

What stands here is what plugins may use; everything else may change from one release to the next. Names are loaded
when they are first asked for (PEP 562): the command line must not pay for what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actionbus.bus.subscription import ALL_CHANGES as ALL_CHANGES
    from actionbus.bus.subscription import Subscription as Subscription
    from actionbus.bus.subscription import on as on
    from actionbus.config.kinds import Duration as Duration
    from actionbus.config.kinds import SecretSource as SecretSource
    from actionbus.errors import ActionbusError as ActionbusError
    from actionbus.errors import ConfigError as ConfigError
    from actionbus.errors import PluginError as PluginError
    from actionbus.errors import Problem as Problem
    from actionbus.events.actions import Assist as Assist
    from actionbus.events.actions import Block as Block
    from actionbus.events.actions import ClockAdjust as ClockAdjust
    from actionbus.events.actions import ClockStart as ClockStart
    from actionbus.events.actions import ClockStop as ClockStop
    from actionbus.events.actions import DataReviewOver as DataReviewOver
    from actionbus.events.actions import DataReviewUnderway as DataReviewUnderway
    from actionbus.events.actions import DefensiveRebound as DefensiveRebound
    from actionbus.events.actions import DefensiveTeamRebound as DefensiveTeamRebound
    from actionbus.events.actions import Ejection as Ejection
    from actionbus.events.actions import FieldGoal as FieldGoal
    from actionbus.events.actions import Foul as Foul
    from actionbus.events.actions import FreeThrow as FreeThrow
    from actionbus.events.actions import FreeThrowMade as FreeThrowMade
    from actionbus.events.actions import FreeThrowMissed as FreeThrowMissed
    from actionbus.events.actions import FreeThrowsAwarded as FreeThrowsAwarded
    from actionbus.events.actions import GameClock as GameClock
    from actionbus.events.actions import JumpBall as JumpBall
    from actionbus.events.actions import Lineup as Lineup
    from actionbus.events.actions import MarketClosed as MarketClosed
    from actionbus.events.actions import MarketOpened as MarketOpened
    from actionbus.events.actions import MatchConditions as MatchConditions
    from actionbus.events.actions import MatchDelayed as MatchDelayed
    from actionbus.events.actions import MatchOver as MatchOver
    from actionbus.events.actions import MatchStart as MatchStart
    from actionbus.events.actions import NoAssist as NoAssist
    from actionbus.events.actions import NoRebound as NoRebound
    from actionbus.events.actions import OffensiveRebound as OffensiveRebound
    from actionbus.events.actions import OffensiveTeamRebound as OffensiveTeamRebound
    from actionbus.events.actions import OutOfGame as OutOfGame
    from actionbus.events.actions import PeriodOver as PeriodOver
    from actionbus.events.actions import PeriodStart as PeriodStart
    from actionbus.events.actions import PlayStopped as PlayStopped
    from actionbus.events.actions import PossessionArrow as PossessionArrow
    from actionbus.events.actions import PossessionGained as PossessionGained
    from actionbus.events.actions import PossibleVideoCheck as PossibleVideoCheck
    from actionbus.events.actions import Rebound as Rebound
    from actionbus.events.actions import Review as Review
    from actionbus.events.actions import Shot as Shot
    from actionbus.events.actions import ShotMade as ShotMade
    from actionbus.events.actions import ShotMissed as ShotMissed
    from actionbus.events.actions import StatusUpdate as StatusUpdate
    from actionbus.events.actions import Steal as Steal
    from actionbus.events.actions import Substitution as Substitution
    from actionbus.events.actions import SubstitutionIn as SubstitutionIn
    from actionbus.events.actions import SubstitutionOut as SubstitutionOut
    from actionbus.events.actions import TeamColours as TeamColours
    from actionbus.events.actions import ThreePointer as ThreePointer
    from actionbus.events.actions import ThreePointerMade as ThreePointerMade
    from actionbus.events.actions import ThreePointerMissed as ThreePointerMissed
    from actionbus.events.actions import Timeout as Timeout
    from actionbus.events.actions import Turnover as Turnover
    from actionbus.events.actions import TwoPointer as TwoPointer
    from actionbus.events.actions import TwoPointerMade as TwoPointerMade
    from actionbus.events.actions import TwoPointerMissed as TwoPointerMissed
    from actionbus.events.actions import UnknownAction as UnknownAction
    from actionbus.events.actions import VideoCheck as VideoCheck
    from actionbus.events.actions import VideoCheckResult as VideoCheckResult
    from actionbus.events.base import Action as Action
    from actionbus.events.base import Change as Change
    from actionbus.events.base import Due as Due
    from actionbus.events.base import Event as Event
    from actionbus.events.base import FeedState as FeedState
    from actionbus.events.base import FeedStatus as FeedStatus
    from actionbus.events.base import Moment as Moment
    from actionbus.events.base import Origin as Origin
    from actionbus.events.base import Player as Player
    from actionbus.events.base import Score as Score
    from actionbus.events.base import SendType as SendType
    from actionbus.events.base import Summary as Summary
    from actionbus.events.base import Team as Team
    from actionbus.events.base import period_text as period_text
    from actionbus.events.catalogue import event_classes as event_classes
    from actionbus.events.catalogue import snake_name as snake_name
    from actionbus.explaining import Considered as Considered
    from actionbus.explaining import Explain as Explain
    from actionbus.explaining import Explaining as Explaining
    from actionbus.explaining import Explanation as Explanation
    from actionbus.explaining import Happening as Happening
    from actionbus.explaining import Outcome as Outcome
    from actionbus.explaining import Part as Part
    from actionbus.explaining import Question as Question
    from actionbus.explaining import StepTaken as StepTaken
    from actionbus.explaining import Turn as Turn
    from actionbus.game.box import Line as Line
    from actionbus.game.box import PlayerLine as PlayerLine
    from actionbus.game.box import TeamBox as TeamBox
    from actionbus.game.game import Game as Game
    from actionbus.game.report import box_score as box_score
    from actionbus.hookspecs import Declaration as Declaration
    from actionbus.hookspecs import PluginContext as PluginContext
    from actionbus.hookspecs import hookimpl as hookimpl
    from actionbus.listing import AlertState as AlertState
    from actionbus.listing import ChannelState as ChannelState
    from actionbus.listing import DeliveryState as DeliveryState
    from actionbus.listing import KeptState as KeptState
    from actionbus.listing import KnownAlert as KnownAlert
    from actionbus.listing import KnownAlerts as KnownAlerts
    from actionbus.listing import KnownDeliveries as KnownDeliveries
    from actionbus.listing import KnownDelivery as KnownDelivery
    from actionbus.listing import KnownEndpoint as KnownEndpoint
    from actionbus.listing import ListAlerts as ListAlerts
    from actionbus.listing import ListDeliveries as ListDeliveries
    from actionbus.listing import OnChannel as OnChannel
    from actionbus.pipeline.folds import Fold as Fold
    from actionbus.pipeline.folds import fold as fold
    from actionbus.rehearsal import Rehearsal as Rehearsal
    from actionbus.rehearsal import Rehearse as Rehearse
    from actionbus.rehearsal import Sent as Sent
    from actionbus.schema.values import ValueSchemas as ValueSchemas
    from actionbus.secrets import Secret as Secret
    from actionbus.signing.keys import Key as Key
    from actionbus.signing.keys import read_key as read_key
    from actionbus.signing.keys import sign as sign
    from actionbus.trying import Say as Say
    from actionbus.trying import TryChannel as TryChannel
    from actionbus.trying import TryChannels as TryChannels

_MODULES = {
    "bus.subscription": ("ALL_CHANGES", "Subscription", "on"),
    "config.kinds": ("Duration", "SecretSource"),
    "errors": ("ActionbusError", "ConfigError", "PluginError", "Problem"),
    "events.base": (
        *("Action", "Change", "Due", "Event", "FeedState", "FeedStatus", "Moment", "Origin", "Player", "Score"),
        *("SendType", "Summary", "Team", "period_text"),
    ),
    "events.catalogue": ("event_classes", "snake_name"),
    "explaining": (
        *("Considered", "Explain", "Explaining", "Explanation", "Happening", "Outcome", "Part", "Question"),
        *("StepTaken", "Turn"),
    ),
    "game.box": ("Line", "PlayerLine", "TeamBox"),
    "game.game": ("Game",),
    "game.report": ("box_score",),
    "hookspecs": ("Declaration", "PluginContext", "hookimpl"),
    "listing": (
        *("AlertState", "ChannelState", "DeliveryState", "KeptState", "KnownAlert", "KnownAlerts", "KnownDeliveries"),
        *("KnownDelivery", "KnownEndpoint", "ListAlerts", "ListDeliveries", "OnChannel"),
    ),
    "pipeline.folds": ("Fold", "fold"),
    "rehearsal": ("Rehearsal", "Rehearse", "Sent"),
    "schema.values": ("ValueSchemas",),
    "secrets": ("Secret",),
    "signing.keys": ("Key", "read_key", "sign"),
    "trying": ("Say", "TryChannel", "TryChannels"),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_WHERE.get(name, 'events.actions')}")
    try:
        value: object = getattr(module, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    globals()[name] = value
    return value
