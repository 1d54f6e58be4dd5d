"""The names that one text may use, and what to say of a name that is not among them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from attrs import field, frozen

from actionbus_plugins.conditions.fields import Sort

Complaint = tuple[str, str | None]
"""What is wrong, and what to do."""

_USUAL = ("name", "n", "text")  # what people mean who name a whole group
_WORDS = {"quarter": "period", "time": "clock", "time_left": "clock", "seconds": "clock"}
_LISTED_AT_MOST = 20  # names: more is a wall of text


@frozen(kw_only=True)
class Scope:
    """What there is to name: of each event class, of the rule, and what is only elsewhere."""

    classes: Mapping[str, Mapping[str, Sort]]
    """The names of each class, by its snake_case name."""
    choices: Mapping[str, Mapping[str, Collection[str]]] = field(factory=dict[str, Mapping[str, Collection[str]]])
    """Of each class, what those names may be that are not any text."""
    rule: Mapping[str, Sort] = field(factory=dict[str, Sort])
    """``streak.n``, ``lists.NAME`` and the like."""
    elsewhere: Mapping[str, Complaint] = field(factory=dict[str, Complaint])
    """First parts of names that other texts or rules have, and what to say of them here."""

    def find(self, name: str) -> tuple[Sort, Complaint | None]:
        """Return what a dotted name stands for; and what is wrong, if it is not there, or not of all classes."""
        if name in self.rule:
            return self.rule[name], None
        sorts: set[Sort] = {names[name] for names in self.classes.values() if name in names}
        lacking = [kind for kind, names in self.classes.items() if name not in names]
        sort: Sort = sorts.pop() if len(sorts) == 1 else "any"
        return (sort, None) if not lacking else (sort, self._wrong(name, lacking))

    def has(self, name: str) -> bool:
        """Whether a dotted name is there, of all classes."""
        return self.find(name)[1] is None

    def never(self, name: str, text: str, said: Callable[[str], str] = str) -> Complaint | None:
        """Say that a name never is this text, told apart by what ``said`` makes of texts; None where it may be."""
        having = [kind for kind, names in self.classes.items() if name in names]
        if not having or name in self.rule or not all(name in self.choices.get(kind, {}) for kind in having):
            return None
        texts = list(dict.fromkeys(each for kind in having for each in self.choices[kind][name]))
        if said(text) in map(said, texts):
            return None
        named = [each or '""' for each in texts]
        hint = did_you_mean(text, texts) or f"it is {in_words(named, 'or', most=len(named))}"
        return f"{name} is never {json.dumps(text, ensure_ascii=False)}", hint

    def is_bare_text(self, name: str) -> bool:
        """Whether what stands for a name is most likely a text without its quotes."""
        if name in self.known() or name in self.elsewhere or self.group(name):
            return False
        return name != name.lower() or not self._near(name)

    def group(self, name: str) -> list[str]:
        """Return the names that are parts of this one."""
        return [each for each in self.known() if each.startswith(f"{name}.")]

    def _wrong(self, name: str, lacking: Sequence[str]) -> Complaint:
        group, first = self.group(name), name.partition(".")[0]
        if group:
            usual = [each for part in _USUAL if (each := f"{name}.{part}") in group]
            return f"{name} is a group of values", f"did you mean {(usual or group)[0]}?"
        if first in self.elsewhere:
            return self.elsewhere[first]
        having = [kind for kind in self.classes if kind not in lacking]
        verb = "have" if len(lacking) > 1 else "has"
        if not having:
            return f"{in_words(lacking)} {verb} no '{name}'", self._hint(name)
        return (
            f"{in_words(lacking)} {verb} no '{name}'",
            f"only {in_words(having)} {'have' if having[1:] else 'has'} it",
        )

    def _hint(self, name: str) -> str:
        near = self._near(name)
        if near:
            return f"did you mean '{near[0]}'?"
        there = sorted({each.partition(".")[0] for each in self.known()})
        return f"there is {', '.join(there[:_LISTED_AT_MOST])}"

    def _near(self, name: str) -> list[str]:
        known, meant, last = self.known(), _WORDS.get(name.lower()), name.rpartition(".")[2]
        parts = [each for each in known if each.endswith(f".{last}")]
        close = difflib.get_close_matches(name.lower(), known, 3)
        return [*([meant] if meant in known else []), *([*close, *parts] if "." in name else [*parts, *close])]

    def known(self) -> list[str]:
        """Return all names, of any class."""
        named: Iterator[str] = (name for names in self.classes.values() for name in names)
        return list(dict.fromkeys([*named, *self.rule]))


def in_words(names: Collection[str], conjunction: str = "and", *, most: int = 3) -> str:
    """Join names as people do; of many only the first few are told."""
    few = list(names)[:most]
    if len(names) > len(few):
        return f"{', '.join(few)} {conjunction} {len(names) - len(few)} more"
    return f" {conjunction} ".join(filter(None, (", ".join(few[:-1]), few[-1])))


def as_list(text: str, known: Collection[str]) -> str | None:
    """Advise who wrote several names as one text, ``"steal, block"``; None for what is one name."""
    names = list(filter(None, re.split(r"\s*(?:[,;|&+]|\b(?:and|or)\b)\s*", text.strip())))
    if len(names) < 2 or not ("," in text or all(name in known for name in names)):
        return None
    return f"write a list: {json.dumps(names, ensure_ascii=False)}"


def did_you_mean(word: str, known: Collection[str]) -> str | None:
    """Ask for the known name that is nearest to a word, however that is written; None if none is near."""
    snake_case = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word.strip()).lower().replace(" ", "_").replace("-", "_")
    near = difflib.get_close_matches(snake_case, known, 1)
    return f"did you mean '{near[0]}'?" if near else None
