"""Typed events: what the feed says, as a class tree that works as a filter language."""
