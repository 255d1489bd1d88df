"""What differs between experiments, and whether one beats another."""
