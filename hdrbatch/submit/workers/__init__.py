"""Worker processes on this machine: started, in a container or not, watched, and ended."""
