"""The store (a folder or S3), its keys, its receipts and the staging of files."""
