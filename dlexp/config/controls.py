"""The controls of `dlexp control`, by the names under which a config may allow them to fail."""

from collections.abc import Mapping

CONTROLS: Mapping[str, str] = {
    "first_loss": "the loss before the first step is what theory says",
    "one_batch": "one batch can be learned by heart, and every layer moves",
    "beats_guessing": "a short training beats the best constant prediction on examples held out",
    "shuffled_labels": "with labels that have nothing to do with the inputs it scores as chance does",
    "single_inputs": "no single input tells a target by itself",
}
