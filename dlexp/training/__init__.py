"""One run: data, model, fit, records. Modules here may import TensorFlow at the top."""
