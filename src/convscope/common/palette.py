"""The colours of all figures, which can be distinguished with any common colour blindness."""

from matplotlib.colors import LinearSegmentedColormap

BLUE = "#2166ac"
ORANGE_RED = "#c2410c"
INK = "#333333"
GREY = "#6b6b6b"
DIVERGING = LinearSegmentedColormap.from_list(
    "convscope", ["#b3330a", "#e8703f", "#f9c9b2", "#f7f7f7", "#bcd5ea", "#5a9bd0", "#1b5796"]
)
"""Orange-red for -1, near-white for 0, blue for 1."""
