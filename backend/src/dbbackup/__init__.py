"""DB Backup & Restore: backs up the databases around it and restores any of them."""

__version__ = "0.1.0"
