"""What can be wrong with a signed request."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

Kind = Literal["secret", "header", "clock", "id", "version", "signature", "body"]


@frozen(kw_only=True)
class Flaw:
    """One thing that is wrong with a request, and what to do about it; neither shows a secret."""

    kind: Kind
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}"


@frozen(kw_only=True)
class Verdict:
    """What is to be said of a request. ``signed_by`` is the name of the secret that it is signed with, if any."""

    flaws: tuple[Flaw, ...]
    signed_by: str | None

    @property
    def verified(self) -> bool:
        """Whether a receiver should take it."""
        return self.signed_by is not None and not self.flaws
