"""Commands that work through the HTTP API: of the program that runs, or of one started for the command."""
