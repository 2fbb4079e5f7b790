"""Pictures: where they come from, how they are read, prepared, stored, split and put into batches."""
