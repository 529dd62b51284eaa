"""Requests to addresses that users name: resolved once, checked, and only then connected to."""
