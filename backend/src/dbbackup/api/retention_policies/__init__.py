"""Retention policies over HTTP."""
