"""Why a rule told of some things in a game and not of others: the engine itself at work, watched at its desk."""

from __future__ import annotations

from actionbus_plugins.notifier.explaining.explainer import Explainer

__all__ = ["Explainer"]
