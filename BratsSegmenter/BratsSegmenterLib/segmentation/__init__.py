"""Model bundles, inference and post-processing."""
