"""Files in the formats that data sets come in, read with care."""
