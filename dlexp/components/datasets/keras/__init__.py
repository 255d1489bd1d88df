"""The data sets that Keras downloads."""
