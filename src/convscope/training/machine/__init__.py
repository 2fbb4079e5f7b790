"""The machine: device, precision, threads and CUDA graphs."""
