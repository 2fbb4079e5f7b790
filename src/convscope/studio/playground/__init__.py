"""Playground: the page that the studio opens with, on which a small network answers a drawing and learns.

routes   its network at once, and the drawings to learn from when they are asked for
"""
