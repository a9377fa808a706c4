"""The same recurrent networks, run by others: each module gives functions of a case to a run."""
