"""Recording: pictures from the camera into classes, and an answer that learns from them at once."""
