"""The version of dlexp."""

VERSION = "0.2.0"
