"""What is written into a store for people and later stages to read, and read back strictly."""
