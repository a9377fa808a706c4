"""One module a stage: names, axes and indices, cycles, history."""
