"""The checks of a whole condition or message: read, looked at part by part, and tried on samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from minijinja import TemplateError

from actionbus import Event, snake_name
from actionbus_plugins.notifier.checks.grammar import wrong_in_condition, wrong_in_message
from actionbus_plugins.notifier.checks.samples import sample
from actionbus_plugins.notifier.checks.scope import Complaint, Scope
from actionbus_plugins.notifier.checks.syntax import Refused, read_condition, read_message
from actionbus_plugins.notifier.fields import by_kind
from actionbus_plugins.notifier.language import Condition, Message, reason
from actionbus_plugins.notifier.names import values

# "{player.name}" and "{ player.name }": what is right in Python, and here would be sent as it stands.
_SINGLE = re.compile(r"(?<!\{)\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}(?!\})", re.ASCII)
_BLOCK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def check_condition(
    text: str, scope: Scope, kinds: Collection[type[Event]], extra: Mapping[str, object]
) -> Iterator[Complaint]:
    """Say what is wrong with ``when`` about events of these classes; ``extra`` are samples of the rule's own names."""
    try:
        expression, condition = read_condition(text)
        wrong = wrong_in_condition(expression, scope) or _unseen(condition, scope)
    except Refused as refused:
        yield refused.what, refused.hint
    except RecursionError:
        yield "is too long a chain", "write a simpler one"
    else:
        yield from wrong or _failing(condition.holds, kinds, extra)


def check_message(
    text: str, scope: Scope, kinds: Collection[type[Event]], extra: Mapping[str, object]
) -> Iterator[Complaint]:
    """Say what is wrong with a message about events of these classes; ``extra`` are samples of the rule's own names."""
    for found in _SINGLE.finditer(_BLOCK.sub("", text)):
        if scope.has(found[1]):
            yield f"{found[0]} would be sent as it stands", f"write {{{{ {found[1]} }}}}"
    try:
        template, message = read_message(text)
        wrong = wrong_in_message(template, scope) or _unseen(message, scope)
    except Refused as refused:
        yield refused.what, refused.hint
    except RecursionError:
        yield "is too long a chain", "write a simpler one"
    else:
        yield from wrong or _failing(message.render, kinds, extra)


def _unseen(text: Condition | Message, scope: Scope) -> list[Complaint]:
    """Refuse what the engine sees as a name and the check did not: should the two ever read a text differently."""
    return [(f"names '{name}', which cannot be checked", None) for name in sorted(text.dotted) if not scope.has(name)]


def _failing(
    run: Callable[[Mapping[str, object]], object], kinds: Collection[type[Event]], extra: Mapping[str, object]
) -> Iterator[Complaint]:
    """Try a text on a sample of each class and its subclasses; what is the same for several is told once."""
    told: set[str] = set()
    for kind in dict.fromkeys(each for asked in kinds for each in _family(asked)):
        named = _sample_values(kind)
        if named is None:
            continue
        try:
            run({**named, **extra})
        except TemplateError as error:
            said = reason(error)
            if said not in told:
                yield f"fails, as for this {snake_name(kind)}: {said}", None
            told.add(said)


@by_kind
def _sample_values(kind: type[Event]) -> dict[str, object] | None:
    try:
        return values(sample(kind))
    except Exception:  # a plugin's moment says in its own code how it reads; a sample may be none that it expects
        return None


def _family(kind: type[Event]) -> Iterator[type[Event]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _family(each)
