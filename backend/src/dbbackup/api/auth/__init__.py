"""Signing in and out, tokens, and one's own account."""
