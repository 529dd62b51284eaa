"""Uploads to restore from, over HTTP."""
