"""The report: an HTML page of what a store holds, with plots and pictures."""
