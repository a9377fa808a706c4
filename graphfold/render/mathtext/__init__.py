"""The LaTeX of labels, read as a small language: what is on its lists, and nothing else."""

from graphfold.render.mathtext.latex import safe_latex, text_latex
from graphfold.render.mathtext.words import words_of

__all__ = ["safe_latex", "text_latex", "words_of"]
