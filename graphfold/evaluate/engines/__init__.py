"""The plan on other engines: any array namespace of the Python array API standard, and JAX."""
