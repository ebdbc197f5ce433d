"""The dimensions that firth writes in its shapes, and the array types made of them.

    b  batch: texts that go through the encoder together
    t  token: subword tokens, padding excluded, packed one text after another
    d  model: width of a hidden state
    l  layer: 0 is the output of the embedding layer, L the last block
    h  head
    n  items: sentences, words, questions ...; whatever the experiment counts
    p  pair: unordered pairs of items, i < j
    v  vocabulary

Annotations are checked under pytest (jaxtyping with beartype) and cost nothing elsewhere.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

Vectors = Float[np.ndarray, "n d"]
LayerVectors = Float[np.ndarray, "l n d"]
LayerMeans = Float[np.ndarray, "l d"]
Similarity = Float[np.ndarray, "n n"]
LayerSimilarity = Float[np.ndarray, "l n n"]
Codes = Int[np.ndarray, " n"]
PairItems = Int[np.ndarray, " p"]

__all__ = [
    "Codes",
    "LayerMeans",
    "LayerSimilarity",
    "LayerVectors",
    "PairItems",
    "Similarity",
    "Vectors",
]
