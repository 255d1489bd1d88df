"""Claims of a study judged by its runs, and whether a variant should take the incumbent's place."""
