"""Notification channels and deliveries over HTTP."""
