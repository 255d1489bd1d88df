"""How much one command may ask for."""

#: Of one command: it plans all of them before it trains the first.
MAX_RUNS = 100_000
#: Keras and numpy take seeds of 32 bits.
MAX_SEED = 2**32 - 1
