"""Small tools that every room uses, and that know nothing of pictures or networks.

atomic       files that are written whole or not at all
locking      folders that one process works in at a time
palette      the colours of figures
printable    names from outside, made safe to print
processors   how many threads to use
ranks        which process this is of those that torchrun started
strict_json  JSON as RFC 8259 defines it
"""
