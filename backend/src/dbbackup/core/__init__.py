"""Pure leaves without I/O that every other layer may use."""
