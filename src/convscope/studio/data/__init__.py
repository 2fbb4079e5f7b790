"""Data: the pictures that are open, their thumbnails, collections and archives."""
