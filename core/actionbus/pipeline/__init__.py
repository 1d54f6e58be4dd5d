"""One fixture's pipeline: from the feed's packets to the lanes of the plugins."""

from __future__ import annotations

from actionbus.pipeline.fixture import Pipeline as Pipeline
from actionbus.pipeline.folds import Fold as Fold
from actionbus.pipeline.folds import fold as fold
