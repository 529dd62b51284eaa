"""A product that has been in use for a year, for pictures, for the walk over all routes, and for measuring the page."""
