"""Training data: statistics, batches on the CPU or the GPU, and streamed shards."""
