"""Live events and logs over WebSockets."""
