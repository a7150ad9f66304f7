"""JD: the transport. Its member methods are not public and buyers' data are sealed: members come by file."""
