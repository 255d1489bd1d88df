"""Training-time layers and kernels of our own; imports nothing of dlexp."""
