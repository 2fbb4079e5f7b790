"""Generated drawings of simple shapes: the built-in data set `shapes`.

shape -> strokes of its ideal outline -> strokes as a hand draws them -> ink on pixels

outlines        nine shapes as ideal strokes, in the styles that people draw them in
hand            a hand's wobble, drift, gaps and overshoots
ink             strokes on pixels
drawings        pictures with their labels, the same for the same seed
kept_drawings   drawings that are generated once per machine and cached
"""
