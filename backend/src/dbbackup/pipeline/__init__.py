"""The way of the bytes: out of a tool into the storages, and back."""
