"""Recording: camera pictures of several classes, and a live prediction that is trained on them at once."""
