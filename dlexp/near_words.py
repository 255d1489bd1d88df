"""The nearest right word: what is spelt alike, and what other libraries call the same."""

import difflib
from collections.abc import Iterable
from functools import cache

#: Our word, and what people type for it who come from Keras, PyTorch or scikit-learn; of all words letters and digits
#: alone, in lower case. Of several meanings that one is taken which stands among the choices.
_MEANINGS = """
learning_rate: lr lrate rate learnrate eta eta0 stepsize learningrateinit
batch_size: bs batch batchsz minibatch minibatchsize
weight_decay: wd decay
epochs: epoch nepochs numepochs nbepoch maxepochs maxiter niter iterations
hidden: units hiddenunits hiddenlayers hiddenlayersizes layersizes nhidden hiddensize hiddendim neurons nneurons width
dropout: drop dropoutrate droprate pdrop p
activation: act actfn activationfn activationfunction nonlinearity
kernel_regularizer: l1 l2 reg regularizer regularization regularisation weightregularizer alpha
kernel_initializer: init initializer initialization kernelinit weightinit
normalization: bn norm batchnorm batchnormalization layernorm
optimizer: opt optim solver optimiser
dataset: data ds
model: net network arch architecture
validation: val valid valsplit validationsplit validationdata validationfraction
head: output outputs outputlayer
loss: lossfn lossfunction criterion objective
metrics: metric score scores scoring
early_stopping: earlystop es
schedule: sched scheduler lrschedule lrscheduler annealing
clipnorm: clip gradclip clipgrad gradientclipping maxnorm
global_clipnorm: maxgradnorm clipgradnorm
epsilon: eps
beta_1: beta1 b1 betas
beta_2: beta2 b2
momentum: mom
patience: nochange niternochange
min_delta: tol tolerance
threads: nthreads numthreads njobs
type: name kind class
sgd: gd gradientdescent vanilla
categorical_crossentropy: ce xent crossentropy nll logloss crossentropyloss sparsecategoricalcrossentropy
binary_crossentropy: bce ce xent crossentropy nll logloss bceloss bcewithlogits bcewithlogitsloss
mse: meansquarederror squarederror l2loss mseloss
mae: meanabsoluteerror absoluteerror l1loss
rmse: rootmeansquarederror
r2: r2score rsquared
accuracy: acc categoricalaccuracy binaryaccuracy sparsecategoricalaccuracy
auc: rocauc auroc
f1_macro: f1 f1score
seconds: time duration runtime
parameters: params nparams numparams
sigmoid: logistic sigm
silu: swish
leaky_relu: lrelu
softmax: softargmax
l2: ridge weightdecay
l1: lasso
l1_l2: elastic elasticnet
multiclass: classification classifier softmax
binary: classification classifier sigmoid
regression: regressor linear
mlp: dense fc mlpclassifier
layers: cnn conv convnet sequential
cosine: cosineannealing cosinedecay
exponential: exp exponentialdecay
step: steplr multistep multisteplr piecewise
split: holdout random traintestsplit
he_normal: he kaiming kaimingnormal
he_uniform: kaiminguniform
glorot_uniform: glorot xavier xavieruniform
glorot_normal: xaviernormal
dense: linear fc fullyconnected
conv1d: conv
conv2d: conv convolution
maxpooling2d: maxpool maxpool2d maxpooling
averagepooling2d: avgpool avgpool2d averagepooling
globalaveragepooling2d: gap globalavgpool
batchnormalization: bn batchnorm batchnorm1d batchnorm2d
layernormalization: ln layernorm
"""
#: What a column may have before a metric.
_PREFIXES = ("best_val_", "val_", "test_", "best_", "gap_")


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A sentence that names the nearest right word, or nothing where none is near."""
    near = nearest(word, choices)
    return f" Did you mean '{near}'?" if near else ""


def nearest(word: str, choices: Iterable[str]) -> str:
    """The nearest right word; empty where none is near."""
    choices = list(choices)
    if meant := synonym(word, choices):
        return meant
    # `adma` is `adam` with two letters swapped, though difflib finds `adamax` nearer.
    swapped = [choice for choice in choices if sorted(choice.lower()) == sorted(word.lower())]
    spelt = {choice.lower(): choice for choice in swapped or choices}
    near = difflib.get_close_matches(word.lower(), spelt, n=1, cutoff=0.6)
    return spelt[near[0]] if near else ""


def synonym(word: str, choices: Iterable[str]) -> str:
    """The choice that means the same: `batchSize` and `bs` are `batch_size`, `val_acc` is `val_accuracy`; or empty."""
    known = {_letters(choice): choice for choice in reversed(list(choices))}
    prefixes = ["", *(each for each in _PREFIXES if word.startswith(each))]
    meanings = [each + ours for each in prefixes for ours in _meanings().get(_letters(word.removeprefix(each)), ())]
    # What is meant comes before what is spelt so: `units` of a model are its `hidden`.
    return next((known[letters] for each in (*meanings, word) if (letters := _letters(each)) and letters in known), "")


@cache
def _meanings() -> dict[str, list[str]]:
    """Our words by what people type."""
    found: dict[str, list[str]] = {}
    for line in _MEANINGS.split("\n"):
        ours, _, typed = line.partition(": ")
        for word in typed.split():
            found.setdefault(word, []).append(ours)
    return found


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word)).lower()
