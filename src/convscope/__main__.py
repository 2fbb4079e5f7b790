"""`python -m convscope` does what `convscope` does."""

from convscope.commands import main

main()
