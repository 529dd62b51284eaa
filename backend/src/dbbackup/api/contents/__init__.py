"""What is in a backup, over HTTP."""
