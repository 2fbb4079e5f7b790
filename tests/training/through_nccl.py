"""The command line for torchrun, with messages between processes even if there is only one."""

from convscope.commands import main
from convscope.common.ranks import Rank

if __name__ == "__main__":
    Rank.is_alone = property(lambda _: False)
    main()
