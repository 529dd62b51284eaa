"""The database engines, one file each."""
