"""Databases over HTTP."""
