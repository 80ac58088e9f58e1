"""Python interface of hdrbatch: datasets as arrays, radiance of photographs, and runs."""
