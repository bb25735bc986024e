"""One results file out of those of several machines, or a refusal that names the files."""
