"""HTTP and WebSockets: one folder a resource, thin controllers, Structs at the edge."""
