"""The seam: what a node needs of a network, and two networks that offer it."""
