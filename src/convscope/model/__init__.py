"""The trained model: its file, its prediction and its evaluation."""
