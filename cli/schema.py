"""`graphfold schema`: the JSON Schema of model files, for editors."""

from __future__ import annotations

import json

import click

from .options import output_option


@click.command("schema")
@output_option("The schema's file; - is standard output.  [default: -]")
def command(output: str | None) -> None:
    """Print the JSON Schema of model files, for editors.

    An editor with a YAML language server then completes and checks a model that begins with
    # yaml-language-server: $schema=graphfold.schema.json

    \b
    graphfold schema -o graphfold.schema.json
    """
    import graphfold as gf

    from .output import ensure_writable, write

    target = output or "-"
    ensure_writable(target)
    write(target, (json.dumps(gf.model_schema(), indent=2, ensure_ascii=False) + "\n").encode())
