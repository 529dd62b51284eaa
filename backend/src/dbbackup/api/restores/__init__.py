"""Restores over HTTP."""
