"""A long run of the library over faulty links between real processes."""
