"""What a config can name, one class each: fields are the YAML keys, defaults the defaults."""
