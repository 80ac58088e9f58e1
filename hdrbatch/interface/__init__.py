"""What ``import hdrbatch`` offers to programs: datasets as arrays, pictures of photographs, and runs."""
