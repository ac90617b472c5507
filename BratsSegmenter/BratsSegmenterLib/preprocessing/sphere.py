"""A sphere of triangles of nearly one size."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import ConvexHull

_SUBDIVISIONS = 4


class Sphere(NamedTuple):
    """A triangulated unit sphere.

    Attributes
    ----------
    points : ndarray, shape (vertices, 3)
    triangles : ndarray of int, shape (faces, 3)
        Vertices of each face, counter-clockwise seen from outside.
    neighbours : ndarray of int, shape (vertices, 6)
        Vertices one edge away; the twelve vertices that have five name one of them twice.
    faces_of_vertex : sparse matrix, shape (vertices, faces)
        1 where the face touches the vertex.
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    faces_of_vertex: sparse.csr_matrix


@cache
def triangulated_sphere() -> Sphere:
    """An icosahedron whose faces were divided four times: 2562 vertices, 5120 faces."""
    golden = (1 + 5**0.5) / 2
    corners = [(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    points = np.array([np.roll(corner, shift) for shift in range(3) for corner in corners], float)
    triangles = ConvexHull(points).simplices
    for _ in range(_SUBDIVISIONS):
        points, triangles = _divided(points, triangles)
    points = points / np.linalg.norm(points, axis=1, keepdims=True)
    triangles = _outwards(points, triangles)
    faces = np.arange(len(triangles)).repeat(3)
    incidence = sparse.csr_matrix((np.ones(faces.size), (triangles.ravel(), faces)))
    return Sphere(points, triangles, _neighbours(triangles, len(points)), incidence)


def _divided(
    points: NDArray[np.float64], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Each triangle cut into four at the middles of its edges, which move onto the sphere."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, of_edge = np.unique(edges, axis=0, return_inverse=True)
    middles = points[unique].mean(axis=1)
    middles *= np.linalg.norm(points[0]) / np.linalg.norm(middles, axis=1, keepdims=True)
    ab, bc, ca = (of_edge.ravel() + len(points)).reshape(3, -1)
    a, b, c = triangles.T
    corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([points, middles]), np.concatenate([np.stack(corner, axis=1) for corner in corners])


def _outwards(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    is_inward = np.einsum("fc,fc->f", np.cross(b - a, c - a), a) < 0
    return np.where(is_inward[:, None], triangles[:, ::-1], triangles)


def _neighbours(triangles: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    pairs = np.unique(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=0)
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    starts = np.searchsorted(pairs[:, 0], np.arange(count + 1))
    return np.array([np.resize(pairs[start:end, 1], 6) for start, end in pairwise(starts)])
