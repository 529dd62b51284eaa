"""DB Backup & Restore: backs up the databases around it and restores any of them."""

from dbbackup.memory import leave_out

__version__ = "0.1.0"

leave_out()
