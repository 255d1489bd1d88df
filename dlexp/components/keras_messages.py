"""What Keras and TensorFlow say of an error, in one line: without escapes, arguments and places in the graph."""

import re
from collections.abc import Mapping

#: Characters that a message keeps.
MAX_LENGTH = 300
#: An error within a layer: what the layer inside said stands between two escapes.
_WITHIN_LAYER = re.compile(r"Exception encountered when calling [^\n]*\n\n(.*?)\n\nArguments received by ", re.DOTALL)
#: An error of a compiled step, below where in the user's and our own code the operation was made.
_IN_GRAPH = re.compile(r"Graph execution error:.*\n(?=[^\n]*\n\t \[\[)", re.DOTALL)
#: What an object of Keras's said when it was made of its configuration.
_DESERIALIZED = re.compile(r".*could not be deserialized properly\..*Exception encountered: ", re.DOTALL)
#: What is left out, and what takes the place of what no reader knows.
_REPLACED: Mapping[re.Pattern[str], str] = {
    re.compile(pattern): replacement
    for pattern, replacement in (
        (r"\x1b\[[0-9;]*m", ""),
        (r"\n\t \[\[.*", ""),
        (r"^Input \d+ with name '[^']*' of layer '[^']*' is incompatible with the layer: ", ""),
        (r"\s*for '\{\{node .*?\}\} = .*?\)'", ""),
        (r" and with computed input tensors: .*", ""),
        (r" on /job:.*", ""),
        (r"\{\{.*?\}\}\s*", ""),
        (r"\s*\[Op:[^\]]*\](\s*name:\s*)?", ""),
        (r"<tf\.Tensor [^>]*>", "None"),
        (r"<KerasTensor shape=(\([^)]*\))[^>]*>", r"a tensor of shape \1"),
        (r"<class '(?:[\w.]*\.)?(\w+)'>", r"\1"),
    )
}


def in_words(error: BaseException) -> str:
    """The sentence that tells what is wrong; the kind of the error with it where that alone says so."""
    text = sentence(error)
    is_plain = isinstance(error, ValueError) or "OpError" in (base.__name__ for base in type(error).__mro__)
    return text if text and is_plain else f"{type(error).__name__}: {text}".removesuffix(": ")


def sentence(error: BaseException) -> str:
    """What the error says, in one line; empty if it says nothing."""
    text = str(error)
    if within := _WITHIN_LAYER.search(text):
        text = within[1]
    text = _DESERIALIZED.sub("", _IN_GRAPH.sub("", text), count=1)
    for pattern, replacement in _REPLACED.items():
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH].rsplit(' ', 1)[0]} ..."
