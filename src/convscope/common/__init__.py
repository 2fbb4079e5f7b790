"""General utilities for all packages, which know nothing of pictures or networks.

- `atomic`: files that are written whole or not at all
- `cache_folder`: where to keep what can be computed again
- `compiled`: functions compiled by Numba
- `disk_space`: disk space that is reserved before a file is mapped into memory
- `locking`: folders that one process works in at a time
- `palette`: the colours of figures
- `printable`: names from outside, made safe to print
- `processes`: other processes
- `processors`: how many threads to use
- `ranks`: which process this is of those that torchrun started
- `read_only_home`: a home folder that nothing can be written to
- `strict_json`: JSON as RFC 8259 defines it
- `telemetry`: libraries that must not report to their makers
"""
