"""A user's photographs: files in, HDR pictures out."""
