"""What a result is (schema), what its metrics mean (metrics), where it lives (store, manifest)."""
