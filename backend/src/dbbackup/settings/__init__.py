"""What the program is told from outside: the environment, and the configuration file where there is one."""

from dbbackup.settings.loading import load, load_new_key
from dbbackup.settings.model import DEFAULT_DOCKER_HOST, S3Environment, Settings

__all__ = ["DEFAULT_DOCKER_HOST", "S3Environment", "Settings", "load", "load_new_key"]
