"""`python -m dlexp` is the same as `dlexp`."""

from dlexp.cli import main

if __name__ == "__main__":
    main()
