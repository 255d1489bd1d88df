"""Which of the keys in which two experiments differ accounts for how much of the difference between them."""
