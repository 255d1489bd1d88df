"""Whether a record holds, and why two runs differ."""
