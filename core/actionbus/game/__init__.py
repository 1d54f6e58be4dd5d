"""The pure fold of one fixture: score, box score, clock and possession."""

from __future__ import annotations

from actionbus.game.box import Line as Line
from actionbus.game.box import PlayerLine as PlayerLine
from actionbus.game.box import TeamBox as TeamBox
from actionbus.game.counts import Counts as Counts
from actionbus.game.flow import Basket as Basket
from actionbus.game.flow import Course as Course
from actionbus.game.flow import Flow as Flow
from actionbus.game.game import Disagreement as Disagreement
from actionbus.game.game import Game as Game
from actionbus.game.report import box_score as box_score
