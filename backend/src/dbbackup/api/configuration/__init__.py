"""Export and import of the configuration over HTTP."""
