"""General utilities for all packages, independent of pictures and networks.

- `atomic`: files that are written atomically
- `cache_folder`: the folder for cached results
- `compiled`: functions compiled by Numba
- `digests`: digests of content
- `disk_space`: disk space that is reserved before a file is mapped into memory
- `lazy_sequence`: sequences whose members are created on demand
- `locking`: folders that only one process uses at a time
- `palette`: the colours of figures
- `percent`: shares written as percentages
- `printable`: external names, made safe to print
- `processes`: start, inspect and stop other processes
- `processors`: the number of threads to use
- `ranks`: the rank of this process under torchrun
- `read_only_home`: read-only home folders
- `strict_json`: JSON as RFC 8259 defines it
- `telemetry`: switches off the telemetry of libraries
"""
