"""All games of a backtest, played side by side, the largest first."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial

from attrs import frozen

from actionbus.backtest.games import Game
from actionbus.backtest.player import Player
from actionbus.backtest.pool import Method, processors, share_out
from actionbus.errors import PluginError
from actionbus.rehearsal import Sent


def play_all(
    games: Sequence[Game],
    load: Callable[[], Player],
    done: Callable[[], None],
    *,
    processes: int | None = None,
    method: Method | None = None,
) -> list[list[Sent]]:
    """Return what would have been told over each game, in the order of the games.

    ``load`` makes the player; for it, for ``done`` and for what is raised see ``share_out``.
    """
    order = sorted(range(len(games)), key=lambda index: -games[index].size)
    ordered = [games[index] for index in order]
    results = share_out(ordered, _Loader(load), processes or processors(), done, method)
    by_index = dict(zip(order, results, strict=True))
    return [by_index[index] for index in range(len(games))]


@frozen
class _Loader:
    """Makes what plays one game after the other; can be sent to another process if ``load`` can."""

    load: Callable[[], Player]

    def __call__(self) -> Callable[[Game], list[Sent]]:
        """Make it."""
        player = self.load()
        gc.freeze()  # what is loaded by now stays: the collector need not look at it time and again
        return partial(_play, player)


def _play(player: Player, game: Game) -> list[Sent]:
    gc.disable()  # nearly all that a game leaves goes with it, as soon as it is over
    try:
        return player.play(game.load())
    except PluginError as error:
        raise PluginError(error.plugin, f"{error.what}, over {game.name}") from None
    finally:
        gc.enable()
