"""What plugins would have sent over recorded games: played without a daemon, several at a time."""

from __future__ import annotations

from actionbus.backtest.explainer import Explainers as Explainers
from actionbus.backtest.explainer import make_explainers as make_explainers
from actionbus.backtest.games import Game as Game
from actionbus.backtest.games import Generated as Generated
from actionbus.backtest.games import Journalled as Journalled
from actionbus.backtest.games import Recorded as Recorded
from actionbus.backtest.games import journalled as journalled
from actionbus.backtest.player import Player as Player
from actionbus.backtest.playing import play_all as play_all
from actionbus.backtest.setup import make_player as make_player
