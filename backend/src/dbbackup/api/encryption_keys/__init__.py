"""Encryption keys over HTTP."""
