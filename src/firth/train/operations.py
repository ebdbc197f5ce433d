"""How many floating-point operations a token of masked-LM training costs.

Counted are the matrix products, two operations a multiply-add, the backward pass twice the forward
one (Kaplan et al. 2020, section 2.1), as firth computes them: the last block's queries, projections
and feed-forward layer, and the head, at the masked positions alone.
"""

from __future__ import annotations

from firth.train.shape import Shape


def operations(shape: Shape, length: int, vocabulary: int, masked: float) -> float:
    """Return the operations of a token, forward and back.

    Args:
        shape: Of the model.
        length: Tokens of a sequence, each of which is attended to.
        vocabulary: Pieces.
        masked: Share of the positions that are predicted.
    """
    d, inner = shape.width, shape.inner or 4 * shape.width
    keys_and_values, queries_and_output, feed_forward = 2 * d * d, 2 * d * d, 2 * d * inner
    attention = 2 * length * d
    whole = keys_and_values + queries_and_output + feed_forward + attention
    last = keys_and_values + masked * (queries_and_output + feed_forward + attention)
    head = masked * (d * d + d * vocabulary)
    return 6 * ((shape.layers - 1) * whole + last + head)
