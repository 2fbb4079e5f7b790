"""Walk: a picture through a model step by step, edits, drawings, and similar training pictures."""
