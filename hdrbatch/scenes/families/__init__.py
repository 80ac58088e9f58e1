"""One module per procedural scene family."""
