"""The storages, one file each."""
