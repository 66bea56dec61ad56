"""Takes events and manifests in, and seals runs."""
