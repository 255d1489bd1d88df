"""What XLA does not compile, as far as the settings tell."""

from dlexp.components.data import Info
from dlexp.components.models import Layers
from dlexp.components.models.model import Model
from dlexp.config.layer_rules import placed

#: Keras's layers whose operations XLA does not know, or whose shapes it cannot tell: they move the pixels of images.
UNCOMPILED = frozenset(
    f"Random{name}" for name in ("ElasticTransform", "Perspective", "Rotation", "Shear", "Translation", "Zoom")
) | {"AugMix", "RandAugment"}


def why_not(model: Model, info: Info) -> str:
    """Why XLA cannot compile the training of a model; empty if nothing in the settings says so."""
    if info.inputs != "numeric":
        given = {"sparse": "sparse vectors, as of text,", "word_ids": "the word indices of text"}[info.inputs]
        return f"XLA takes features that are numbers; {given} are computed by scipy, outside of XLA"
    if isinstance(model, Layers):
        for layer in placed(model):
            if layer.name in UNCOMPILED:
                return f"XLA does not compile {layer.name} ({layer.path})"
    return ""
