"""What repeats in a graph: anchors, alignment, kinds of operations, and parts that are exact."""
