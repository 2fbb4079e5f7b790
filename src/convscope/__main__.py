"""`python -m convscope` is the same as `convscope`."""

from convscope.commands import main

main()
