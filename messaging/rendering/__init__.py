from messaging.rendering.blocks import Block, blocks_to_html, clean_blocks
from messaging.rendering.engine import Rendered, Renderer
from messaging.rendering.grammar import BadTemplate
from messaging.rendering.layout import (
    Brand,
    Compiled,
    Words,
    compile_subject,
    compile_template,
    layout_hash,
    parse_body,
)
from messaging.rendering.lists import SHARED, example_lists, shared_lists
from messaging.rendering.variables import (
    Context,
    Variable,
    context_of,
    contexts_for,
    customer_facts,
    example_context,
    variables_of,
    workspace_facts,
)

__all__ = [
    "SHARED",
    "BadTemplate",
    "Block",
    "Brand",
    "Compiled",
    "Context",
    "Rendered",
    "Renderer",
    "Variable",
    "Words",
    "blocks_to_html",
    "clean_blocks",
    "compile_subject",
    "compile_template",
    "context_of",
    "contexts_for",
    "customer_facts",
    "example_context",
    "example_lists",
    "layout_hash",
    "parse_body",
    "shared_lists",
    "variables_of",
    "workspace_facts",
]
