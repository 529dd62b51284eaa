"""S3 configs over HTTP."""
