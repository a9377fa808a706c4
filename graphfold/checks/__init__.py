"""One module a stage: names, axes and indices, modes, cycles, history."""
