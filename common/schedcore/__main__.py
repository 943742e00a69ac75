"""``python -m schedcore`` is the command ``sched``."""

from schedcore.cli import main

if __name__ == "__main__":
    main()
