"""The catalogue: models, sessions and migrations."""
