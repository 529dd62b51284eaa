"""The use cases; the API, the worker and the command line all call these."""
