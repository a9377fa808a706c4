"""The LaTeX of labels, read as a small language: what is on its lists, and nothing else."""

from graphfold.render.mathtext.latex import safe_latex, text_latex
from graphfold.render.mathtext.lists import known_commands
from graphfold.render.mathtext.words import words_of

__all__ = ["known_commands", "safe_latex", "text_latex", "words_of"]
