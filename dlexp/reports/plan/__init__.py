"""What a command will do, and how far it is."""
