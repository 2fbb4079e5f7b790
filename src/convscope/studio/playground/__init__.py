"""Playground: the studio's first page, on which a small network classifies a drawing and can be trained.

routes   its network immediately, and the training drawings on request
"""
