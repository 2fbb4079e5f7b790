"""Training data: statistics, batches on the CPU or on the GPU, and shards that are streamed."""
