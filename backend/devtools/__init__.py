"""Tools for developing the product: real servers, coverage gate, demo, benches. Never shipped."""
