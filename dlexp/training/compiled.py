"""How functions of a network are compiled: for which of TensorFlow's executors, or by XLA."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Literal

import keras
import tensorflow as tf

from dlexp.components.component import Misfit, Unfit
from dlexp.components.keras_messages import in_words

#: Kernels of more numbers are multiplied by oneDNN, which takes no loop of the executor of one thread, and is faster.
LARGE_KERNEL = 2**16
#: The executor of one thread, and what it runs of operations that call functions: any other it waits for forever.
SINGLE_THREADED, LOOPS = "SINGLE_THREADED_EXECUTOR", ("While", "StatelessWhile")
#: How TensorFlow names the operation that XLA does not have.
_UNKNOWN = re.compile(r"unsupported operations .* on XLA_\w+: (\w+)")
#: What it raises where XLA does not compile a function, or is not there at all.
_REFUSALS = (
    tf.errors.FailedPreconditionError,
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    tf.errors.UnimplementedError,
)


class Compiled:
    """A function of tensors, compiled when it is first called; it is run by one and the same executor.

    It takes arguments of one form: those of the signature, or those of the first call.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        body: keras.Model,
        *,
        compiler: Literal["xla"] | None = None,
        input_signature: Sequence[Any] | None = None,
    ) -> None:
        """`body`: the layers whose operations are most of its work."""
        self._executor = SINGLE_THREADED if _is_small(body) else ""
        self._is_refusable = compiler == "xla"
        # Without autograph, as in Keras's own `fit`: reading every function's source takes most of a second.
        how = {"input_signature": input_signature, "autograph": False, "jit_compile": compiler == "xla" or None}
        self._made = partial(tf.function, function, **how)
        self._function = self._made()
        #: Asking the function for it with every call would take as long as a few small steps.
        self._concrete: Any = None

    def __call__(self, *arguments: Any) -> Any:
        """What the function gives for these arguments.

        Raises:
            Unfit: XLA cannot compile it.
        """
        concrete = self._concrete or self.get_concrete_function(*arguments)
        try:
            with tf.experimental.function_executor_type(self._executor):
                found = concrete(*arguments)
        except _REFUSALS as error:
            if not self._is_refusable:
                raise
            unknown = _UNKNOWN.search(str(error))
            why = f"it has no operation {unknown[1]}" if unknown else in_words(error)
            misfit = Misfit("training.compile", f"XLA cannot compile this model: {why}; set training.compile=null")
            raise Unfit(misfit) from error
        self._is_refusable = False  # Compiled once, it is for good.
        return found

    @property
    def n_compiled(self) -> int:
        """How many times it was compiled."""
        return int(self._function.experimental_get_tracing_count())

    def get_concrete_function(self, *arguments: Any) -> Any:
        """The compiled function; for such arguments, if it has no signature."""
        if self._concrete is None:
            self._concrete = self._traced(arguments)
            if self._executor and _calls_functions(self._concrete):
                self._executor, self._function = "", self._made()  # Loops are made otherwise for each executor.
                self._concrete = self._traced(arguments)
        return self._concrete

    def _traced(self, arguments: Sequence[Any]) -> Any:
        with tf.experimental.function_executor_type(self._executor):
            return self._function.get_concrete_function(*arguments)


def _nodes(concrete: Any) -> Iterator[Any]:
    """All operations of a compiled function, those of the functions that it calls included."""
    graph = concrete.graph.as_graph_def()
    yield from chain(graph.node, *(function.node_def for function in graph.library.function))


def _calls_functions(concrete: Any) -> bool:
    """Whether an operation of it calls a function otherwise than as a loop: to compute it only if something holds."""
    values = chain.from_iterable(node.attr.values() for node in _nodes(concrete) if node.op not in LOOPS)
    return any(value.HasField("func") or value.list.func for value in values)


def draws(concrete: Any) -> bool:
    """Whether an operation of it draws random numbers from a state that is no variable: none of Keras's own does."""
    return any("seed2" in node.attr for node in _nodes(concrete))


def _is_small(body: keras.Model) -> bool:
    """Whether starting the operations of its layers takes longer than having them wait for one another.

    So it is without convolutions and large products. On a card operations are only begun, and wait for nothing; with
    several threads some of a recurrent layer's are computed side by side.
    """
    if tf.config.get_visible_devices("GPU") or tf.config.threading.get_inter_op_parallelism_threads() != 1:
        return False
    kernels = [weight.shape for weight in body.trainable_variables if weight.name != "embeddings"]
    return all(len(shape) <= 2 and (tf.TensorShape(shape).num_elements() or 0) <= LARGE_KERNEL for shape in kernels)
