"""The routes of discovery."""
