"""The language of conditions and messages: minijinja over plain values, bounded in what it may cost."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from itertools import count

from minijinja import Environment, TemplateError

FUEL = 20_000  # steps of the engine for one text; a sentence takes some dozens
LONGEST = 1_000  # characters of a text: its parsers are recursive, and a message is a sentence

# What the engine has and sentences do not need. Some of it is not counted as fuel, so that it could take minutes.
_FILTERS = (
    *("attr", "batch", "bool", "chain", "count", "d", "dictsort", "e", "escape", "filesizeformat", "format", "groupby"),
    *("indent", "items", "lines", "list", "map", "pluralize", "pprint", "reject", "rejectattr", "reverse", "safe"),
    *("select", "selectattr", "slice", "sort", "split", "string", "striptags", "sum", "tojson", "truncate", "unique"),
    *("urlencode", "wordwrap", "zip"),
)
_GLOBALS = ("cycler", "debug", "dict", "joiner", "namespace", "range")


def _environment() -> Environment:
    environment = Environment(undefined_behavior="strict", fuel=FUEL, pycompat=False)
    for name in _FILTERS:
        environment.remove_filter(name)
    for name in _GLOBALS:
        environment.remove_global(name)
    return environment


_engine = _environment()
_numbers = count(1)


class _Text:
    """A text that is compiled once. Making one raises TemplateError for what the engine does not understand."""

    def __init__(self, text: str, template: str) -> None:
        self.text = text
        self._name = f"text {next(_numbers)}"
        _engine.add_template(self._name, template)
        weakref.finalize(self, _engine.remove_template, self._name).atexit = False
        self.dotted = frozenset(_engine.undeclared_variables_in_template(self._name, nested=True))
        """The names that it uses, such as ``player.name``, as far as the engine sees them."""
        self.names = frozenset(name.partition(".")[0] for name in self.dotted)
        """The same without what is behind the dot."""

    def _run(self, values: Mapping[str, object]) -> str:
        return _engine.render_template(self._name, **{name: values[name] for name in self.names if name in values})


class Condition(_Text):
    """``when`` of a rule."""

    def __init__(self, text: str) -> None:
        super().__init__(text, f"{{% if ({text}) %}}true{{% endif %}}")

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether the condition holds. Raises TemplateError for what no check could see."""
        return self._run(values) == "true"


class Message(_Text):
    """``message`` of a rule."""

    def __init__(self, text: str) -> None:
        super().__init__(text, text)

    def render(self, values: Mapping[str, object]) -> str:
        """Fill the message in. Raises TemplateError for what no check could see."""
        return self._run(values)


def reason(error: TemplateError) -> str:
    """Return what the engine says in one line, without the name and line of the template, which mean nothing here."""
    first = str(error).splitlines()[0]
    return (first.rpartition(" (in ")[0] or first).removeprefix("syntax error: ").removeprefix("invalid operation: ")
