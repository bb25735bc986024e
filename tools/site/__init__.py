"""What the site of the documentation needs besides its generator."""
