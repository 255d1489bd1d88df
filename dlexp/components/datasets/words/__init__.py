"""Texts as numbers."""

PAD, START, OUT_OF_VOCABULARY = 0, 1, 2
#: Added to the numbers of a file, where the most frequent word is 1: a word's index is 4 or more.
INDEX_FROM = 3
SIGNS = {PAD: "[PAD]", START: "[START]", OUT_OF_VOCABULARY: "[OOV]"}
