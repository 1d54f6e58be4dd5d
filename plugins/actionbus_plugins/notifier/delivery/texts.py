"""Texts for services that limit their length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

ELLIPSIS = " \N{HORIZONTAL ELLIPSIS}"

Escape = Callable[[str], str]


def length(text: str) -> int:
    """Return a text's length in UTF-16 units, in which chats count."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def fit(text: str, longest: int, escape: Escape) -> str:
    """Return a text as the service wants it; cut where it would be longer than ``longest`` UTF-16 units."""
    whole = escape(text)
    if length(whole) <= longest:
        return whole
    while (over := length(whole) + len(ELLIPSIS) - longest) > 0:
        text = text[: -max(1, over // 8)]  # one character may become several, and count as two
        whole = escape(text)
    return whole + ELLIPSIS


def fit_lines(head: str, lines: Sequence[str], longest: int, escape: Escape) -> str:
    """Return as many lines as fit under a head, and of the others how many they are."""

    def joined(number: int) -> str:
        left = len(lines) - number
        return "\n".join((head, *lines[:number], *((f"and {left} more",) if left else ())))

    number = len(lines)
    while number > 1 and length(escape(joined(number))) > longest:
        number -= 1
    return fit(joined(number), longest, escape)
