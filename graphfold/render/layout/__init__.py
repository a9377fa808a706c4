"""Scene to Picture: places a column once, tiles it over time, routes wires."""
