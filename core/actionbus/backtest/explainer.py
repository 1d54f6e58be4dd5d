"""Rules explained over games: recorded ones, and those of a journal, row by row as the daemon's plugins got them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import orjson
from attrs import define, evolve, field

from actionbus.backtest.player import Hearers, Player, Shown, begin, trying
from actionbus.backtest.setup import published, set_up
from actionbus.config import Config
from actionbus.errors import ConfigError, PluginError
from actionbus.events.base import Event, Moment
from actionbus.events.catalogue import Catalogue
from actionbus.explaining import Explain, Explaining, Explanation, Question
from actionbus.host import Plugin
from actionbus.log.inspect import history, looking_into, stored
from actionbus.pipeline import Fold
from actionbus.recording import Recording
from actionbus.rehearsal import Rehearse, Sent


@define(eq=False)
class Explainers:
    """The plugins that explain their rules. Made by ``make_explainers``."""

    explaining: Sequence[tuple[Plugin, Explain]]
    folds: Sequence[tuple[Plugin, Fold]]
    moments: Sequence[type[Moment]]
    """The classes of the moments that folds make and plugins publish."""
    catalogue: Catalogue
    shown: Shown
    _needs: Callable[[Plugin, Collection[type[Event]]], None]

    def over(self, recording: Recording, question: Question) -> list[Explanation]:
        """Answer a question over a recorded game.

        Raises ConfigError for what needs moments that plugins publish while the daemon runs, and PluginError.
        """
        answers: list[_Answer] = []
        rehearsing: list[tuple[Plugin, Rehearse]] = []
        for plugin, explain in self.explaining:
            if (answer := _begin(plugin, explain, question)) is not None:
                self._needs(plugin, answer.kinds)
                answers.append(answer)
                rehearsing.append((plugin, partial(_as_it_is, answer)))
        Player(rehearsing, self.folds, self.catalogue, self.shown).play(recording)
        return [_checked(*each) for each in zip((plugin for plugin, _ in rehearsing), answers, strict=True)]

    def over_journal(self, path: Path, number: int, question: Question) -> list[Explanation]:
        """Answer a question over a game that a journal holds, by the fixture's number in it.

        The daemon may go on writing. Raises ConfigError and ActionbusError where the journal cannot be read, and
        PluginError.
        """
        answers: list[tuple[Plugin, _Answer]] = []
        with looking_into(path) as journal:
            for plugin, explain in self.explaining:
                kept = {key: orjson.loads(value) for _, key, value in stored(journal, plugin.name, number)}
                answer = _begin(plugin, explain, evolve(question, kept=kept))
                if answer is not None:
                    answers.append((plugin, answer))
            hearers = Hearers([begin(plugin, partial(_as_it_is, answer), "") for plugin, answer in answers])
            for events in history(journal, number, self.catalogue, self.moments):
                hearers.tell(events)
        for plugin, answer in answers:
            trying(plugin, "explanation", answer.finish)
        return [_checked(*each) for each in answers]


def make_explainers(plugins: Sequence[Plugin], config: Config, catalogue: Catalogue) -> Explainers:
    """Ask the plugins for their folds and for what explains their rules.

    Raises ConfigError with all that they find wrong with their tables, and PluginError for a hook that fails.
    """
    found = set_up(plugins, config, "explain", "begins to explain a rule")
    if found.problems:
        raise ConfigError(*found.problems)

    def needs(plugin: Plugin, kinds: Collection[type[Event]]) -> None:
        problems = list(published(plugin, tuple(kinds), plugins, config))
        if problems:
            raise ConfigError(*problems)

    moments = [fold.kind for _, fold in found.folds]
    moments += [kind for plugin in plugins for kind in plugin.declaration.publishes]
    return Explainers(found.made, found.folds, moments, catalogue, found.shown, needs)


@define(eq=False)
class _Answer:
    """An explanation in the place of a rehearsal."""

    explaining: Explaining
    explanation: object = field(init=False, default=None)

    @property
    def kinds(self) -> Collection[type[Event]]:
        return self.explaining.kinds

    def hear(self, event: Event) -> None:
        self.explaining.hear(event)

    def finish(self) -> list[Sent]:
        self.explanation = self.explaining.finish()
        return []


def _begin(plugin: Plugin, explain: Explain, question: Question) -> _Answer | None:
    explaining = trying(plugin, "explain", partial(explain, question))
    return _Answer(explaining) if explaining is not None else None


def _as_it_is(answer: _Answer, _: str) -> _Answer:
    return answer


def _checked(plugin: Plugin, answer: _Answer) -> Explanation:
    found = answer.explanation
    if not isinstance(found, Explanation):
        raise PluginError(plugin.name, f"its explain tells {found!r}, should be an Explanation")
    return found
