"""The plugins that come with actionbus, written with its public names only: they have no privilege."""
