"""Health and status over HTTP."""
