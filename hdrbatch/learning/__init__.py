"""U-Nets on HDR data: network, inputs, loop, checkpoints, prediction (torch)."""
