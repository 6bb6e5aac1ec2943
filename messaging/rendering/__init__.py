from messaging.rendering.engine import Rendered, Renderer
from messaging.rendering.grammar import BadTemplate
from messaging.rendering.layout import Compiled, compile_subject, compile_template, layout_hash
from messaging.rendering.variables import (
    Context,
    Variable,
    contexts_for,
    customer_facts,
    example_context,
    variables_of,
    workspace_facts,
)

__all__ = [
    "BadTemplate",
    "Compiled",
    "Context",
    "Rendered",
    "Renderer",
    "Variable",
    "compile_subject",
    "compile_template",
    "contexts_for",
    "customer_facts",
    "example_context",
    "layout_hash",
    "variables_of",
    "workspace_facts",
]
