"""Where the words beside the points of a map go, so that none lies on another.

Every label may stand at twelve sides of its point, near or a little further off. Labels start at
the place that covers the fewest points and lines; then one after the other moves to the place that
is best given the others, until none moves (Christensen, Marks & Shieber 1995, discrete gradient
descent). Labels that still touch are left out, those that touch most others first, and so is one
that would hide a point.

Legend of dimensions: n points, c candidate places, k lines, s samples of a line.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

NEAR, FAR = 6.0, 15.0  # pixels from a point to its label
POINT = 5.0  # half a side of the square that a point covers
SAMPLES = 96
PASSES = 30
# The price of what a place covers, per pixel or square pixel, and of being far from the point.
ON_LABEL, ON_POINT, ON_LINE, AWAY = 4.0, 3.0, 1.0, 9.0
COVERED = 30.0  # square pixels of points that a label may hide
FORBIDDEN = 1e9
SIDES = [
    (1, 0), (-1, 0), (0, -1), (0, 1), (1, -0.5), (1, 0.5), (-1, -0.5), (-1, 0.5), (1, -1), (1, 1),
    (-1, -1), (-1, 1),
]  # fmt: skip


def label_places(
    points: Float[np.ndarray, "n 2"],
    sizes: Float[np.ndarray, "n 2"],
    lines: Float[np.ndarray, "k 2 2"],
    frame: tuple[float, float],
) -> list[tuple[float, float] | None]:
    """Return the middle of each label, or None where it finds no free place.

    Args:
        points: The points, in pixels.
        sizes: Width and height of the labels.
        lines: Both ends of the lines of the drawing.
        frame: Width and height of the drawing, which no label leaves.
    """
    if not len(points):
        return []
    middles, price = _candidates(points, sizes)
    boxes = np.concatenate([middles - sizes[:, None] / 2, middles + sizes[:, None] / 2], axis=2)
    price = price + _own_price(boxes, points, lines, frame)  # (n, c)
    chosen = price.argmin(axis=1)
    every = np.arange(len(points))
    for _ in range(PASSES):
        moved = False
        for at in range(len(points)):
            shared = _overlap(boxes[at], boxes[every, chosen])  # (c, n)
            shared[:, at] = 0
            best = int((price[at] + ON_LABEL * shared.sum(axis=1)).argmin())
            moved |= best != chosen[at]
            chosen[at] = best
        if not moved:
            break
    taken = boxes[every, chosen]
    kept = _without_touching(_overlap(taken, taken) * (1 - np.eye(len(points))))
    kept &= _overlap(taken, _squares(points)).sum(axis=1) <= COVERED
    kept &= price[every, chosen] < FORBIDDEN
    return [
        (float(middles[at, chosen[at], 0]), float(middles[at, chosen[at], 1])) if kept[at] else None
        for at in every.tolist()
    ]


def _candidates(
    points: Float[np.ndarray, "n 2"], sizes: Float[np.ndarray, "n 2"]
) -> tuple[Float[np.ndarray, "n c 2"], Float[np.ndarray, " c"]]:
    """Return the middles of the places of each label, and what their distance costs."""
    sides = np.array(SIDES, dtype=float)
    # At a corner of the point less distance is needed on either axis.
    reach = np.where(np.abs(sides).all(axis=1, keepdims=True), 0.5, 1.0)
    middles = [
        points[:, None] + sides * (sizes[:, None] / 2 + distance * reach)
        for distance in (NEAR, FAR)
    ]
    order = np.arange(len(SIDES)) * 0.5  # of equal places the first side
    return np.concatenate(middles, axis=1), np.concatenate([order, order + AWAY])


def _own_price(
    boxes: Float[np.ndarray, "n c 4"],
    points: Float[np.ndarray, "n 2"],
    lines: Float[np.ndarray, "k 2 2"],
    frame: tuple[float, float],
) -> Float[np.ndarray, "n c"]:
    """Return what each place costs whatever the other labels do."""
    n, c = boxes.shape[:2]
    flat = boxes.reshape(n * c, 4)
    price = ON_POINT * _overlap(flat, _squares(points)).sum(axis=1)
    steps = np.linspace(0, 1, SAMPLES)[None, :, None]
    on = lines[:, :1] + steps * (lines[:, 1:] - lines[:, :1])  # (k, s, 2)
    lengths = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1) / SAMPLES
    price = price + ON_LINE * (_inside(flat, on.reshape(-1, 2)) @ lengths.repeat(SAMPLES))
    outside = (flat[:, :2] < 0).any(axis=1) | (flat[:, 2:] > np.array(frame)).any(axis=1)
    return np.where(outside, FORBIDDEN, price).reshape(n, c)


def _squares(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 4"]:
    return np.concatenate([points - POINT, points + POINT], axis=1)


def _overlap(
    first: Float[np.ndarray, "a 4"], second: Float[np.ndarray, "b 4"]
) -> Float[np.ndarray, "a b"]:
    """Return the area that every two boxes share."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=2)


def _inside(
    boxes: Float[np.ndarray, "a 4"], points: Float[np.ndarray, "b 2"]
) -> Bool[np.ndarray, "a b"]:
    x, y = points.T
    left, top, right, bottom = boxes.T[:, :, None]
    return (x >= left) & (x <= right) & (y >= top) & (y <= bottom)


def _without_touching(touching: Float[np.ndarray, "n n"]) -> Bool[np.ndarray, " n"]:
    """Return which labels stay: the one that touches most others goes first."""
    kept = np.ones(len(touching), dtype=bool)
    while True:
        counts = ((touching > 0) & kept[:, None] & kept[None]).sum(axis=1)
        if not counts.any():
            return kept
        kept[int(counts.argmax())] = False
