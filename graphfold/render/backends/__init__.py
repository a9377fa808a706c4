"""Picture to text or bytes."""
