"""What a recovery without the product needs, over HTTP."""
