"""Running a circuit along one axis bit by bit, from a state that is plain data."""
