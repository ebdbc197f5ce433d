"""Text to hidden states: loading an encoder, the fast path, pooling tokens to words."""
