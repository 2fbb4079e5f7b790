"""The command line, whose processes send each other messages even if there is but one: for torchrun."""

from convscope.commands import main
from convscope.common.ranks import Rank

if __name__ == "__main__":
    Rank.is_alone = property(lambda _: False)
    main()
